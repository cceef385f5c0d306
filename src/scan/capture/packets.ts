/**
 * The packets of a capture, from one pass of tshark, as far as connections and datagrams need them: innermost addresses,
 * ports, payload, time, and what tells an app (PCAPdroid's trailer, Apple's PKTAP).
 * Promise: frames inside tunnels (VXLAN, GRE, GTP, IP in IP, …) give the inner packet; a packet quoted in an ICMP error is none.
 */
import { NO_TIME, timeOf } from '../time.ts';
import { type TsharkInput, tshark } from './tshark.ts';

export interface Packet {
  time: number;
  transport: 'tcp' | 'udp' | 'other';
  /** tshark's names of the layers, outermost first. */
  layers: string[];
  /** tshark's number of the connection, or of the pair of addresses and ports. */
  stream: number;
  from: { ip: string; port: number };
  to: { ip: string; port: number };
  /** As captured. */
  payload: Buffer;
  /** As sent. */
  payloadBytes: number;
  seq: number;
  ack: number;
  flags: number;
  sni: string | null;
  alpn: string[];
  /** DER, as hexadecimal digits; the server's own first. */
  certificates: string[];
  app: string | null;
  /** Data of Wi-Fi that are encrypted, so that nobody sees what is in them (IEEE 802.11-2020 9.2.4.1.9). */
  isLocked: boolean;
  /** 1 for a fragment of a packet, less all of those that tshark put together here: what is left over is in no packet. */
  fragments: number;
}

const FIELDS = [
  'frame.time_epoch',
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'tcp.stream',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.flags',
  'tcp.len',
  'tcp.payload',
  'udp.stream',
  'udp.srcport',
  'udp.dstport',
  'udp.length',
  'udp.payload',
  'tls.handshake.extensions_server_name',
  'tls.handshake.extensions_alpn_str',
  'tls.handshake.certificate',
  'eth.trailer',
  'pktap.cmdname',
  'wlan.fc.type',
  'wlan.fc.protected',
  'ip.flags.mf',
  'ip.frag_offset',
  'ip.fragment.count',
  'ipv6.fraghdr.nxt',
  'ipv6.fragment.count',
] as const;

type Cells = Record<(typeof FIELDS)[number], string>;

/** Protocols by which a layer above IP is known. */
const TRANSPORTS = ['tcp', 'udp', 'icmp', 'icmpv6', 'sctp', 'esp', 'ah', 'udplite', 'dccp', 'igmp', 'arp'];
const ERRORS = ['icmp', 'icmpv6'];

/** Returns null, or why the capture could not be read to its end. */
export async function* readPackets(input: TsharkInput): AsyncGenerator<Packet, string | null> {
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  // VXLAN on the port that Linux uses.
  const known = ['-d', 'udp.port==8472,vxlan'];
  const lines = tshark(input, [...known, '-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=,', ...fields]);
  for (;;) {
    const { value, done } = await lines.next();
    if (done) return value;
    const cells = value.split('\t');
    yield packetOf(Object.fromEntries(FIELDS.map((field, index) => [field, cells[index] ?? ''])) as Cells);
  }
}

function packetOf(cells: Cells): Packet {
  const layers = cells['frame.protocols'].split(':');
  const at = layers.findLastIndex((layer) => TRANSPORTS.includes(layer));
  const innermost = layers[at] ?? '';
  const isQuoted = layers.slice(0, at).some((layer) => ERRORS.includes(layer));
  const transport = !isQuoted && (innermost === 'tcp' || innermost === 'udp') ? innermost : 'other';
  const family = layers.slice(0, Math.max(at, 0)).findLast((layer) => layer === 'ip' || layer === 'ipv6') ?? 'ip';
  const isUdp = transport === 'udp';
  const payload = Buffer.from(last(cells[isUdp ? 'udp.payload' : 'tcp.payload']).replaceAll(':', ''), 'hex');
  const length = isUdp ? numberIn(cells['udp.length']) - 8 : numberIn(cells['tcp.len']);
  return {
    time: timeOf(cells['frame.time_epoch']) ?? NO_TIME,
    transport,
    layers,
    stream: numberIn(cells[isUdp ? 'udp.stream' : 'tcp.stream']),
    from: { ip: last(cells[`${family}.src`]), port: numberIn(cells[isUdp ? 'udp.srcport' : 'tcp.srcport']) },
    to: { ip: last(cells[`${family}.dst`]), port: numberIn(cells[isUdp ? 'udp.dstport' : 'tcp.dstport']) },
    payload,
    payloadBytes: Math.max(payload.length, length),
    seq: numberIn(cells['tcp.seq_raw']),
    ack: numberIn(cells['tcp.ack_raw']),
    flags: numberIn(cells['tcp.flags']),
    sni: first(cells['tls.handshake.extensions_server_name']) || null,
    alpn: cells['tls.handshake.extensions_alpn_str'].split(',').filter(Boolean),
    certificates: cells['tls.handshake.certificate'].split(',').filter(Boolean),
    app: appInTrailer(cells['eth.trailer']) ?? (last(cells['pktap.cmdname']) || null),
    isLocked: innermost === '' && cells['wlan.fc.type'] === '2' && isSet(cells['wlan.fc.protected']),
    fragments: fragmentsIn(cells),
  };
}

/** With a packet in a packet, the inner one's come last. */
const last = (cell: string): string => cell.slice(cell.lastIndexOf(',') + 1);
const first = (cell: string): string => cell.split(',', 1)[0] ?? '';
/** Hexadecimal where tshark writes `0x`. */
const numberIn = (cell: string): number => Number(last(cell)) || 0;

/** tshark 4.4 writes words. */
const isSet = (cell: string): boolean => cell.split(',').some((value) => value === '1' || value === 'True');

function fragmentsIn(cells: Cells): number {
  const isFragment =
    isSet(cells['ip.flags.mf']) ||
    cells['ip.frag_offset'].split(',').some((offset) => Number(offset) > 0) ||
    cells['ipv6.fraghdr.nxt'] !== '';
  const whole = [cells['ip.fragment.count'], cells['ipv6.fragment.count']].map((cell) => Number(last(cell)) || 0);
  return (isFragment ? 1 : 0) - whole.reduce((sum, count) => sum + count);
}

/** `struct pcapdroid_trailer`: magic, uid, 20 bytes of name, check sum; numbers in network or host order. */
const TRAILER = /(?:01072021|21200701)([0-9a-f]{8})([0-9a-f]{40})/;

function appInTrailer(cell: string): string | null {
  const [, , name] = TRAILER.exec(cell.replaceAll(':', '')) ?? [];
  if (name === undefined) return null;
  return Buffer.from(name, 'hex').toString('utf8').replace(/\0.*$/s, '').replaceAll('\ufffd', '').trim() || null;
}
