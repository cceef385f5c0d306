/**
 * Address to autonomous system, from a table on disk: sorted range starts, then the systems, then their names.
 * Promise: a look-up is some twenty small reads of a file that the kernel keeps cached (about 40 µs), so the table
 * costs the lab no memory; a file that is cut off, of another version or of another family is refused at opening.
 *
 * Layout, big-endian: 64 bytes of header (magic 16, family u32, ranges u32, systems u32, name bytes u32, CRC-32 of
 * all that follows u32, source version 28), then per range its first address (4 or 16 bytes) and the number of a
 * system u32, then per system: AS number u32, country 2 bytes, name length u16, name offset u32, then the names.
 * A range ends where the next begins; system 0 stands for "nobody".
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

export const MAGIC = 'phonehome-as-v1\n';
export const HEADER_BYTES = 64;
export const SYSTEM_BYTES = 12;
const SOURCE_BYTES = 28;
const CHUNK_BYTES = 64 * 1024;

export interface AutonomousSystem {
  asn: number;
  org: string | null;
  /** Where it is registered, ISO 3166-1 alpha-2. */
  country: string | null;
}

export interface Header {
  family: 4 | 6;
  ranges: number;
  systems: number;
  nameBytes: number;
  crc: number;
  source: string;
}

export interface AsTable {
  header: Header;
  /** Null where nobody announces the address. @throws when the disk fails */
  find(address: Uint8Array): AutonomousSystem | null;
  close(): void;
}

export const tableName = (family: 4 | 6): string => `as-ipv${family}.table`;
export const rangeBytes = (family: 4 | 6): number => (family === 4 ? 4 : 16) + 4;

export function writeHeader(header: Header): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32BE(header.family, 16);
  bytes.writeUInt32BE(header.ranges, 20);
  bytes.writeUInt32BE(header.systems, 24);
  bytes.writeUInt32BE(header.nameBytes, 28);
  bytes.writeUInt32BE(header.crc, 32);
  bytes.write(header.source.slice(0, SOURCE_BYTES), 36, 'latin1');
  return bytes;
}

/** @throws Error with a short reason when it is not a table of this family. */
export function openAsTable(path: string, family: 4 | 6): AsTable {
  const file = openSync(path, 'r');
  try {
    const header = readHeader(file);
    if (header.family !== family) throw new Error(`is of family ${header.family}`);
    return { header, find: finder(file, header), close: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Reads the whole file in pieces and compares its checksum. @throws as `openAsTable`, or `checksum does not fit` */
export function verifyAsTable(path: string): Header {
  const file = openSync(path, 'r');
  try {
    const header = readHeader(file);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let crc = 0;
    let position = HEADER_BYTES;
    for (;;) {
      const count = readSync(file, chunk, 0, CHUNK_BYTES, position);
      if (count === 0) break;
      crc = crc32(chunk.subarray(0, count), crc);
      position += count;
    }
    if (crc !== header.crc) throw new Error('checksum does not fit');
    return header;
  } finally {
    closeSync(file);
  }
}

function readHeader(file: number): Header {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const count = readSync(file, bytes, 0, HEADER_BYTES, 0);
  if (count < HEADER_BYTES || bytes.toString('latin1', 0, 16) !== MAGIC) throw new Error('is no table of this version');
  const family = bytes.readUInt32BE(16);
  if (family !== 4 && family !== 6) throw new Error('is no table of this version');
  const header: Header = {
    family,
    ranges: bytes.readUInt32BE(20),
    systems: bytes.readUInt32BE(24),
    nameBytes: bytes.readUInt32BE(28),
    crc: bytes.readUInt32BE(32),
    source: bytes.toString('latin1', 36).replace(/\0+$/, ''),
  };
  const expected = HEADER_BYTES + header.ranges * rangeBytes(family) + header.systems * SYSTEM_BYTES + header.nameBytes;
  if (fstatSync(file).size !== expected) throw new Error('is cut off');
  return header;
}

function finder(file: number, header: Header): AsTable['find'] {
  const addressBytes = header.family === 4 ? 4 : 16;
  const entryBytes = rangeBytes(header.family);
  const systemsAt = HEADER_BYTES + header.ranges * entryBytes;
  const namesAt = systemsAt + header.systems * SYSTEM_BYTES;
  const entry = Buffer.alloc(entryBytes);
  const record = Buffer.alloc(SYSTEM_BYTES);

  return (address) => {
    if (address.length !== addressBytes) return null;
    // The last range that starts at or before the address.
    let low = 0;
    let high = header.ranges;
    while (low < high) {
      const middle = (low + high) >>> 1;
      readSync(file, entry, 0, addressBytes, HEADER_BYTES + middle * entryBytes);
      if (entry.compare(address, 0, addressBytes, 0, addressBytes) <= 0) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return null;
    readSync(file, entry, 0, entryBytes, HEADER_BYTES + (low - 1) * entryBytes);
    const system = entry.readUInt32BE(addressBytes);
    if (system === 0 || system >= header.systems) return null;
    readSync(file, record, 0, SYSTEM_BYTES, systemsAt + system * SYSTEM_BYTES);
    const name = Buffer.alloc(record.readUInt16BE(6));
    readSync(file, name, 0, name.length, namesAt + record.readUInt32BE(8));
    const country = record.toString('latin1', 4, 6);
    return {
      asn: record.readUInt32BE(0),
      org: name.length > 0 ? name.toString('utf8') : null,
      country: country === '\0\0' ? null : country,
    };
  };
}
