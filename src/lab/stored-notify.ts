/** Who is told of alerts, for commands: by the files of the data directory, whether a lab runs or not. A running one reads them anew. */

import { existsSync } from 'node:fs';
import { openDevicesFile } from '../devices/store.ts';
import { labError } from '../formats/refusal.ts';
import type { StoredNotify } from '../model/lab.ts';
import type { Mute, NotifyConfig } from '../model/notify.ts';
import { text } from '../model/text.ts';
import { editConfig, loadConfig, secretsIn } from '../notify/config-file.ts';
import { EXAMPLE } from '../notify/example.ts';
import { createNotifier, type Notifier } from '../notify/notifier.ts';
import { type Outbox, openOutbox } from '../notify/outbox.ts';
import { pathsIn } from './data-directory.ts';
import { ownFiles } from './own-files.ts';
import { phonesNetworkOf } from './phones-network.ts';

/** @throws LabError when there is no such directory */
export function openStoredNotify(dataDir: string): StoredNotify {
  const paths = pathsIn(dataDir);
  const withNotifier = async <T>(
    work: (given: { notifier: Notifier; outbox: Outbox; config: NotifyConfig }) => T | Promise<T>,
  ): Promise<T> => {
    if (!existsSync(dataDir)) throw labError(text('records.no-lab', { dir: dataDir }));
    const config = loadConfig(paths.notify, ownFiles);
    const outbox = openOutbox(paths.outbox);
    try {
      const notifier = createNotifier({
        outbox,
        config: () => config,
        alertOf: () => null,
        alertsSince: () => [],
        secretOf: secretsIn(paths.secrets, ownFiles),
        isPhones: phonesNetworkOf(dataDir, () => openDevicesFile(dataDir).devices),
        now: Date.now,
      });
      return await work({ notifier, outbox, config });
    } finally {
      outbox.close();
    }
  };
  const known = (config: NotifyConfig, name: string): void => {
    if (Object.hasOwn(config.receivers, name)) return;
    const names = Object.keys(config.receivers).join(', ') || text('notify.file.none');
    throw labError(text('notify.unknown-receiver', { file: paths.notify, name, names }));
  };
  return {
    example: EXAMPLE,
    state: () => withNotifier(({ notifier }) => ({ file: paths.notify, problem: null, ...notifier.state() })),
    test: (name) =>
      withNotifier(({ notifier, config }) => {
        known(config, name);
        return notifier.test(name);
      }),
    retry: (name) =>
      withNotifier(({ outbox, config }) => {
        known(config, name);
        return outbox.retry(name, Date.now());
      }),
    async mute(given) {
      const others = loadConfig(paths.notify, ownFiles).mutes.filter(({ name }) => name !== given.name);
      const config = editConfig(paths.notify, (file) => file.set('mutes', [...others, given]));
      return config.mutes.find(({ name }) => name === given.name) as Mute;
    },
    async unmute(name) {
      const { mutes } = loadConfig(paths.notify, ownFiles);
      if (!mutes.some((mute) => mute.name === name)) return false;
      editConfig(paths.notify, (file) =>
        file.set(
          'mutes',
          mutes.filter((mute) => mute.name !== name),
        ),
      );
      return true;
    },
  };
}
