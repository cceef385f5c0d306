/**
 * The stretch of the chain that a package holds, line by line: links, commitments of the rows that are in it, signatures, and the
 * lines of `alerts.ndjson` and `flows.ndjson`, which must be those rows in that order.
 */
import { hash, type KeyObject, verify } from 'node:crypto';
import { type ChainType, hashOf } from '../formats/chain-link.ts';
import { signedText } from '../formats/signed-head.ts';
import { commitmentOf, contentOf, type Field } from '../sinks/evidence/chain.ts';
import { TABLES } from '../sinks/evidence/rows.ts';

const FILES = { 'alerts.ndjson': 'alert', 'flows.ndjson': 'flow' } as const;
type Listed = keyof typeof FILES;
/** Enough to tell lines apart that somebody changed: each is bound by the list of hashes as well. Of ten million lines 80 MB. */
const PRINT_BYTES = 8;
/** So many are looked into; of a changed package with millions of lines the first ones say enough. */
const MAX_FOUND = 100;
const MAX_LINE = 32 << 20;

export interface ChainCheck {
  push(name: string, chunk: Buffer): void;
  /** Nothing more comes of a file. */
  end(name: string): void;
  /** In the order of the chain. */
  problems(key: KeyObject | null): string[];
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

export function createChainCheck(): ChainCheck {
  const lines = new Map<string, { rest: Buffer[]; length: number }>();
  /** Of the lines of each listed file, one after the other; `next` is the one that a row must fit. */
  const prints: Record<Listed, { all: Prints; next: number }> = {
    'alerts.ndjson': { all: createPrints(), next: 0 },
    'flows.ndjson': { all: createPrints(), next: 0 },
  };
  const found: string[] = [];
  const signatures: { position: number; time: string; signature: Buffer; hash: Buffer }[] = [];
  let epoch = '';
  let head: { position: number; hash: Buffer } | null = null;
  let records = 0;
  let rows = 0;
  let signed = 0;
  const wrong = (what: string): void => {
    if (found.length < MAX_FOUND) found.push(what);
  };

  function record(line: Line): void {
    const { position = -1, type = '', replaces = null, commitment = '', salt, fields } = line;
    const name = `record ${position} (${type})`;
    const own = Buffer.from(line.hash ?? '', 'hex');
    const given = { position, type: type as ChainType, replaces, commitment: Buffer.from(commitment, 'hex') };
    if (head && position !== head.position + 1)
      wrong(`record ${head.position + 1} of the chain was removed: record ${position} follows ${head.position}`);
    else if (head && !hashOf(head.hash, given).equals(own))
      wrong(`${name} of the chain is not what was written, or not where`);
    head = { position, hash: own };
    records++;
    if (salt === undefined || fields === undefined) return;
    rows++;
    if (!commitmentOf(Buffer.from(salt, 'hex'), contentOf(fields)).equals(given.commitment))
      wrong(`${name} was changed`);
    const file = (Object.keys(FILES) as Listed[]).find((one) => FILES[one] === type);
    if (file) follow(file, fields, name);
  }

  function follow(file: Listed, fields: Field[], name: string): void {
    const of = prints[file];
    const json = String(fields[TABLES[FILES[file]].columns.indexOf('json')]);
    const own = Buffer.from(json);
    const at = of.next++;
    if (of.all.indexOf(own, at, at + 1) === at || found.length >= MAX_FOUND) return;
    const later = of.all.indexOf(own, at + 1);
    if (later !== -1) wrong(`${file}, line ${at + 1}: it stands in the place of ${name}, which is line ${later + 1}`);
    else if (at < of.all.count()) wrong(`${file}, line ${at + 1}: it is not ${name} as it was written`);
    else wrong(`${file}: ${name} was removed`);
  }

  function take(name: string, text: Buffer): void {
    if (name in prints) {
      prints[name as Listed].all.add(text);
      return;
    }
    let line: Line;
    try {
      line = JSON.parse(text.toString()) as Line;
    } catch {
      wrong('chain.ndjson holds a line that is none');
      return;
    }
    if (line.after) {
      epoch = String(line.epoch);
      head = { position: line.after.position, hash: Buffer.from(line.after.hash, 'hex') };
    } else if (line.signed !== undefined)
      signatures.push({
        position: line.signed,
        time: String(line.time),
        signature: Buffer.from(line.signature ?? '', 'hex'),
        // It stands behind its record.
        hash: head?.position === line.signed ? head.hash : Buffer.alloc(0),
      });
    else record(line);
  }

  return {
    push(name, chunk) {
      const state = lines.get(name) ?? { rest: [], length: 0 };
      lines.set(name, state);
      let from = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
        take(name, Buffer.concat([...state.rest, chunk.subarray(from, at)]));
        state.rest = [];
        state.length = 0;
        from = at + 1;
      }
      const rest = chunk.subarray(from);
      state.length += rest.length;
      if (state.length > MAX_LINE) wrong(`${name} holds a line that does not end`);
      else if (rest.length > 0) state.rest.push(Buffer.from(rest));
    },
    end(name) {
      if ((lines.get(name)?.length ?? 0) > 0) wrong(`${name} ends in the middle of a line`);
    },
    problems(key) {
      const all = [...found];
      for (const [file, { all: listed, next }] of Object.entries(prints))
        if (rows > 0 && listed.count() > next)
          all.push(`${file}, line ${next + 1}: no record of the chain stands for it: it was added`);
      for (const { position, time, signature, hash: at } of signatures)
        if (!key || at.length === 0 || !verify(null, signedText(epoch, { position, hash: at }, time), key, signature))
          all.push(`the signature of record ${position} of the chain does not fit`);
        else signed = Math.max(signed, position);
      return all;
    },
    counts: () => ({
      records,
      rows,
      signed,
      head: head && { position: head.position, hash: head.hash.toString('hex') },
    }),
  };
}

type Prints = ReturnType<typeof createPrints>;

/** Of lines, in their order: a piece of the hash of each. */
function createPrints() {
  let all = Buffer.alloc(1 << 16);
  let length = 0;
  const printOf = (line: Uint8Array): Buffer => hash('sha256', line, 'buffer').subarray(0, PRINT_BYTES);
  return {
    add(line: Uint8Array): void {
      if (length === all.length) all = Buffer.concat([all, Buffer.alloc(all.length)]);
      length += printOf(line).copy(all, length);
    },
    count: () => length / PRINT_BYTES,
    /** Line of that content, of those from `from` to before `to`; -1: none. */
    indexOf(line: Uint8Array, from: number, to = length / PRINT_BYTES): number {
      const print = printOf(line);
      const end = Math.min(length, to * PRINT_BYTES);
      for (let at = from * PRINT_BYTES; at < end; at += PRINT_BYTES)
        if (print.equals(all.subarray(at, at + PRINT_BYTES))) return at / PRINT_BYTES;
      return -1;
    },
  };
}
