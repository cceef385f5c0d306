/**
 * Reads a MaxMind DB file (format 2.0) from disk, node by node, in place of holding its megabytes in memory.
 * Promise: a look-up is at most one small read per address bit of a file that the kernel keeps cached (about 30 µs);
 * only the records themselves, some hundred countries, are kept. The answers are those of `maxmind`'s own reader.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type DecoderClass from 'mmdb-lib/lib/decoder.js';
import { type Metadata, parseMetadata } from 'mmdb-lib/lib/metadata.js';

/** Its only export is a CommonJS default, which Node and test runners import differently. */
const { default: Decoder } = createRequire(import.meta.url)('mmdb-lib/lib/decoder.js') as {
  default: typeof DecoderClass.default;
};

/** By the format the metadata is in the last 128 KB. */
const MAX_METADATA = 128 * 1024;
/** Zeros between tree and data. */
const SEPARATOR = 16;

export interface MmdbFile {
  metadata: Metadata;
  /** Null when the address is not in it. @throws when the disk fails, or for what is no address */
  get(address: string): unknown;
  close(): void;
}

/** @throws Error with a short reason when it is no such file */
export function openMmdbFile(path: string): MmdbFile {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const tail = readAt(file, Buffer.alloc(Math.min(size, MAX_METADATA)), size - Math.min(size, MAX_METADATA));
    const metadata = parseMetadata(tail);
    const { nodeCount, nodeByteSize, searchTreeSize, ipVersion } = metadata;
    const dataAt = searchTreeSize + SEPARATOR;
    if (!(dataAt < size)) throw new Error('is cut off');
    const records = new Decoder(readAt(file, Buffer.alloc(size - dataAt), dataAt));
    const node = Buffer.alloc(nodeByteSize);
    const next = (from: number, bit: number): number => {
      readAt(file, node, from * nodeByteSize);
      return nodeByteSize === 6
        ? node.readUIntBE(bit * 3, 3)
        : nodeByteSize === 8
          ? node.readUInt32BE(bit * 4)
          : bit === 0
            ? ((node[3]! & 0xf0) << 20) | node.readUIntBE(0, 3)
            : ((node[3]! & 0x0f) << 24) | node.readUIntBE(4, 3);
    };
    const walk = (from: number, bytes: Iterable<number>): number => {
      let at = from;
      for (const byte of bytes) {
        for (let bit = 7; bit >= 0 && at < nodeCount; bit--) at = next(at, (byte >> bit) & 1);
      }
      return at;
    };
    // An IPv4 address stands in a tree of IPv6 below 96 zeros.
    const ipv4From = ipVersion === 6 ? walk(0, new Uint8Array(12)) : 0;
    return {
      metadata,
      get(address) {
        const at = walk(isIPv4(address) ? ipv4From : 0, ipaddr.parse(address).toByteArray());
        return at > nodeCount ? records.decode(at - nodeCount - SEPARATOR).value : null;
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** @throws when there is less */
function readAt(file: number, into: Buffer, position: number): Buffer {
  if (readSync(file, into, 0, into.length, position) < into.length) throw new Error('is cut off');
  return into;
}
