/** `phonehome forget DEVICE`: in the lab that runs on the data directory, else in its files. */
import type { Forgetting } from '../../model/forgotten.ts';
import { call, runningLabOf } from '../lab-client.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { caPassphrase } from '../passphrase.ts';
import { inWords, words } from '../words.ts';

/** The database is written anew; a million connections take a minute or two. */
const PATIENCE_MS = 290_000;

interface ForgetFlags {
  data: string;
  json: boolean;
  recordings?: boolean;
  caPassphraseFile?: string | null;
}

export async function forget(given: Record<string, unknown>, [device = '']: string[]): Promise<number> {
  const { data, json, recordings = false, caPassphraseFile = null } = given as unknown as ForgetFlags;
  const lab = await runningLabOf(data);
  const offline = async (): Promise<Forgetting> => {
    const module = await loadLab();
    const passphrase = await caPassphrase(module, data, caPassphraseFile);
    return module.forgetPhone(data, device, { recordings, passphrase });
  };
  const path = `/api/devices/${encodeURIComponent(device)}/forget`;
  const told = lab ? ((await call(lab, 'POST', path, { recordings }, PATIENCE_MS)) as Forgetting) : await offline();
  if (json) {
    printJson({ type: 'forgotten', ...told });
    return 0;
  }
  const { alerts, connections, cases, comparisons } = told.removed;
  print(
    words('forget.done', { device, alerts, connections, cases, comparisons }),
    ...(told.recordings ? [words('forget.recording')] : []),
    words('forget.remains'),
    ...(told.texts?.map(inWords) ?? told.remains).map((line) => `  ${line}`),
  );
  return 0;
}
