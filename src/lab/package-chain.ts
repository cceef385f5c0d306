/**
 * The stretch of the chain that a package holds, line by line: links, commitments of the rows that are in it, signatures, and the
 * lines of `alerts.ndjson` and `flows.ndjson`, which must be those rows in that order. Whether they are, one hash over the rows of
 * each file says; which line is not, only a second reading, which holds a piece of the hash of every line.
 */
import { createHash, hash, type KeyObject, verify } from 'node:crypto';
import { type ChainType, hexHashOf } from '../formats/chain-link.ts';
import { signedText } from '../formats/signed-head.ts';
import { type Text, text } from '../model/text.ts';
import { contentOf, type Field, hexCommitmentOf } from '../sinks/evidence/chain.ts';
import { TABLES } from '../sinks/evidence/rows.ts';

const FILES = { 'alerts.ndjson': 'alert', 'flows.ndjson': 'flow' } as const;
type Listed = keyof typeof FILES;
/** Enough to tell lines apart that somebody changed: each is bound by the list of hashes as well. */
const PRINT_BYTES = 8;
/** Of one block of them. */
const BLOCK_PRINTS = 1 << 16;
/** So many are looked into; of a changed package with millions of lines the first ones say enough. */
const MAX_FOUND = 100;
const MAX_LINE = 32 << 20;

export interface ChainCheck {
  /** Files whose lines it wants. */
  wants(name: string): boolean;
  push(name: string, chunk: Buffer): void;
  /** Nothing more comes of a file. */
  end(name: string): void;
  /** In the order of the chain. */
  problems(key: KeyObject | null): Text[];
  /** Whether the files are the rows of the chain and nothing else. @param sums SHA-256 of each file, in hex */
  fits(sums: ReadonlyMap<string, string>): boolean;
  counts(): { records: number; rows: number; signed: number; head: { position: number; hash: string } | null };
}

interface Line {
  epoch?: string;
  after?: { position: number; hash: string };
  position?: number;
  type?: string;
  replaces?: number | null;
  commitment?: string;
  hash?: string;
  salt?: string;
  fields?: Field[];
  signed?: number;
  time?: string;
  signature?: string;
}

/** @param isNamed the lines are read as well, and those that do not fit are named: 8 bytes of memory a line */
export function createChainCheck(isNamed: boolean): ChainCheck {
  const lines = new Map<string, { rest: Buffer[]; length: number }>();
  /** Of the lines of each listed file, one after the other; `next` is the one that a row must fit. `sum` is of the rows. */
  const listOf = () => ({ all: createPrints(), next: 0, sum: createHash('sha256') });
  const prints = { 'alerts.ndjson': listOf(), 'flows.ndjson': listOf() } satisfies Record<Listed, object>;
  const found: Text[] = [];
  /** In hex: a small buffer keeps the block it was cut from, thousands of them a hundred megabytes. */
  const signatures: { position: number; time: string; signature: string; hash: string }[] = [];
  let epoch = '';
  let head: { position: number; hash: string } | null = null;
  let records = 0;
  let rows = 0;
  let signed = 0;
  const wrong = (what: Text): void => {
    if (found.length < MAX_FOUND) found.push(what);
  };

  function record(line: Line): void {
    const { position = -1, type = '', replaces = null, commitment = '', salt, fields } = line;
    const name = text('intact.record', { position: String(position), type });
    const own = String(line.hash);
    if (head && position !== head.position + 1)
      wrong(
        text('intact.record-removed', {
          removed: String(head.position + 1),
          position: String(position),
          before: String(head.position),
        }),
      );
    else if (head && hexHashOf(head.hash, { position, type: type as ChainType, replaces, commitment }) !== own)
      wrong(text('intact.record-other', { record: name }));
    head = { position, hash: own };
    records++;
    if (salt === undefined || fields === undefined) return;
    rows++;
    if (hexCommitmentOf(salt, contentOf(fields)) !== commitment) wrong(text('intact.record-changed', { record: name }));
    const file = (Object.keys(FILES) as Listed[]).find((one) => FILES[one] === type);
    if (file) follow(file, fields, name);
  }

  function follow(file: Listed, fields: Field[], record: Text): void {
    const of = prints[file];
    const json = String(fields[TABLES[FILES[file]].columns.indexOf('json')]);
    const at = of.next++;
    if (!isNamed) {
      of.sum.update(json).update('\n');
      return;
    }
    const own = Buffer.from(json);
    if (of.all.indexOf(own, at, at + 1) === at || found.length >= MAX_FOUND) return;
    const line = String(at + 1);
    const later = of.all.indexOf(own, at + 1);
    if (later !== -1) wrong(text('intact.line-moved', { file, line, record, right: String(later + 1) }));
    else if (at < of.all.count()) wrong(text('intact.line-changed', { file, line, record }));
    else wrong(text('intact.line-removed', { file, record }));
  }

  function take(name: string, bytes: Buffer): void {
    if (name in prints) {
      prints[name as Listed].all.add(bytes);
      return;
    }
    let line: Line;
    try {
      line = JSON.parse(bytes.toString()) as Line;
    } catch {
      wrong(text('intact.no-line'));
      return;
    }
    if (line.after) {
      epoch = String(line.epoch);
      head = { position: line.after.position, hash: String(line.after.hash) };
    } else if (line.signed !== undefined)
      signatures.push({
        position: line.signed,
        time: String(line.time),
        signature: String(line.signature),
        // It stands behind its record.
        hash: head?.position === line.signed ? head.hash : '',
      });
    else record(line);
  }

  return {
    wants: (name) => name === 'chain.ndjson' || (isNamed && name in prints),
    push(name, chunk) {
      const state = lines.get(name) ?? { rest: [], length: 0 };
      lines.set(name, state);
      let from = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
        const end = chunk.subarray(from, at);
        take(name, state.rest.length === 0 ? end : Buffer.concat([...state.rest, end]));
        state.rest = [];
        state.length = 0;
        from = at + 1;
      }
      const rest = chunk.subarray(from);
      state.length += rest.length;
      if (state.length > MAX_LINE) wrong(text('intact.endless-line', { file: name }));
      else if (rest.length > 0) state.rest.push(Buffer.from(rest));
    },
    end(name) {
      if ((lines.get(name)?.length ?? 0) > 0) wrong(text('intact.half-line', { file: name }));
    },
    problems(key) {
      const all = [...found];
      for (const [file, { all: listed, next }] of Object.entries(prints))
        if (isNamed && rows > 0 && listed.count() > next)
          all.push(text('intact.line-added', { file, line: String(next + 1) }));
      for (const { position, time, signature, hash: at } of signatures) {
        const signedBytes = signedText(epoch, { position, hash: Buffer.from(at, 'hex') }, time);
        if (!key || at === '' || !verify(null, signedBytes, key, Buffer.from(signature, 'hex')))
          all.push(text('intact.record-signature', { position: String(position) }));
        else signed = Math.max(signed, position);
      }
      return all;
    },
    fits: (sums) =>
      rows === 0 || Object.entries(prints).every(([file, { sum }]) => sums.get(file) === sum.copy().digest('hex')),
    counts: () => ({
      records,
      rows,
      signed,
      head,
    }),
  };
}

/** Of lines, in their order: a piece of the hash of each. */
function createPrints() {
  const blocks: Buffer[] = [];
  let count = 0;
  const printOf = (line: Uint8Array): Buffer => hash('sha256', line, 'buffer').subarray(0, PRINT_BYTES);
  return {
    add(line: Uint8Array): void {
      const at = count++ % BLOCK_PRINTS;
      if (at === 0) blocks.push(Buffer.alloc(BLOCK_PRINTS * PRINT_BYTES));
      printOf(line).copy(blocks.at(-1) as Buffer, at * PRINT_BYTES);
    },
    count: () => count,
    /** Line of that content, of those from `from` to before `to`; -1: none. */
    indexOf(line: Uint8Array, from: number, to = count): number {
      const print = printOf(line);
      for (let at = from; at < Math.min(count, to); at++) {
        const start = (at % BLOCK_PRINTS) * PRINT_BYTES;
        if (blocks[Math.floor(at / BLOCK_PRINTS)]?.compare(print, 0, PRINT_BYTES, start, start + PRINT_BYTES) === 0)
          return at;
      }
      return -1;
    },
  };
}
