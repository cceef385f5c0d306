/** The operator's decoders (`--decoder FILE`); their room is opened only when one was given. */
import { basename, dirname, resolve } from 'node:path';
import type { LoadedDecoder } from '../inspect/operator/loader.ts';
import { ensureOperatorKey, operatorKeyPath } from '../replay/operator-key.ts';

const REPLAY_KEY = /\.key\.pem$/;

/**
 * The stand-in for a vendor's key that a replay uses is made when it is first named: `demo --decoder` needs no run before.
 * @throws LabError naming the file
 */
export async function openDecoders(files: readonly string[], dataDir: string | null): Promise<LoadedDecoder[]> {
  if (files.length === 0) return [];
  for (const file of files) {
    if (dataDir === null || !REPLAY_KEY.test(file)) continue;
    const replayKeys = dirname(operatorKeyPath(dataDir, basename(file)));
    if (resolve(dirname(file)) === resolve(replayKeys)) await ensureOperatorKey(dataDir, basename(file));
  }
  const { loadDecoders } = await import('../inspect/operator/loader.ts');
  return loadDecoders(files);
}
