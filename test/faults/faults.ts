/** Every fault that is tried. */

import { damagedJournals } from './damaged-journals.ts';
import { damagedStores } from './damaged-stores.ts';
import type { Fault } from './fault.ts';
import { fullDisk } from './full-disk.ts';
import { kills } from './kills.ts';
import { powerLoss } from './power-loss.ts';
import { stubbornDisk } from './stubborn-disk.ts';
import { workerDeaths } from './worker-deaths.ts';

export const faults: readonly Fault[] = [
  kills,
  fullDisk,
  damagedStores,
  powerLoss,
  damagedJournals,
  stubbornDisk,
  workerDeaths,
];
