/**
 * The phone that sends a hostile load, as a process of its own with an origin of its own, so that the neighbour's times are not
 * those of this one. `attacker.ts PORT LOAD IDENTITY(JSON)`: prints `ready`, begins at a line on stdin, prints how many were
 * sent at the next, and ends with its standard input.
 */
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { HOSTILE, type Hostile, type Sent } from './hostile.ts';
import { type Identity, ORIGIN_HOST, startOrigin } from './origin.ts';
import { drained, openPhone, openTls, type Phone, type Target } from './phone.ts';

const NICE = 10;
const PIECE_BYTES = 64 << 10;
const [port = '', name = '', identity = ''] = process.argv.slice(2);
const hostile = HOSTILE.find((one) => one.name === name)!;
const origin = await startOrigin(JSON.parse(identity) as Identity);
const host = `${ORIGIN_HOST}:${origin.port}`;
const target: Target = { port: Number(port), tunnelTo: host, host };
const next = await hostile.prepare(host);
let whole = 0;
let bytes = 0;

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit());
const begin = hostile.socket ? await websocket() : await requests(hostile);
console.log('ready');
await once(lines, 'line');
// On one core with the neighbour, whose times must not be the attacker's.
setPriority(NICE);
begin();
await once(lines, 'line');
console.log(JSON.stringify({ whole, megabytes: bytes / 1e6 } satisfies Sent));

/** In pieces, each when the proxy took the one before. */
async function write(socket: TLSSocket, parts: (string | Buffer)[]): Promise<void> {
  for (const part of parts.map((one) => (typeof one === 'string' ? Buffer.from(one) : one))) {
    for (let at = 0; at < part.length && !socket.destroyed; at += PIECE_BYTES) {
      const piece = part.subarray(at, at + PIECE_BYTES);
      if (!socket.write(piece)) await drained(socket);
      bytes += piece.length;
    }
  }
}

async function requests({ connections, everyMs }: Hostile): Promise<() => void> {
  const phones = await Promise.all(Array.from({ length: connections }, () => openPhone(target)));
  /** A connection that the lab ends is opened anew: who attacks does not give up. */
  const send = async (lane: number): Promise<void> => {
    const [head, ...rest] = next();
    try {
      const phone: Phone = phones[lane]!;
      const answered = phone.send(head as string);
      bytes += head!.length;
      await Promise.all([answered, write(phone.socket, rest)]);
      whole++;
    } catch {
      await setTimeout(100);
      phones[lane] = await openPhone(target).catch(() => phones[lane]!);
    }
  };
  const again = async (lane: number): Promise<void> => {
    for (;;) await send(lane);
  };
  if (everyMs === 0) return () => phones.forEach((_, lane) => void again(lane));
  let tick = 0;
  return () => {
    setInterval(() => void send(tick++ % connections), everyMs);
  };
}

async function websocket(): Promise<() => void> {
  const socket = await openTls(target, 'http/1.1');
  const key = Buffer.from('phonehome bench.').toString('base64');
  socket.write(
    `GET /socket HTTP/1.1\r\nhost: ${host}\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(`upgrade was answered ${answer}`);
  socket.on('error', () => undefined);
  return async () => {
    while (!socket.destroyed) {
      await write(socket, next());
      whole++;
    }
  };
}
