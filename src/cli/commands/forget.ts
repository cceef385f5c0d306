/** `phonehome forget DEVICE`: in the lab that runs on the data directory, else in its files. */
import type { Forgetting } from '../../model/forgotten.ts';
import { call, runningLabOf } from '../lab-client.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';

/** The database is written anew. */
const PATIENCE_MS = 60_000;

export async function forget(given: Record<string, unknown>, [device = '']: string[]): Promise<number> {
  const { data, json, recordings = false } = given as unknown as { data: string; json: boolean; recordings?: boolean };
  const lab = await runningLabOf(data);
  const path = `/api/devices/${encodeURIComponent(device)}/forget`;
  const told = lab
    ? ((await call(lab, 'POST', path, { recordings }, PATIENCE_MS)) as Forgetting)
    : await (await loadLab()).forgetPhone(data, device, { recordings });
  if (json) {
    printJson({ type: 'forgotten', ...told });
    return 0;
  }
  const { alerts, connections, cases, comparisons } = told.removed;
  print(
    `${device} is forgotten: the key of its values is destroyed, and with it ${alerts} alerts, ${connections} connections, ${cases} test runs and ${comparisons} compared values.`,
    ...(told.recordings ? ['The recording of the whole network is deleted.'] : []),
    'What remains:',
    ...told.remains.map((line) => `  ${line}`),
  );
  return 0;
}
