/**
 * Writes small .mmdb files (MaxMind DB file format 2.0) so that tests can play the operator who drops one in.
 * Whole-network records only, 24-bit tree, no pointers.
 */
import ipaddr from 'ipaddr.js';

type Value = string | number | { [key: string]: Value };

export function writeMmdb(
  networks: [cidr: string, record: Value][],
  ipVersion: 4 | 6,
  buildEpoch = 1_780_000_000,
): Buffer {
  const nodes: [left: Slot, right: Slot][] = [[null, null]];
  for (const [index, [cidr]] of networks.entries()) insert(nodes, cidr, index, ipVersion);
  const data: Buffer[] = networks.map(([, record]) => encode(record));
  const offsets = data.map((_, i) => data.slice(0, i).reduce((sum, { length }) => sum + length, 0));
  const tree = Buffer.alloc(nodes.length * 6);
  const slotValue = (slot: Slot): number =>
    slot === null
      ? nodes.length
      : slot.node !== undefined
        ? slot.node
        : nodes.length + 16 + (offsets[slot.record as number] as number);
  nodes.forEach(([left, right], i) => {
    tree.writeUIntBE(slotValue(left), i * 6, 3);
    tree.writeUIntBE(slotValue(right), i * 6 + 3, 3);
  });
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: buildEpoch,
    database_type: 'free text that says nothing',
    description: {},
    ip_version: ipVersion,
    node_count: nodes.length,
    record_size: 24,
  });
  const marker = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex');
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata]);
}

type Slot = { node?: number; record?: number } | null;

function insert(nodes: [Slot, Slot][], cidr: string, record: number, ipVersion: 4 | 6): void {
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  // In a file for both families IPv4 stands below ::/96.
  const padded = ipVersion === 6 && bytes.length === 4 ? [...new Array<number>(12).fill(0), ...bytes] : bytes;
  const length = prefix + (padded.length - bytes.length) * 8;
  let node = 0;
  for (let depth = 0; depth < length; depth++) {
    const bit = (((padded[depth >> 3] as number) >> (7 - (depth & 7))) & 1) as 0 | 1;
    const slots = nodes[node] as [Slot, Slot];
    if (depth === length - 1) slots[bit] = { record };
    else {
      let next = slots[bit]?.node;
      if (next === undefined) {
        next = nodes.push([null, null]) - 1;
        slots[bit] = { node: next };
      }
      node = next;
    }
  }
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  const entries = Object.entries(value);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, entry]) => [encode(key), encode(entry)]),
  ]);
}

const control = (type: number, size: number): Buffer =>
  size < 29 ? Buffer.of((type << 5) | size) : Buffer.of((type << 5) | 29, size - 29);
