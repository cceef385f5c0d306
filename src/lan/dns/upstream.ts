/**
 * Asks the resolvers. One socket with a random port and a random id per question (RFC 5452), so that nobody who cannot
 * see the question can answer it; a reply that does not fit is ignored and the waiting goes on.
 * Promise: every question gets exactly one outcome in bounded time; nothing is thrown; a resolver that fails or answers
 * SERVFAIL gives way to the next, one that is slow (`nextAfterMs`) is still listened to for `timeoutMs` while the next is asked.
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
  /** A resolver abroad may take some seconds. */
  timeoutMs?: number;
  /** Without an answer for so long, the next one is asked as well. */
  nextAfterMs?: number;
}): Upstream {
  const { resolvers, timeoutMs = 5000, nextAfterMs = 1500 } = options;
  const giveUps = new Set<() => void>();
  let closed = false;
  let preferred = 0;

  /** Asks one resolver; `told` gets its reply, or null when none will come. Returns what gives it up, untold. */
  function tryOne(
    attempt: Attempt,
    resolver: Resolver,
    { asked, query }: Question,
    told: (reply: Buffer | null) => void,
  ): () => void {
    const id = randomInt(0x10000);
    const bytes = Buffer.from(asked);
    bytes.writeUInt16BE(id, 0);
    let stop = (): void => {};
    let isOver = false;
    const leave = (): void => {
      isOver = true;
      clearTimeout(timer);
      giveUps.delete(giveUp);
      stop();
    };
    const giveUp = (): void => {
      if (isOver) return;
      leave();
      told(null);
    };
    const timer = setTimeout(giveUp, timeoutMs);
    giveUps.add(giveUp);
    stop = attempt(resolver, bytes, (reply) => {
      if (reply === null) giveUp();
      else if (!isOver && isReplyTo(reply, id, asked, query)) {
        leave();
        const answer = Buffer.from(reply);
        answer.writeUInt16BE(query.id, 0);
        told(answer);
      }
    });
    return leave;
  }

  /** All resolvers in turn until one answers; a SERVFAIL counts when all were asked and none did better. */
  function askAll(list: readonly Resolver[], attempt: Attempt, question: Question): Promise<Reply> {
    return new Promise((resolve) => {
      const running = new Map<number, () => void>();
      const turns = list.length * ROUNDS;
      let turn = 0;
      let unhappy: Reply | null = null;
      let timer: NodeJS.Timeout | undefined;
      const finish = (reply: Reply): void => {
        clearTimeout(timer);
        for (const leave of running.values()) leave();
        running.clear();
        resolve(reply);
      };
      const next = (): void => {
        clearTimeout(timer);
        const mine = turn++;
        const index = (preferred + mine) % list.length;
        const resolver = list[index] as Resolver;
        if (turn < turns) timer = setTimeout(next, nextAfterMs);
        running.set(mine, () => {});
        const leave = tryOne(attempt, resolver, question, (bytes) => {
          running.delete(mine);
          if (bytes && rcodeOf(bytes) !== RCODE.failed) {
            preferred = index;
            return finish({ ok: true, bytes, resolver });
          }
          if (bytes) unhappy ??= { ok: true, bytes, resolver };
          const mayAsk = !closed && turn < (unhappy ? list.length : turns);
          if (mayAsk) next();
          else if (running.size === 0) finish(unhappy ?? { ok: false, why: closed ? 'closed' : 'no answer' });
        });
        if (running.has(mine)) running.set(mine, leave);
      };
      next();
    });
  }

  return {
    async ask(asked, query, over) {
      const list = resolvers();
      if (list.length === 0) return { ok: false, why: 'no resolver' };
      if (giveUps.size >= MAX_WAITING) return { ok: false, why: 'too many questions' };
      return askAll(list, over === 'udp' ? askUdp : askTcp, { asked, query });
    },
    waiting: () => giveUps.size,
    close() {
      closed = true;
      for (const giveUp of [...giveUps]) giveUp();
    },
  };
}

interface Question {
  asked: Buffer;
  query: DnsQuery;
}

const rcodeOf = (reply: Buffer): number => reply.readUInt16BE(2) & 0x0f;

/** Connected, so that the kernel passes on only what comes from the resolver, and says when nobody listens there. */
const askUdp: Attempt = (resolver, bytes, onReply) => {
  const socket = createSocket(isIPv6(resolver.host) ? 'udp6' : 'udp4');
  let open = true;
  socket.on('error', () => onReply(null));
  socket.on('message', onReply);
  // Not by a callback, which is called when there is no way to the resolver, too: then sending would throw.
  socket.once('connect', () => {
    if (open) socket.send(bytes);
  });
  socket.connect(resolver.port, resolver.host);
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
