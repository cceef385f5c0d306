/**
 * How far the stream has confirmed what this lab stored: kept across restarts and weeks offline. A store that was restored or written
 * anew since is noticed by the hash at that place, and is told as a history of its own, from its beginning.
 */
import { readFileSync } from 'node:fs';
import { START } from '../../formats/chain-link.ts';
import { replaceFile } from '../../formats/replace-file.ts';
import type { Sender } from './messages.ts';
import type { HubReader } from './reader.ts';

export interface Cursor {
  epoch: string;
  /** How often the chain turned out to be another one within this epoch. */
  branch: number;
  position: number;
  /** Of the record there, hex. */
  hash: string;
}

type Kept = Cursor & Sender;

export const historyOf = ({ epoch, branch }: Cursor): string => (branch === 0 ? epoch : `${epoch}.${branch}`);

/** Where to go on in the store as it is now. A file that cannot be understood counts as none: all is told again, which harms nothing. */
export function openCursor(file: string, sender: Sender, reader: Pick<HubReader, 'epoch' | 'hashAt'>): Cursor {
  const kept = read(file);
  const epoch = reader.epoch();
  const isOwn = kept?.organisation === sender.organisation && kept.lab === sender.lab && kept.epoch === epoch;
  if (!isOwn) return begin(epoch, 0);
  const { branch, position, hash } = kept;
  if (position === 0 || reader.hashAt(position) === hash) return { epoch, branch, position, hash };
  return begin(epoch, branch + 1);
}

export function keepCursor(file: string, sender: Sender, cursor: Cursor): void {
  replaceFile(file, `${JSON.stringify({ ...sender, ...cursor } satisfies Kept)}\n`);
}

const begin = (epoch: string, branch: number): Cursor => ({
  epoch,
  branch,
  position: 0,
  hash: Buffer.from(START.hash).toString('hex'),
});

function read(file: string): Kept | null {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Partial<Kept>;
    const isWhole = Number.isSafeInteger(kept.position) && Number.isSafeInteger(kept.branch) && kept.hash !== undefined;
    return isWhole ? (kept as Kept) : null;
  } catch {
    return null;
  }
}
