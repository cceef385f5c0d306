/**
 * Writes pcapng files (draft-ietf-opsawg-pcapng): connections whose bytes were really exchanged over loopback, put into
 * made-up TCP segments between addresses of documentation ranges, with their TLS secrets embedded or not.
 */
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface Conversation {
  server: { ip: string; port: number };
  /** In order; `up` is what the client sent. */
  parts: { up: boolean; bytes: Buffer }[];
}

const block = (type: number, body: Buffer): Buffer => {
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(padded.length + 12, 4);
  return Buffer.concat([head, padded, head.subarray(4)]);
};
const u32 = (...values: number[]) => {
  const buffer = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) buffer.writeUInt32LE(value, 4 * index);
  return buffer;
};

/** @param secrets lines of an SSLKEYLOGFILE. */
export function pcapng(conversations: Conversation[], secrets = ''): Buffer {
  const sectionHeader = block(
    0x0a0d0d0a,
    Buffer.concat([u32(0x1a2b3c4d), Buffer.from([1, 0, 0, 0]), Buffer.alloc(8, 0xff)]),
  );
  // Link type 101: packets begin with the IP header.
  const interfaceBlock = block(1, Buffer.concat([Buffer.from([101, 0, 0, 0]), u32(0)]));
  const keys = Buffer.from(secrets);
  const secretsBlock = secrets ? [block(10, Buffer.concat([u32(0x544c534b, keys.length), keys]))] : [];
  let micros = Date.UTC(2026, 10, 22) * 1000;
  const packets = conversations
    .flatMap((conversation, index) => segments(conversation, 40_000 + index))
    .map((packet) => {
      micros += 1000;
      return block(
        6,
        Buffer.concat([u32(0, Math.floor(micros / 2 ** 32), micros % 2 ** 32, packet.length, packet.length), packet]),
      );
    });
  return Buffer.concat([sectionHeader, interfaceBlock, ...secretsBlock, ...packets]);
}

export function segments({ server, parts }: Conversation, clientPort: number): Buffer[] {
  const client = { ip: '10.77.0.2', port: clientPort };
  const next = { up: 1000, down: 5000 };
  const packet = (up: boolean, flags: number, payload: Buffer = Buffer.alloc(0)) => {
    const [from, to, seq, ack] = up ? [client, server, next.up, next.down] : [server, client, next.down, next.up];
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(from.port, 0);
    tcp.writeUInt16BE(to.port, 2);
    tcp.writeUInt32BE(seq, 4);
    tcp.writeUInt32BE(flags === 0x02 ? 0 : ack, 8);
    tcp.writeUInt16BE((5 << 12) | flags, 12);
    tcp.writeUInt16BE(65535, 14);
    const ip = Buffer.alloc(20);
    ip[0] = 0x45;
    ip.writeUInt16BE(40 + payload.length, 2);
    ip[8] = 64;
    ip[9] = 6;
    Buffer.from(from.ip.split('.').map(Number)).copy(ip, 12);
    Buffer.from(to.ip.split('.').map(Number)).copy(ip, 16);
    const length = payload.length + (flags & 0x03 ? 1 : 0);
    if (up) next.up += length;
    else next.down += length;
    return Buffer.concat([ip, tcp, payload]);
  };
  const out = [packet(true, 0x02), packet(false, 0x12), packet(true, 0x10)];
  for (const { up, bytes } of parts)
    for (let at = 0; at < bytes.length; at += 1400) out.push(packet(up, 0x18, bytes.subarray(at, at + 1400)));
  return [...out, packet(true, 0x11), packet(false, 0x11)];
}

/** One TLS connection through a relay that keeps what crosses it: the encrypted bytes, and the secrets that open them. */
export async function recordTls(
  options: TlsOptions & { servername: string; request: Buffer; answer: Buffer; place: Conversation['server'] },
): Promise<{ conversation: Conversation; secrets: string }> {
  const parts: Conversation['parts'] = [];
  let secrets = '';
  const server = createTlsServer(options, (socket) => {
    let got = 0;
    socket.on('data', (chunk) => {
      got += chunk.length;
      if (got >= options.request.length) socket.end(options.answer);
    });
  });
  const relay = createServer((phone) => {
    const onward = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
    const pass = (from: Socket, to: Socket, up: boolean) => {
      from.on('data', (bytes) => {
        parts.push({ up, bytes: bytes as Buffer });
        to.write(bytes);
      });
      from.on('end', () => to.end());
    };
    pass(phone, onward, true);
    pass(onward, phone, false);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve, reject) => {
    const socket = connectTls(
      {
        port: (relay.address() as AddressInfo).port,
        host: '127.0.0.1',
        servername: options.servername,
        rejectUnauthorized: false,
      },
      () => socket.write(options.request),
    );
    socket.on('keylog', (line: Buffer) => {
      secrets += line.toString();
    });
    socket
      .on('error', reject)
      .on('close', () => resolve())
      .resume();
  });
  relay.close();
  server.close();
  return { conversation: { server: options.place, parts }, secrets };
}
