/**
 * Address to autonomous system, from a table on disk.
 * Promise: a look-up is some twenty small reads of a file that the kernel keeps cached (about 20 µs), so the table
 * costs the lab no memory.
 *
 * Entries: first address of a range (4 or 16 bytes), number of a system u32; a range ends where the next begins, and
 * system 0 stands for "nobody". Tail: per system its AS number u32, country 2 bytes, name length u16, name offset u32;
 * then the names. The header's `extra` is the number of systems.
 */
import { frame, openTable } from './table-file.ts';

const SYSTEM_BYTES = 12;

export interface AutonomousSystem {
  asn: number;
  org: string | null;
  /** Where it is registered, ISO 3166-1 alpha-2. */
  country: string | null;
}

export interface AsTable {
  /** Null where nobody announces the address. @throws when the disk fails */
  find(address: Uint8Array): AutonomousSystem | null;
  close(): void;
}

export const asTableName = (family: 4 | 6): string => `as-ipv${family}.table`;
const kindOf = (family: 4 | 6) => (family === 4 ? 'as4' : 'as6');

/**
 * @param starts first addresses in ascending order, each with an index into `systems`, whose first one is nobody.
 * @param source version of the data.
 */
export function encodeAsTable(
  family: 4 | 6,
  starts: readonly [start: bigint, system: number][],
  systems: readonly AutonomousSystem[],
  source: string,
): Buffer {
  const addressBytes = family === 4 ? 4 : 16;
  const names = systems.map(({ org }) => Buffer.from(org ?? '').subarray(0, 0xffff));
  const nameBytes = names.reduce((sum, { length }) => sum + length, 0);
  const entryBytes = addressBytes + 4;
  const tailBytes = systems.length * SYSTEM_BYTES + nameBytes;
  const body = Buffer.alloc(starts.length * entryBytes + tailBytes);
  let at = 0;
  for (const [start, system] of starts) {
    body.write(start.toString(16).padStart(addressBytes * 2, '0'), at, 'hex');
    at = body.writeUInt32BE(system, at + addressBytes);
  }
  let nameAt = 0;
  for (const [i, { asn, country }] of systems.entries()) {
    const length = names[i]?.length ?? 0;
    at = body.writeUInt32BE(asn, at);
    at += body.write(country ?? '\0\0', at, 'latin1');
    at = body.writeUInt16BE(length, at);
    at = body.writeUInt32BE(nameAt, at);
    nameAt += length;
  }
  for (const name of names) at += name.copy(body, at);
  return frame(
    { kind: kindOf(family), entries: starts.length, entryBytes, tailBytes, extra: systems.length, source },
    body,
  );
}

/** @throws Error with a short reason when it is not a whole table of this family. */
export function openAsTable(path: string, family: 4 | 6): AsTable {
  const table = openTable(path, kindOf(family));
  const { entries, entryBytes, extra: systems } = table.header;
  const systemsAt = entries * entryBytes;
  const namesAt = systemsAt + systems * SYSTEM_BYTES;
  const entry = Buffer.alloc(entryBytes);
  const record = Buffer.alloc(SYSTEM_BYTES);
  return {
    find(address) {
      if (address.length !== entryBytes - 4) return null;
      const count = table.countUpTo(address);
      if (count === 0) return null;
      table.read(entry, entryBytes, (count - 1) * entryBytes);
      const system = entry.readUInt32BE(entryBytes - 4);
      if (system === 0 || system >= systems) return null;
      table.read(record, SYSTEM_BYTES, systemsAt + system * SYSTEM_BYTES);
      const name = Buffer.alloc(record.readUInt16BE(6));
      table.read(name, name.length, namesAt + record.readUInt32BE(8));
      const country = record.toString('latin1', 4, 6);
      return {
        asn: record.readUInt32BE(0),
        org: name.length > 0 ? name.toString('utf8') : null,
        country: country === '\0\0' ? null : country,
      };
    },
    close: () => table.close(),
  };
}
