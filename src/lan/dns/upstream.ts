/**
 * Asks the resolvers. One socket with a random port and a random id per question (RFC 5452), so that nobody who cannot
 * see the question can answer it; a reply that does not fit is ignored and the waiting goes on.
 * Promise: every question gets exactly one outcome within `timeoutMs` × tries; nothing is thrown; a resolver that fails
 * or answers SERVFAIL gives way to the next.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { type DnsQuery, isReplyTo, RCODE } from './message.ts';
import { createFraming, frame } from './tcp.ts';

export interface Resolver {
  host: string;
  port: number;
}

/** `bytes` carries the id of the question as the phone asked it. */
export type Reply =
  | { ok: true; bytes: Buffer; resolver: Resolver }
  | { ok: false; why: 'no resolver' | 'too many questions' | 'no answer' | 'closed' };

export interface Upstream {
  ask(asked: Buffer, query: DnsQuery, over: 'udp' | 'tcp'): Promise<Reply>;
  waiting(): number;
  close(): void;
}

/** Each holds a socket: more than any network of phones asks at once, fewer than the process may open. */
const MAX_WAITING = 1000;
const ROUNDS = 2;

/** Hands over a reply, or null when this way leads nowhere. Returns what gives the attempt up. */
type Attempt = (resolver: Resolver, bytes: Buffer, onReply: (reply: Buffer | null) => void) => () => void;

export function createUpstream(options: {
  /** In the order to be asked; looked at for every question. */
  resolvers: () => readonly Resolver[];
  timeoutMs?: number;
}): Upstream {
  const { resolvers, timeoutMs = 1500 } = options;
  const giveUps = new Set<() => void>();
  let closed = false;
  let preferred = 0;

  function tryOne(attempt: Attempt, resolver: Resolver, asked: Buffer, query: DnsQuery): Promise<Buffer | null> {
    return new Promise((resolve) => {
      const id = randomInt(0x10000);
      const bytes = Buffer.from(asked);
      bytes.writeUInt16BE(id, 0);
      const end = (reply: Buffer | null): void => {
        clearTimeout(timer);
        giveUps.delete(giveUp);
        stop();
        resolve(reply);
      };
      const giveUp = (): void => end(null);
      const timer = setTimeout(giveUp, timeoutMs);
      giveUps.add(giveUp);
      const stop = attempt(resolver, bytes, (reply) => {
        if (reply === null) end(null);
        else if (isReplyTo(reply, id, asked, query)) {
          const answer = Buffer.from(reply);
          answer.writeUInt16BE(query.id, 0);
          end(answer);
        }
      });
    });
  }

  return {
    async ask(asked, query, over) {
      const list = resolvers();
      if (list.length === 0) return { ok: false, why: 'no resolver' };
      if (giveUps.size >= MAX_WAITING) return { ok: false, why: 'too many questions' };
      const attempt = over === 'udp' ? askUdp : askTcp;
      let unhappy: Reply | null = null;
      for (let turn = 0; turn < list.length * ROUNDS && !closed; turn++) {
        const index = (preferred + turn) % list.length;
        const resolver = list[index] as Resolver;
        const bytes = await tryOne(attempt, resolver, asked, query);
        if (bytes === null) continue;
        if ((bytes.readUInt16BE(2) & 0x0f) !== RCODE.failed) {
          preferred = index;
          return { ok: true, bytes, resolver };
        }
        unhappy ??= { ok: true, bytes, resolver };
        if (turn >= list.length - 1) break; // all were asked once: SERVFAIL is their answer
      }
      return unhappy ?? { ok: false, why: closed ? 'closed' : 'no answer' };
    },
    waiting: () => giveUps.size,
    close() {
      closed = true;
      for (const giveUp of [...giveUps]) giveUp();
    },
  };
}

/** Connected, so that the kernel passes on only what comes from the resolver, and says when nobody listens there. */
const askUdp: Attempt = (resolver, bytes, onReply) => {
  const socket = createSocket(isIPv6(resolver.host) ? 'udp6' : 'udp4');
  let open = true;
  socket.on('error', () => onReply(null));
  socket.on('message', onReply);
  socket.connect(resolver.port, resolver.host, () => {
    if (open) socket.send(bytes);
  });
  return () => {
    if (!open) return;
    open = false;
    socket.close();
  };
};

const askTcp: Attempt = (resolver, bytes, onReply) => {
  const socket = connect(resolver.port, resolver.host);
  const framing = createFraming(onReply);
  socket.on('error', () => onReply(null));
  socket.on('close', () => onReply(null));
  socket.on('data', (chunk: Buffer) => {
    if (!framing(chunk)) onReply(null);
  });
  socket.write(frame(bytes));
  return () => socket.destroy();
};
