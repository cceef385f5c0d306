/**
 * Answers the phones' look-ups, whatever resolver they were sent to, by asking the operator's resolvers.
 * Promise: only admitted clients are served; every question that has an id is answered (SERVFAIL at worst, in bounded
 * time); each is told as a flow; one phone cannot use up the forwarder; nothing a phone or a resolver sends stops it.
 */

import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { errorLine } from '../../formats/error-line.ts';
import { labError } from '../../formats/refusal.ts';
import type { Log } from '../../model/connection.ts';
import type { EmitFlowEvent } from '../../model/flow.ts';
import { type Text, text } from '../../model/text.ts';
import { createDnsCache } from './cache.ts';
import type { DnsHistory } from './history.ts';
import { closeLookUp, type LookUp, openLookUp } from './look-up.ts';
import { answerOf, type OwnNames, parseQuery, RCODE, readAnswer, writeAnswer, writeRefusal } from './message.ts';
import { createFraming, frame } from './tcp.ts';
import type { Upstream } from './upstream.ts';

export interface DnsForwarderOptions {
  /** Default `::`, which takes IPv4 as well. */
  host?: string;
  /** 0 = any free port, the same for UDP and TCP. */
  port: number;
  upstream: Upstream;
  history: DnsHistory;
  names: OwnNames;
  admit: (clientIp: string) => boolean;
  identify: (clientIp: string) => string | null;
  emit: EmitFlowEvent;
  newId: (time: number) => string;
  now: () => number;
  log: Log;
  /** Told once when names cannot be resolved any more (one line) and once (null) when they can again. */
  onTrouble?: (trouble: Text | null) => void;
}

export interface DnsForwarder {
  port: number;
  stats(): { asked: number; malformed: number; refusedClients: number; unanswered: number };
  close(): Promise<void>;
}

/** Of one phone at once. An app that asks more is broken or hostile: it gets SERVFAIL, the others their answers. */
const MAX_PER_PHONE = 200;
const MAX_CONNECTIONS = 200;
/** RFC 7766 6.2.3 asks for seconds, not minutes. */
const IDLE_MS = 10_000;
/** Look-ups nobody answered, in a row, before the operator is told. */
const TROUBLE_AFTER = 3;

/** Rejects with one line that says what to do when the port cannot be had. */
export async function createDnsForwarder(options: DnsForwarderOptions): Promise<DnsForwarder> {
  const { upstream, history, names, emit, now, log, onTrouble = () => {} } = options;
  const cache = createDnsCache(now);
  const busy = new Map<string, number>();
  const connections = new Set<Socket>();
  const stats = { asked: 0, malformed: 0, refusedClients: 0, unanswered: 0 };
  let inRow = 0;

  function noteOutcome(answered: boolean): void {
    if (answered) {
      if (inRow >= TROUBLE_AFTER) onTrouble(null);
      inRow = 0;
      return;
    }
    stats.unanswered++;
    inRow++;
    if (inRow === TROUBLE_AFTER) onTrouble(text('net.no-resolver'));
  }

  /** The reply, or null when there is nothing to be said. Never rejects. */
  async function answer(
    asked: Buffer,
    client: { ip: string; port: number },
    over: 'udp' | 'tcp',
  ): Promise<Buffer | null> {
    const parsed = parseQuery(asked);
    if (!parsed.ok) {
      stats.malformed++;
      log.debug({ why: parsed.why }, 'a DNS packet was not understood');
      return parsed.id === null ? null : writeRefusal(asked, RCODE.malformed);
    }
    const { query } = parsed;
    stats.asked++;
    const time = now();
    const deviceId = options.identify(client.ip);
    const lookUp: LookUp = { id: options.newId(time), time, client, deviceId, query, bytesUp: asked.length };
    openLookUp(emit, lookUp);

    const own = answerOf(query, names);
    if (own) {
      const bytes = writeAnswer(asked, query, own);
      history.learn(client.ip, query.name, own.addresses, 0);
      const facts = { rcode: own.rcode, truncated: false, addresses: own.addresses, ttlS: 0 };
      closeLookUp(emit, lookUp, { time, answer: facts, bytesDown: bytes.length, own: true });
      return bytes;
    }
    const kept = cache.get(asked, query, over);
    if (kept) {
      const facts = readAnswer(kept);
      if (facts) history.learn(client.ip, query.name, facts.addresses, facts.ttlS);
      closeLookUp(emit, lookUp, { time, answer: facts, bytesDown: kept.length, own: false });
      return kept;
    }
    const waiting = busy.get(client.ip) ?? 0;
    const failure = (): Buffer => writeAnswer(asked, query, { rcode: RCODE.failed, addresses: [] });
    if (waiting >= MAX_PER_PHONE) {
      closeLookUp(emit, lookUp, { time, answer: null, bytesDown: 0, own: false });
      return failure();
    }
    busy.set(client.ip, waiting + 1);
    const reply = await upstream.ask(asked, query, over);
    const left = (busy.get(client.ip) ?? 1) - 1;
    if (left === 0) busy.delete(client.ip);
    else busy.set(client.ip, left);

    if (reply.ok) cache.put(asked, query, over, reply.bytes);
    const facts = reply.ok ? readAnswer(reply.bytes) : null;
    if (facts) history.learn(client.ip, query.name, facts.addresses, facts.ttlS);
    if (reply.ok || reply.why === 'no answer' || reply.why === 'no resolver') noteOutcome(reply.ok);
    const bytes = reply.ok ? reply.bytes : failure();
    closeLookUp(emit, lookUp, { time: now(), answer: facts, bytesDown: bytes.length, own: false });
    return bytes;
  }

  /** False: not one of ours; said in the numbers only, because anybody can send a packet. */
  function admitted(ip: string): boolean {
    if (options.admit(ip)) return true;
    stats.refusedClients++;
    return false;
  }

  const onPacket = (socket: UdpSocket) => (packet: Buffer, from: RemoteInfo) => {
    const client = { ip: plain(from.address), port: from.port };
    if (!admitted(client.ip)) return;
    answer(packet, client, 'udp')
      .then((bytes) => {
        // A phone that is gone, or a socket that was closed meanwhile, is no fault.
        if (bytes) socket.send(bytes, from.port, from.address, () => {});
      })
      .catch((error: unknown) => log.error({ error: String(error) }, 'answering a look-up failed'));
  };

  const onConnection = (socket: Socket): void => {
    const client = { ip: plain(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    socket.on('error', () => {});
    if (!admitted(client.ip) || connections.size >= MAX_CONNECTIONS) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    let owed = 0;
    let ended = false;
    const framing = createFraming((message) => {
      owed++;
      answer(message, client, 'tcp')
        .then((bytes) => {
          if (bytes && socket.writable) socket.write(frame(bytes));
        })
        .catch((error: unknown) => log.error({ error: String(error) }, 'answering a look-up failed'))
        .finally(() => {
          owed--;
          if (ended && owed === 0) socket.end();
        });
    });
    // A client may ask, close its side, and still wait for the answer.
    socket.once('end', () => {
      ended = true;
      if (owed === 0) socket.end();
    });
    socket.on('data', (chunk: Buffer) => {
      if (!framing(chunk)) socket.destroy();
      // A client that asks and never reads: what it is owed must not pile up.
      else if (socket.writableLength > MAX_OWED) socket.destroy();
    });
  };

  const { udp, tcp, port } = await listen(options.host ?? '::', options.port);
  udp.on('message', onPacket(udp));
  udp.on('error', (error) => log.warn({ error: error.message }, 'the DNS socket reported an error'));
  tcp.on('connection', onConnection);

  return {
    port,
    stats: () => ({ ...stats }),
    async close() {
      upstream.close();
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

/** A full answer of 64 KB, four times. */
const MAX_OWED = 256 * 1024;
/** A free UDP port may be taken for TCP: another one is tried. */
const PORT_TRIES = 5;

async function listen(host: string, port: number): Promise<{ udp: UdpSocket; tcp: Server; port: number }> {
  for (let tries = 1; ; tries++) {
    const udp = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BYTES });
    const tcp = createServer({ allowHalfOpen: true });
    try {
      await new Promise<void>((resolve, reject) => {
        udp.once('error', reject);
        udp.bind(port, host, resolve);
      });
      const chosen = udp.address().port;
      await new Promise<void>((resolve, reject) => {
        tcp.once('error', reject);
        tcp.listen(chosen, host, resolve);
      });
      udp.removeAllListeners('error');
      tcp.removeAllListeners('error');
      tcp.on('error', () => {});
      return { udp, tcp, port: chosen };
    } catch (error) {
      udp.close();
      tcp.close();
      const { code } = error as NodeJS.ErrnoException;
      if (port === 0 && code === 'EADDRINUSE' && tries < PORT_TRIES) continue;
      throw labError(
        code === 'EADDRINUSE'
          ? text('dns.in-use', { port })
          : text('dns.unopened', { host, port, code: code ?? errorLine(error) }),
      );
    }
  }
}

/** A burst of a thousand look-ups fits: what the kernel drops, the phone asks again only after seconds. */
const RECEIVE_BYTES = 1 << 20;

const plain = (address: string): string => (ipaddr.isValid(address) ? ipaddr.process(address).toString() : address);
