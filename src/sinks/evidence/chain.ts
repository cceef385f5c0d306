/**
 * The chain behind the store: for every version of every row one record, in the order they were written. A record holds a
 * commitment to the row (a hash over a random salt and the row's content) and a hash over itself and the record before it; salt
 * and content lie in the row and go with it. So a row can be destroyed, and nothing of it can be guessed from the chain, but
 * nothing can be changed, taken out or put elsewhere without its being found: `verification.ts`.
 * Every `SIGN_EVERY` records, and on request, the chain's end is signed with the installation's key (Ed25519).
 */
import { hash, type KeyObject, randomFillSync, sign } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { type ChainType, type Head, hashOf, START } from '../../formats/chain-link.ts';
import { signedText } from '../../formats/signed-head.ts';

/** Said by the chain about itself: where it begins, and which records lost their rows by order of the operator or by age. */
export type ChainNote =
  | { type: 'begin'; time: string; epoch: string; reason: string; rows: Record<string, number> }
  | { type: 'tombstone'; time: string; reason: string; rows: Record<string, number>; removed: Range[] };

/** Positions, both ends included. */
export type Range = [from: number, to: number];
export type Field = string | number | null | Uint8Array;

/** What a row keeps of its record. */
export interface Link {
  position: number;
  salt: Uint8Array;
}

export const SIGN_EVERY = 1000;
const SALT_BYTES = 16;
/** Fields one after the other, each with its length, `-` for none: no two rows have the same content. */
export function contentOf(fields: readonly Field[]): string {
  let content = '';
  for (const field of fields) {
    if (field === null) {
      content += '-;';
      continue;
    }
    const text = field instanceof Uint8Array ? Buffer.from(field).toString('base64') : String(field);
    content += `${text.length}:${text};`;
  }
  return content;
}

/** SHA-256 over the salt in hex, a line end, and the content. */
export function commitmentOf(salt: Uint8Array, content: string): Buffer {
  return hash('sha256', `${hex(salt)}\n${content}`, 'buffer');
}

/** The same of a salt in hex, in hex. */
export const hexCommitmentOf = (salt: string, content: string): string => hash('sha256', `${salt}\n${content}`, 'hex');

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** Salts are drawn many at a time: one at a time costs as much as all the hashing. */
function createSalts(): () => Uint8Array {
  const pool = Buffer.alloc(SALT_BYTES * 256);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += SALT_BYTES;
    const salt = Uint8Array.from(pool.subarray(at - SALT_BYTES, at));
    pool.fill(0, at - SALT_BYTES, at);
    return salt;
  };
}

export type Chain = ReturnType<typeof createChain>;

/** Writes within the caller's transactions; `resume` comes first in each of them. */
export function createChain(database: DatabaseSync, epoch: string, signingKey: KeyObject | null) {
  const sql = {
    head: database.prepare('SELECT position, hash FROM chain ORDER BY position DESC LIMIT 1'),
    add: database.prepare('INSERT INTO chain (position, type, replaces, commitment, hash) VALUES (?, ?, ?, ?, ?)'),
    note: database.prepare('INSERT INTO chain_notes (link, salt, json) VALUES (?, ?, ?)'),
    sign: database.prepare('INSERT OR IGNORE INTO checkpoints (position, time, hash, signature) VALUES (?, ?, ?, ?)'),
  };
  const drawSalt = createSalts();
  let head: Head = START;
  /** By this process; signed again it would be the same. */
  let signedTo = 0;

  function resume(): Head {
    const row = sql.head.get();
    head = row ? { position: Number(row.position), hash: row.hash as Uint8Array } : START;
    return head;
  }

  /** Signs the chain as far as it goes now. */
  function checkpoint(): void {
    if (signingKey === null || head.position === 0 || head.position === signedTo) return;
    const time = new Date().toISOString();
    const signature = sign(null, signedText(epoch, head, time), signingKey);
    sql.sign.run(head.position, time, head.hash, signature);
    signedTo = head.position;
  }

  function add(type: ChainType, fields: readonly Field[], replaces: number | null): Link {
    const salt = drawSalt();
    const commitment = commitmentOf(salt, contentOf(fields));
    const position = head.position + 1;
    const own = hashOf(head.hash, { position, type, replaces, commitment });
    sql.add.run(position, type, replaces, commitment, own);
    head = { position, hash: own };
    if (position % SIGN_EVERY === 0) checkpoint();
    return { position, salt };
  }

  function note(given: ChainNote): void {
    const json = JSON.stringify(given);
    const { position, salt } = add(given.type, [json], null);
    sql.note.run(position, salt, json);
  }

  return { resume, add, note, checkpoint };
}

/** Positions in any order as ranges. */
export function rangesOf(positions: readonly number[]): Range[] {
  const ranges: Range[] = [];
  for (const position of positions.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] + 1 >= position) last[1] = position;
    else ranges.push([position, position]);
  }
  return ranges;
}
