/** Frames and capture files for tests, byte by byte: IPv4 packets in what carries them, pcap files of them (lab addresses). */
import { type Conversation, segments } from './capture-file.ts';

export const CLIENT = '10.77.0.2';
export const SERVER = '42.62.48.10';

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const address = (ip: string): Buffer => Buffer.from(ip.split('.').map(Number));

export function ipv4(from: string, to: string, protocol: number, payload: Buffer, fragment = 0): Buffer {
  const head = Buffer.concat([
    Buffer.from([0x45, 0]),
    u16(20 + payload.length),
    u16(7),
    u16(fragment),
    Buffer.from([64, protocol, 0, 0]),
    address(from),
    address(to),
  ]);
  return Buffer.concat([head, payload]);
}

export const udp = (from: number, to: number, payload: Buffer): Buffer =>
  Buffer.concat([u16(from), u16(to), u16(8 + payload.length), u16(0), payload]);

/** From the phone to a server, unless said otherwise. */
export const datagram = (port: number, payload: Buffer | string, to = SERVER): Buffer =>
  ipv4(CLIENT, to, 17, udp(5000, port, Buffer.from(payload)));

export const ethernet = (payload: Buffer, type = 0x0800): Buffer =>
  Buffer.concat([Buffer.from('02005e10000102005e100002', 'hex'), u16(type), payload]);

/** The packets of a connection that sends this. */
export function posting(body: string | Buffer, change: Partial<Conversation> & { pieces?: number } = {}): Buffer[] {
  const bytes = Buffer.from(body);
  const head = Buffer.from(`POST /report HTTP/1.1\r\nHost: zzhc.example\r\nContent-Length: ${bytes.length}\r\n\r\n`);
  const sent = Buffer.concat([head, bytes]);
  const size = Math.ceil(sent.length / (change.pieces ?? 1));
  const parts = Array.from({ length: Math.ceil(sent.length / size) }, (_, index) => ({
    up: true,
    bytes: sent.subarray(index * size, (index + 1) * size),
  }));
  const answer = { up: false, bytes: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok') };
  return segments({ server: { ip: SERVER, port: 80 }, parts: [...parts, answer], ...change }, 40_000);
}

/** @param link LINKTYPE_… @param kept bytes of each packet that the capture keeps */
export function pcap(packets: Buffer[], { link = 1, kept = 65_535 } = {}): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(link, 20);
  const records = packets.flatMap((packet, index) => {
    const bytes = packet.subarray(0, kept);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_795_000_000 + index, 0);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return [record, bytes];
  });
  return Buffer.concat([head, ...records]);
}
