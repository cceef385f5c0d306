/**
 * Holds a package against itself: its seal over every byte, the list of hashes, the signatures, and each record against the chain.
 * Says the first thing that does not fit. Reads the file twice, a third time where lines do not fit, and keeps none of it; what it
 * reads is believed in nothing.
 */

import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fromFdPromise } from 'yauzl';
import { COMMENT, COMMENT_BYTES, END_BYTES, sealedText } from '../export/zip.ts';
import { errorLine } from '../formats/error-line.ts';
import { labError } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import { isSignedWith } from '../formats/signed-head.ts';
import { readCheckpoint } from '../model/checkpoint.ts';
import type { PackageVerdict } from '../model/lab.ts';
import { type Text, text } from '../model/text.ts';
import { fingerprintOfKey } from './evidence.ts';
import { type ChainCheck, createChainCheck } from './package-chain.ts';

const BLOCK = 1 << 20;
/** Of an entry that is held to be looked at: lists, keys, signatures. */
const MAX_HELD = 64 << 20;
const HELD = new Set(['SHA256SUMS', 'SHA256SUMS.sig', 'signing-key.pem', 'README.txt', 'chain-head.txt']);
const UNLISTED = new Set(['SHA256SUMS', 'SHA256SUMS.sig', 'SHA256SUMS.tsr']);

interface Contents {
  /** SHA-256 of each entry, in their order. */
  sums: Map<string, string>;
  held: Map<string, Buffer>;
  chain: ChainCheck;
  /** The first thing wrong with the zip itself. */
  broken: Text | null;
}

/** @throws LabError when there is no such file */
export async function verifyPackage(file: string): Promise<PackageVerdict> {
  const descriptor = opened(file);
  try {
    if (fstatSync(descriptor).isDirectory()) throw labError(text('records.package', { file, error: 'EISDIR' }));
    return await verifyOpen(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Gives one entry to be read, of a package that was verified; nothing when there is none of that name. */
export async function openPackageEntry(
  file: string,
  name: string,
  use: (stream: Readable) => Promise<void>,
): Promise<void> {
  const descriptor = opened(file);
  try {
    const zip = await fromFdPromise(descriptor, { autoClose: false, lazyEntries: true });
    for await (const entry of zip.eachEntry())
      if (entry.fileName === name) return await use(await zip.openReadStreamPromise(entry));
  } finally {
    closeSync(descriptor);
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? errorLine(error);

function opened(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw labError(text('records.package', { file, error: codeOf(error) }));
  }
}

async function verifyOpen(descriptor: number): Promise<PackageVerdict> {
  const { size } = fstatSync(descriptor);
  const seal = sealAt(descriptor, size);
  let contents = await read(descriptor, false);
  if (!contents.chain.fits(contents.sums)) contents = await read(descriptor, true);
  const key = keyIn(contents);
  const problems: Text[] = [
    ...(seal.ok ? [] : [seal.why]),
    ...(contents.broken === null ? [] : [contents.broken]),
    ...problemsOf(contents, key),
    ...(seal.ok ? sealProblems(descriptor, size, seal, key) : []),
  ];
  return {
    isIntact: problems.length === 0,
    // A half-written one says that first; else what is wrong with a record says more than what is wrong with the whole.
    problem: problems[0] === undefined ? null : say(problems[0]),
    ...(problems[0] === undefined ? {} : { problemText: problems[0] }),
    problems: problems.length,
    files: contents.sums.size,
    records: contents.chain.counts().records,
    rows: contents.chain.counts().rows,
    signed: contents.chain.counts().signed,
    head: contents.chain.counts().head,
    fingerprint: key && fingerprintOfKey(key),
  };
}

type Seal = { ok: true; sha256: string; signature: Buffer } | { ok: false; why: Text };

function sealAt(descriptor: number, size: number): Seal {
  if (size === 0) return { ok: false, why: text('intact.empty') };
  const tail = Buffer.alloc(Math.min(size, COMMENT_BYTES + END_BYTES));
  readSync(descriptor, tail, 0, tail.length, size - tail.length);
  const end = tail.subarray(0, END_BYTES);
  const isWhole = tail.length === COMMENT_BYTES + END_BYTES && end.readUInt32LE(0) === 0x06054b50;
  const comment = COMMENT.exec(tail.subarray(END_BYTES).toString('latin1'));
  if (isWhole && comment) {
    const [, sha256 = '', signature = ''] = comment;
    return { ok: true, sha256, signature: Buffer.from(signature, 'hex') };
  }
  return { ok: false, why: text(isWhole ? 'intact.seal-changed' : 'intact.cut') };
}

function sealProblems(
  descriptor: number,
  size: number,
  { sha256, signature }: Extract<Seal, { ok: true }>,
  key: KeyObject | null,
): Text[] {
  const hash = createHash('sha256');
  for (const block of blocks(descriptor, size - COMMENT_BYTES)) hash.update(block);
  if (hash.digest('hex') !== sha256) return [text('intact.between')];
  return key !== null && verify(null, sealedText(sha256), key, signature) ? [] : [text('intact.seal-signature')];
}

/** Each is good until the next one is asked for. */
function* blocks(descriptor: number, end: number): Generator<Buffer> {
  const block = Buffer.alloc(Math.min(BLOCK, end));
  for (let at = 0; at < end; ) {
    const read = readSync(descriptor, block, 0, Math.min(block.length, end - at), at);
    if (read === 0) return;
    at += read;
    yield block.subarray(0, read);
  }
}

/**
 * By the list at the zip's end, which is all that an archiver believes; what stands outside of it the seal finds.
 * @param isNamed see `createChainCheck`
 */
async function read(descriptor: number, isNamed: boolean): Promise<Contents> {
  const contents: Contents = { sums: new Map(), held: new Map(), chain: createChainCheck(isNamed), broken: null };
  let name: Text | string = text('intact.list-of-files');
  try {
    const zip = await fromFdPromise(descriptor, { autoClose: false, lazyEntries: true });
    for await (const entry of zip.eachEntry()) {
      const { fileName } = entry;
      name = shown(fileName);
      if (contents.sums.has(fileName)) contents.broken ??= text('intact.twice', { name });
      await readEntry(fileName, await zip.openReadStreamPromise(entry), contents);
    }
  } catch {
    contents.broken ??= text('intact.not-unpacked', { name });
  }
  return contents;
}

async function readEntry(name: string, stream: AsyncIterable<Buffer>, { sums, held, chain }: Contents): Promise<void> {
  const hash = createHash('sha256');
  const parts: Buffer[] = [];
  let length = 0;
  const isRead = chain.wants(name);
  for await (const chunk of stream) {
    hash.update(chunk);
    length += chunk.length;
    if (HELD.has(name) && length <= MAX_HELD) parts.push(chunk);
    if (isRead) chain.push(name, chunk);
  }
  if (isRead) chain.end(name);
  sums.set(name, hash.digest('hex'));
  if (HELD.has(name)) held.set(name, Buffer.concat(parts));
}

function keyIn({ held }: Contents): KeyObject | null {
  try {
    const key = createPublicKey(held.get('signing-key.pem') ?? '');
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

function problemsOf({ sums, held, chain }: Contents, key: KeyObject | null): Text[] {
  const problems: Text[] = [];
  const list = held.get('SHA256SUMS');
  if (list === undefined) return [text('intact.no-package')];
  const listed = new Map<string, string>();
  for (const line of list.toString().split('\n').filter(Boolean)) {
    const [, sha256 = '', name = ''] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    listed.set(name, sha256);
  }
  problems.push(...chain.problems(key));
  for (const [name, sha256] of listed) {
    const own = sums.get(name);
    if (own === undefined) problems.push(text('intact.file-removed', { name: shown(name) }));
    else if (own !== sha256) problems.push(text('intact.file-changed', { name: shown(name) }));
  }
  for (const name of sums.keys())
    if (!listed.has(name) && !UNLISTED.has(name)) problems.push(text('intact.file-added', { name: shown(name) }));
  const order = [...sums.keys()].filter((name) => listed.has(name));
  if (order.join('\n') !== [...listed.keys()].join('\n') && problems.length === 0) problems.push(text('intact.order'));
  const signature = held.get('SHA256SUMS.sig');
  if (key === null) problems.push(text('intact.no-key'));
  else if (!signature || !verify(null, list, key, signature))
    problems.push(text('intact.signature', { file: 'SHA256SUMS' }));
  const head = held.get('chain-head.txt');
  if (key !== null && head !== undefined) {
    const checkpoint = readCheckpoint(head.toString());
    if (!checkpoint || !isSignedWith(key, checkpoint))
      problems.push(text('intact.signature', { file: 'chain-head.txt' }));
  }
  return problems;
}

const shown = (name: string): string => name.slice(0, 100).replace(/\p{C}/gu, '?');
