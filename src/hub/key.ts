/** A key pair for the broker (an nkey of a user): a hub's or a lab's. */
import { writeFileSync } from 'node:fs';
import { nkeys } from '@nats-io/transport-node';
import { labError } from '../formats/refusal.ts';
import { text } from '../model/text.ts';

/** @param file must not be there yet; only its owner can read it. @returns the public half. @throws LabError */
export function makeHubKey(file: string): string {
  const pair = nkeys.createUser();
  try {
    writeFileSync(file, `${Buffer.from(pair.getSeed()).toString()}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw labError(
      code === 'EEXIST' ? text('hub.key-there', { file }) : text('hub.unwritten', { file, error: code ?? '' }),
    );
  }
  return pair.getPublicKey();
}
