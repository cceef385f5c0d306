/**
 * The TCP connections of a capture, from one pass of tshark over all packets: who opened it, where to, by which name.
 * Also counts what is in the capture and cannot be looked into (QUIC).
 */
import { tshark } from './tshark.ts';

export interface CaptureStream {
  /** tshark's `tcp.stream`. */
  number: number;
  /** Milliseconds since the epoch, of the first packet. */
  time: number;
  client: { ip: string; port: number };
  server: { ip: string; port: number };
  /** From SNI, else from a Host header. */
  host: string | null;
  tls: boolean;
  sni: string | null;
  bytesUp: number;
  bytesDown: number;
}

export interface CaptureContent {
  streams: CaptureStream[];
  /** Connections over QUIC. */
  quic: number;
}

const FIELDS = [
  'tcp.stream',
  'frame.time_epoch',
  'ip.src',
  'ipv6.src',
  'tcp.srcport',
  'ip.dst',
  'ipv6.dst',
  'tcp.dstport',
  'tcp.flags',
  'tcp.len',
  'tls.handshake.type',
  'tls.handshake.extensions_server_name',
  'http.host',
];

/** More connections than this would be weeks of traffic in one file; the rest is not listed. */
const MAX_STREAMS = 200_000;

export async function listStreams(file: string, keyLog: string | null): Promise<CaptureContent> {
  const streams = new Map<number, CaptureStream>();
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  for await (const line of tshark(file, keyLog, ['-Y', 'tcp', '-T', 'fields', '-E', 'occurrence=f', ...fields])) {
    const [stream, epoch, ip4From, ip6From, portFrom, ip4To, ip6To, portTo, flags, length, tls, sni, host] =
      line.split('\t');
    const number = Number(stream);
    const from = { ip: ip4From || ip6From || '', port: Number(portFrom) };
    const to = { ip: ip4To || ip6To || '', port: Number(portTo) };
    let known = streams.get(number);
    if (!known) {
      if (streams.size >= MAX_STREAMS) continue;
      const [client, server] = opensConnection(Number(flags), from.port, to.port) ? [from, to] : [to, from];
      known = {
        number,
        time: Math.round(Number(epoch) * 1000) || 0,
        client,
        server,
        host: null,
        tls: false,
        sni: null,
        bytesUp: 0,
        bytesDown: 0,
      };
      streams.set(number, known);
    }
    if (from.ip === known.client.ip && from.port === known.client.port) known.bytesUp += Number(length) || 0;
    else known.bytesDown += Number(length) || 0;
    if (tls) known.tls = true;
    if (sni) known.sni ??= sni;
    if (sni || host) known.host ??= sni || hostName(host ?? '');
  }
  const quic = new Set<string>();
  for await (const line of tshark(file, keyLog, ['-Y', 'quic', '-T', 'fields', '-e', 'udp.stream'])) quic.add(line);
  return { streams: [...streams.values()], quic: quic.size };
}

/** Did the sender of this packet open the connection? In a capture that began later the smaller port is the server's. */
function opensConnection(flags: number, portFrom: number, portTo: number): boolean {
  const syn = (flags & 0x02) !== 0;
  if (!syn) return portFrom >= portTo;
  return (flags & 0x10) === 0;
}

function hostName(host: string): string | null {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') || null;
}
