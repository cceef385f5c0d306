/**
 * DNS messages as far as a forwarder must understand them (RFC 1035 4.1): the question, the addresses of an answer, and
 * the short answers the lab gives itself. Everything else passes through as bytes.
 * Promise: pure over bytes; garbage is a value that says why, never an exception; no reply is longer than its question
 * unless it carries the lab's own address.
 */
import { decode } from 'dns-packet';
import ipaddr from 'ipaddr.js';

/** RFC 1035 4.1.1: id, flags, four counts. */
const HEADER_BYTES = 12;
/** RFC 1035 2.3.4. */
const MAX_NAME_BYTES = 255;
/** Types 64 and 65 (RFC 9460) carry ECH keys and HTTP/3 hints: answered empty, so that apps use what can be read. */
const EMPTIED_TYPES = new Set([64, 65]);

export const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  64: 'SVCB',
  65: 'HTTPS',
  255: 'ANY',
};

export interface DnsQuery {
  id: number;
  /** As asked, spelling kept; without the final dot; `.` for the root. */
  name: string;
  type: number;
  /** Where the question section ends. */
  questionEnd: number;
  /** The query carries EDNS (RFC 6891): an answer must, too. */
  edns: boolean;
}

/** `id` is null when there are too few bytes for one: such a packet is dropped, not answered. */
export type ParsedQuery = { ok: true; query: DnsQuery } | { ok: false; why: string; id: number | null };

export function parseQuery(bytes: Buffer): ParsedQuery {
  if (bytes.length < HEADER_BYTES) return { ok: false, why: 'shorter than a header', id: null };
  const id = bytes.readUInt16BE(0);
  const flags = bytes.readUInt16BE(2);
  // Answering an answer would make two hosts talk to each other for ever.
  if (flags & 0x8000) return { ok: false, why: 'an answer, not a question', id: null };
  if (flags & 0x7800) return { ok: false, why: 'no ordinary query (opcode)', id };
  if (bytes.readUInt16BE(4) !== 1) return { ok: false, why: 'not exactly one question', id };
  const name = readName(bytes, HEADER_BYTES);
  if (name === null || name.end + 4 > bytes.length) return { ok: false, why: 'the question is cut or damaged', id };
  const questionEnd = name.end + 4;
  const query = { id, name: name.text, type: bytes.readUInt16BE(name.end), questionEnd, edns: false };
  return { ok: true, query: { ...query, edns: bytes.readUInt16BE(10) > 0 && hasEdns(bytes, questionEnd) } };
}

/** Labels of an uncompressed name: a question has nothing before it to point to. Bytes are shown as latin1. */
function readName(bytes: Buffer, start: number): { text: string; end: number } | null {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63 || at - start > MAX_NAME_BYTES) return null;
    at++;
    if (length === 0) return { text: labels.length === 0 ? '.' : labels.join('.'), end: at };
    if (at + length > bytes.length) return null;
    labels.push(bytes.toString('latin1', at, at + length));
    at += length;
  }
}

/** Clients put the OPT record (root name, type 41) first among the additional ones. */
const hasEdns = (bytes: Buffer, questionEnd: number): boolean =>
  bytes.length >= questionEnd + 11 && bytes[questionEnd] === 0 && bytes.readUInt16BE(questionEnd + 1) === 41;

export const RCODE = { ok: 0, malformed: 1, failed: 2, noSuchName: 3, notImplemented: 4, refused: 5 } as const;

/** What the lab answers itself, whatever a resolver would say. */
export type OwnAnswer = { rcode: number; addresses: string[] };

export interface OwnNames {
  /** Names that must not exist here, lower case: asking for them is how apps learn whether they may hide their traffic. */
  denied: ReadonlySet<string>;
  /** Names of the lab itself and their addresses, lower case. */
  own: ReadonlyMap<string, readonly string[]>;
}

/** Null: ask a resolver. */
export function answerOf(query: DnsQuery, names: OwnNames): OwnAnswer | null {
  const name = query.name.toLowerCase();
  if (names.denied.has(name)) return { rcode: RCODE.noSuchName, addresses: [] };
  const own = names.own.get(name);
  if (own) {
    const kind = query.type === 1 ? 'ipv4' : query.type === 28 ? 'ipv6' : null;
    return { rcode: RCODE.ok, addresses: own.filter((address) => ipaddr.parse(address).kind() === kind) };
  }
  return EMPTIED_TYPES.has(query.type) ? { rcode: RCODE.ok, addresses: [] } : null;
}

/** Seconds the lab's own address may be kept. */
const OWN_TTL_S = 60;
/** RFC 6891 6.1.2: root, OPT, 1,232 bytes, no flags, no options. */
const OPT = Buffer.from('00002904d0000000000000', 'hex');

/** An answer to `query` (whose bytes are `asked`) that no resolver was needed for. */
export function writeAnswer(asked: Buffer, query: DnsQuery, answer: OwnAnswer): Buffer {
  const header = headerOf(asked, answer.rcode, 1);
  header.writeUInt16BE(answer.addresses.length, 6);
  header.writeUInt16BE(query.edns ? 1 : 0, 10);
  const records = answer.addresses.map((address) => {
    const data = Buffer.from(ipaddr.parse(address).toByteArray());
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc000 | HEADER_BYTES, 0); // the name in the question
    record.writeUInt16BE(query.type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(OWN_TTL_S, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  const question = asked.subarray(HEADER_BYTES, query.questionEnd);
  return Buffer.concat([header, question, ...records, ...(query.edns ? [OPT] : [])]);
}

/** An answer to what could not be parsed but has an id. */
export function writeRefusal(asked: Buffer, rcode: number): Buffer {
  return headerOf(asked, rcode, 0);
}

/** Same id, opcode and "recursion desired"; QR and "recursion available" set; all counts but the question's 0. */
function headerOf(asked: Buffer, rcode: number, questions: 0 | 1): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(asked.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8080 | (asked.readUInt16BE(2) & 0x7900) | rcode, 2);
  header.writeUInt16BE(questions, 4);
  return header;
}

/** True when `reply` answers exactly what was asked: its id, its question (RFC 5452 9.1). Everything else is a forgery or late. */
export function isReplyTo(reply: Buffer, id: number, asked: Buffer, query: DnsQuery): boolean {
  if (reply.length < HEADER_BYTES || reply.readUInt16BE(0) !== id || (reply.readUInt16BE(2) & 0x8000) === 0)
    return false;
  // Some servers leave the question out when they refuse; such a reply can still only come from who was asked.
  if (reply.readUInt16BE(4) === 0) return (reply.readUInt16BE(2) & 0x000f) !== 0;
  const { questionEnd } = query;
  if (reply.readUInt16BE(4) !== 1 || reply.length < questionEnd) return false;
  return (
    reply.toString('latin1', HEADER_BYTES, questionEnd).toLowerCase() ===
    asked.toString('latin1', HEADER_BYTES, questionEnd).toLowerCase()
  );
}

export interface AnswerFacts {
  rcode: number;
  truncated: boolean;
  /** Of A and AAAA records, canonical, with the shortest TTL on the way to them (a CNAME's included), seconds. */
  addresses: string[];
  ttlS: number;
}

/** What an answer says; nothing is known of one that cannot be decoded. */
export function readAnswer(reply: Buffer): AnswerFacts | null {
  if (reply.length < HEADER_BYTES) return null;
  const flags = reply.readUInt16BE(2);
  const facts: AnswerFacts = { rcode: flags & 0x0f, truncated: (flags & 0x0200) !== 0, addresses: [], ttlS: 0 };
  if (reply.readUInt16BE(6) === 0) return facts;
  try {
    let ttlS = Infinity;
    for (const record of decode(reply).answers ?? []) {
      if (record.type !== 'A' && record.type !== 'AAAA' && record.type !== 'CNAME') continue;
      ttlS = Math.min(ttlS, record.ttl ?? 0);
      if (record.type !== 'CNAME') facts.addresses.push(ipaddr.process(record.data).toString());
    }
    return { ...facts, ttlS: Number.isFinite(ttlS) ? ttlS : 0 };
  } catch {
    return facts;
  }
}

const OPT_TYPE = 41;
const MAX_RECORDS = 500;

/** Where in `reply` times to live stand (OPT records have none); null when it cannot be read to its end. */
export function ttlPlaces(reply: Buffer): number[] | null {
  if (reply.length < HEADER_BYTES) return null;
  const places: number[] = [];
  let at = HEADER_BYTES;
  const skipName = (): void => {
    for (;;) {
      const length = reply[at] ?? 0;
      if (length >= 0xc0) {
        at += 2;
        return;
      }
      at += length + 1;
      if (length === 0) return;
    }
  };
  for (let n = reply.readUInt16BE(4); n > 0; n--) {
    skipName();
    at += 4;
  }
  const records = reply.readUInt16BE(6) + reply.readUInt16BE(8) + reply.readUInt16BE(10);
  if (records > MAX_RECORDS) return null;
  for (let n = records; n > 0; n--) {
    skipName();
    if (at + 10 > reply.length) return null;
    if (reply.readUInt16BE(at) !== OPT_TYPE) places.push(at + 4);
    at += 10 + reply.readUInt16BE(at + 8);
  }
  return at === reply.length ? places : null;
}
