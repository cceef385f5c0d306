/**
 * The frame of the lab's compiled tables: sorted entries of one width, then whatever they point to, behind a header
 * that tells a whole file from a cut-off, damaged, foreign or outdated one.
 *
 * Header, 64 bytes, big-endian: magic 16, kind u32, entries u32, bytes per entry u32, tail bytes u32, extra u32 (free for
 * the kind), CRC-32 of all that follows the header u32, version of the source 24.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

export const HEADER_BYTES = 64;
/** AS numbers by IPv4 or IPv6 range, hardware vendors by prefix. */
export const KINDS = { as4: 4, as6: 6, vendors: 1 } as const;
export type TableKind = keyof typeof KINDS;

const MAGIC = 'phonehome-tab-1\n';
const SOURCE_BYTES = 24;
const CHUNK_BYTES = 64 * 1024;

export interface Header {
  kind: TableKind;
  entries: number;
  entryBytes: number;
  tailBytes: number;
  extra: number;
  /** At most 24 characters are kept. */
  source: string;
}

export interface TableFile {
  header: Header;
  /** Fills `into` from the file; `position` counts from the first entry. @throws when the disk fails */
  read(into: Buffer, length: number, position: number): void;
  /** How many entries have a key at or before this one (keys are the entries' first bytes). @throws when the disk fails */
  countUpTo(key: Uint8Array): number;
  close(): void;
}

export const sourceStamp = (source: string): string => source.slice(0, SOURCE_BYTES);

/** @param body entries and tail. */
export function frame(header: Header, body: Buffer): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 'latin1');
  const fields = [KINDS[header.kind], header.entries, header.entryBytes, header.tailBytes, header.extra, crc32(body)];
  fields.forEach((field, i) => void bytes.writeUInt32BE(field, 16 + i * 4));
  bytes.write(sourceStamp(header.source), 40, 'latin1');
  return Buffer.concat([bytes, body]);
}

/** @throws Error with a short reason when it is not a whole table of this kind. */
export function openTable(path: string, kind: TableKind): TableFile {
  const file = openSync(path, 'r');
  try {
    const { header } = readHeader(file);
    if (header.kind !== kind) throw new Error(`is of kind ${header.kind}`);
    const probe = Buffer.alloc(header.entryBytes);
    const read = (into: Buffer, length: number, position: number): void =>
      void readSync(file, into, 0, length, HEADER_BYTES + position);
    return {
      header,
      read,
      countUpTo(key) {
        let low = 0;
        let high = header.entries;
        while (low < high) {
          const middle = (low + high) >>> 1;
          read(probe, key.length, middle * header.entryBytes);
          if (probe.compare(key, 0, key.length, 0, key.length) <= 0) low = middle + 1;
          else high = middle;
        }
        return low;
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Reads the whole file in pieces and compares its checksum. @throws as `openTable`, or `checksum does not fit` */
export function verifyTable(path: string): Header {
  const file = openSync(path, 'r');
  try {
    const { header, crc: expected } = readHeader(file);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let crc = 0;
    let position = HEADER_BYTES;
    for (;;) {
      const count = readSync(file, chunk, 0, CHUNK_BYTES, position);
      if (count === 0) break;
      crc = crc32(chunk.subarray(0, count), crc);
      position += count;
    }
    if (crc !== expected) throw new Error('checksum does not fit');
    return header;
  } finally {
    closeSync(file);
  }
}

function readHeader(file: number): { header: Header; crc: number } {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const count = readSync(file, bytes, 0, HEADER_BYTES, 0);
  const kind = (Object.keys(KINDS) as TableKind[]).find((name) => KINDS[name] === bytes.readUInt32BE(16));
  if (count < HEADER_BYTES || bytes.toString('latin1', 0, 16) !== MAGIC || !kind) {
    throw new Error('is no table of this version');
  }
  const header: Header = {
    kind,
    entries: bytes.readUInt32BE(20),
    entryBytes: bytes.readUInt32BE(24),
    tailBytes: bytes.readUInt32BE(28),
    extra: bytes.readUInt32BE(32),
    source: bytes.toString('latin1', 40).replace(/\0+$/, ''),
  };
  const expected = HEADER_BYTES + header.entries * header.entryBytes + header.tailBytes;
  if (fstatSync(file).size !== expected) throw new Error('is cut off');
  return { header, crc: bytes.readUInt32BE(36) };
}
