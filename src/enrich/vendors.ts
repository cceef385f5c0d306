/**
 * Who made the network hardware behind a MAC address, from the IEEE's registries (`oui-data`, BSD-2-Clause).
 * Promise: an address with the "locally administered" bit (0x02 of the first byte) has no maker, whatever the registry
 * says: phones make such addresses up, anew for every network. The table stays on disk, a look-up takes some 50 µs;
 * loaded as the package has it, it would cost the lab 26 MB.
 *
 * Entries: prefix padded to 5 bytes, its length in hex digits (6, 7 or 9), name length u16, name offset u32. Tail: names.
 */
import { join } from 'node:path';
import { INSTALLED_DIR } from './packages.ts';
import { frame, openTable, type TableFile } from './table-file.ts';

export const VENDORS_TABLE = 'vendors.table';

const KEY_BYTES = 6;
const ENTRY_BYTES = KEY_BYTES + 6;
/** MA-S, MA-M, MA-L: the smaller block belongs to whoever bought it out of the larger one. */
const PREFIX_DIGITS = [9, 7, 6];
/** "Private" in the registry stands for a maker who paid not to be named. */
const NO_NAME = /^(private|ieee registration authority)$/i;

export interface Vendors {
  /** Null for an unknown, unnamed, made-up (locally administered) or group address, and for what is no MAC. */
  vendorOf(mac: string): string | null;
  close(): void;
}

const keyOf = (prefix: string): Buffer => Buffer.from(`${prefix.padEnd(10, '0')}0${prefix.length}`, 'hex');

/** @param registry prefix in hex to the maker's name and, on further lines, its address. */
export function encodeVendors(registry: Readonly<Record<string, string>>, source: string): Buffer {
  const offsets = new Map<string, number>();
  let nameBytes = 0;
  const names: Buffer[] = [];
  const entries: Buffer[] = [];
  for (const [prefix, text] of Object.entries(registry)) {
    const name = text.slice(0, text.indexOf('\n') < 0 ? text.length : text.indexOf('\n')).trim();
    if (!PREFIX_DIGITS.includes(prefix.length) || !/^[0-9a-f]+$/i.test(prefix) || NO_NAME.test(name)) continue;
    const bytes = Buffer.from(name).subarray(0, 0xffff);
    let offset = offsets.get(name);
    if (offset === undefined) {
      offset = nameBytes;
      offsets.set(name, offset);
      names.push(bytes);
      nameBytes += bytes.length;
    }
    const entry = Buffer.alloc(ENTRY_BYTES);
    keyOf(prefix).copy(entry);
    entry.writeUInt16BE(bytes.length, KEY_BYTES);
    entry.writeUInt32BE(offset, KEY_BYTES + 2);
    entries.push(entry);
  }
  entries.sort(Buffer.compare);
  const header = { kind: 'vendors' as const, entries: entries.length, entryBytes: ENTRY_BYTES, tailBytes: nameBytes };
  return frame({ ...header, extra: 0, source }, Buffer.concat([...entries, ...names]));
}

/**
 * The table is opened at the first question; without one every answer is null.
 * @param dir the operator's geoip directory, asked before the installation's.
 */
export function openVendors(dir: string, installed = INSTALLED_DIR): Vendors {
  let table: TableFile | null | undefined;
  const entry = Buffer.alloc(ENTRY_BYTES);

  const find = (file: TableFile, digits: string): string | null => {
    for (const length of PREFIX_DIGITS) {
      const key = keyOf(digits.slice(0, length));
      const count = file.countUpTo(key);
      if (count === 0) continue;
      file.read(entry, ENTRY_BYTES, (count - 1) * ENTRY_BYTES);
      if (entry.compare(key, 0, KEY_BYTES, 0, KEY_BYTES) !== 0) continue;
      const name = Buffer.alloc(entry.readUInt16BE(KEY_BYTES));
      file.read(name, name.length, file.header.entries * ENTRY_BYTES + entry.readUInt32BE(KEY_BYTES + 2));
      return name.toString('utf8');
    }
    return null;
  };

  return {
    vendorOf(mac) {
      const digits = mac.replace(/[\s:.-]/g, '');
      // 0x02: made up by the phone; 0x01: a group, not a device.
      if (!/^[0-9a-f]{12}$/i.test(digits) || (Number.parseInt(digits.slice(0, 2), 16) & 3) !== 0) return null;
      try {
        if (table === undefined) table = openFirst([dir, installed]);
        return table && find(table, digits);
      } catch {
        return null;
      }
    },
    close() {
      table?.close();
      table = undefined;
    },
  };
}

function openFirst(dirs: readonly string[]): TableFile | null {
  for (const dir of dirs) {
    try {
      return openTable(join(dir, VENDORS_TABLE), 'vendors');
    } catch {
      // not there, or damaged: the next one
    }
  }
  return null;
}
