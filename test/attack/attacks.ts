/** Every attack that is tried, in this order; what they leave behind is looked through at the end. */
import { archives } from './archives.ts';
import type { Attack } from './attack.ts';
import { destinations } from './destinations.ts';
import { leftBehind } from './left-behind.ts';
import { markup } from './markup.ts';
import { oddRequests } from './odd-requests.ts';
import { ownPorts } from './own-ports.ts';
import { places } from './places.ts';
import { plantedFiles } from './planted-files.ts';
import { routes } from './routes.ts';
import { slowAndBig } from './slow-and-big.ts';
import { terminal } from './terminal.ts';
import { traversal } from './traversal.ts';

export const attacks: readonly Attack[] = [
  ownPorts,
  destinations,
  routes,
  oddRequests,
  traversal,
  slowAndBig,
  archives,
  places,
  plantedFiles,
  terminal,
  markup,
  leftBehind,
];
