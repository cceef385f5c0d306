/**
 * A phone that asks for an address (RFC 2131), as a process of its own: DISCOVER, REQUEST, and what it was given as one
 * JSON line. `node dhcp-ask.ts '{"mac":…,"hostname":…,"vendorClass":…}'` on a host whose interface has no route yet.
 */
import { createSocket } from 'node:dgram';

export interface DhcpAsk {
  mac: string;
  hostname: string;
  vendorClass: string;
}

export interface DhcpGiven {
  address: string;
  router: string;
  resolver: string;
  leaseS: number;
}

const MAGIC = Buffer.from([99, 130, 83, 99]);
const [DISCOVER, OFFER, REQUEST, ACK] = [1, 2, 3, 5];
const option = (code: number, bytes: Uint8Array | number[]): Buffer => Buffer.from([code, bytes.length, ...bytes]);
const dotted = (bytes: Uint8Array | undefined): string => [...(bytes ?? [])].join('.');

function message(ask: DhcpAsk, type: number, extra: Buffer[]): Buffer {
  const head = Buffer.alloc(236);
  // BOOTREQUEST, Ethernet, 6-byte addresses; transaction 0x77; answers by broadcast, as this host has no address.
  head.set([1, 1, 6, 0, 0, 0, 0, 0x77, 0, 0, 0x80, 0]);
  head.set(Buffer.from(ask.mac.replaceAll(':', ''), 'hex'), 28);
  const options = [
    option(53, [type]),
    option(55, [1, 3, 6, 15]),
    option(12, Buffer.from(ask.hostname)),
    option(60, Buffer.from(ask.vendorClass)),
    ...extra,
    Buffer.from([255]),
  ];
  return Buffer.concat([head, MAGIC, ...options]);
}

function optionsOf(packet: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 240; at + 1 < packet.length && packet[at] !== 255; ) {
    if (packet[at] === 0) {
      at++;
      continue;
    }
    const length = packet[at + 1] ?? 0;
    found.set(packet[at] ?? 0, packet.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return found;
}

async function main(ask: DhcpAsk): Promise<void> {
  const socket = createSocket('udp4');
  const done = Promise.withResolvers<DhcpGiven>();
  const send = (packet: Buffer): void => socket.send(packet, 67, '255.255.255.255');
  socket.on('message', (packet) => {
    const options = optionsOf(packet);
    const type = options.get(53)?.[0];
    const address = packet.subarray(16, 20);
    const server = options.get(54);
    if (type === OFFER && server) send(message(ask, REQUEST, [option(50, address), option(54, server)]));
    if (type === ACK)
      done.resolve({
        address: dotted(address),
        router: dotted(options.get(3)),
        resolver: dotted(options.get(6)),
        leaseS: options.get(51)?.readUInt32BE() ?? 0,
      });
  });
  await new Promise<void>((resolve) => socket.bind(68, '0.0.0.0', resolve));
  socket.setBroadcast(true);
  const again = setInterval(() => send(message(ask, DISCOVER, [])), 1000);
  send(message(ask, DISCOVER, []));
  const limit = setTimeout(() => done.reject(new Error('nobody gave an address within 10 s')), 10_000);
  const given = await done.promise;
  clearInterval(again);
  clearTimeout(limit);
  socket.close();
  process.stdout.write(`${JSON.stringify(given)}\n`);
}

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? '{}') as DhcpAsk);
