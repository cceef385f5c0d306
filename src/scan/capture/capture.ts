/**
 * Packet captures (pcap, pcapng and what else tshark reads): one pass over the packets, and another over the connections
 * that TLS keys open. tshark takes frames and tunnels apart; the bytes then take the same readers as live traffic.
 * Promise: every connection is accounted for: read, or named as closed to us (TLS without keys, QUIC); a capture that ends in
 * the middle gives what is in it; bytes that are missing are told.
 */
import { statSync } from 'node:fs';
import type { Flow, FlowEvent } from '../../model/flow.ts';
import type { RecordingReaders } from '../../model/recording.ts';
import type { Missing, Recorded } from '../../model/scan.ts';
import { type Text, text } from '../../model/text.ts';
import { faultIn, skipped } from '../told.ts';
import { Connection, MISSING_BYTES, type TlsFacts } from './connection.ts';
import { createDatagrams, isAddressing } from './datagrams.ts';
import { type Keys, keysBeside } from './keys.ts';
import { openTls } from './opened-tls.ts';
import { type Packet, readPackets } from './packets.ts';

export interface CaptureOptions {
  path: string;
  /** What tshark reads. */
  plainFile: string;
  prefix: string;
  readers: RecordingReaders;
  onBytes: (bytes: number) => void;
  stop: AbortSignal | null;
}

/** More connections than this at once would be weeks of traffic in one file; the rest is not read. */
const MAX_OPEN = 100_000;
/** Events handed on at a time: a large upload is never held as a whole. */
const EVENTS_PER_PART = 64;
/** Packets that may still come after the last one of a connection, out of order. */
const LINGER_PACKETS = 1000;
/** Headers of a frame, roughly: for the progress only. */
const FRAME_BYTES = 70;
const ADDRESSING = 'DHCP';
/** What is counted where there is something else to read: a ping may carry anything, a name asked of DHCP is the phone's. */
const BESIDES: readonly (readonly [layer: string, protocol: string])[] = [
  ['icmp', 'ICMP'],
  [ADDRESSING, ADDRESSING],
];

export async function* readCapture(options: CaptureOptions): AsyncGenerator<Recorded> {
  const keys = keysBeside(options.path);
  try {
    yield* new CaptureReading(options, keys).run();
  } finally {
    keys.close();
  }
}

interface Closed extends TlsFacts {
  number: number;
  app: string | null;
  missing: Missing[];
}

class CaptureReading {
  readonly #options: CaptureOptions;
  readonly #keys: Keys;
  readonly #datagrams: ReturnType<typeof createDatagrams>;
  readonly #open = new Map<number, Connection>();
  readonly #over = new Set<number>();
  #lingering: { connection: Connection; until: number }[] = [];
  /** TLS to be opened with keys once all packets were seen. */
  readonly #waiting: Closed[] = [];
  #packets = 0;
  /** That are in no packet. */
  #fragments = 0;
  /** Of TCP and UDP. */
  #read = 0;
  /** What else there is, by tshark's names. */
  readonly #others = new Map<string, number>();
  #bytes = 0;
  #left = 0;
  #time = 0;

  constructor(options: CaptureOptions, keys: Keys) {
    this.#options = options;
    this.#keys = keys;
    this.#datagrams = createDatagrams(options);
  }

  async *run(): AsyncGenerator<Recorded> {
    const { path: file, plainFile, onBytes, stop } = this.#options;
    const input = { file: plainFile, keyLog: this.#keys.file, stop };
    const size = statSync(plainFile).size;
    const packets = readPackets(input);
    let end: string | null = null;
    for (;;) {
      const { value, done } = await packets.next();
      if (done) {
        end = value;
        break;
      }
      yield* this.#packet(value);
      const read = Math.min(size, this.#bytes);
      if (read - this.#left < 100_000) continue;
      onBytes(read - this.#left);
      this.#left = read;
    }
    if (!stop?.aborted) onBytes(size - this.#left);
    for (const connection of [...this.#open.values()].sort((a, b) => a.number - b.number)) yield* this.#end(connection);
    yield* this.#datagrams.end(this.#time);
    if (!stop?.aborted) yield* this.#openWaiting();
    if (stop?.aborted) {
      yield { type: 'stopped', file };
      return;
    }
    if (this.#fragments > 0) yield skipped(file, null, text('unread.fragments', { count: this.#fragments }));
    if (end !== null) yield skipped(file, null, endOf(end, this.#packets));
    else if (this.#packets === 0) yield skipped(file, null, text('unread.no-packet'));
    else if (this.#read === 0) {
      const others = [...this.#others.keys()].slice(0, 5).join(', ');
      const why = this.#others.has(ADDRESSING) ? 'unread.only' : 'unread.neither';
      yield skipped(file, null, text(why, { others }));
    } else yield* this.#besides();
  }

  *#packet(packet: Packet): Generator<Recorded> {
    this.#packets++;
    this.#fragments += packet.fragments;
    this.#bytes += packet.payload.length + FRAME_BYTES;
    this.#time = Math.max(this.#time, packet.time);
    if (isAddressing(packet)) this.#note(ADDRESSING);
    else if (packet.transport !== 'other') this.#read++;
    else this.#note(packet.layers.findLast((layer) => layer !== 'data') ?? 'unknown');
    if (packet.transport !== 'tcp') yield* this.#datagrams.packet(packet);
    else if (!this.#over.has(packet.stream)) yield* this.#segment(packet);
    while (this.#lingering[0] && this.#lingering[0].until <= this.#packets) {
      const [first] = this.#lingering.splice(0, 1);
      if (first) yield* this.#end(first.connection);
    }
  }

  #note(other: string): void {
    this.#others.set(other, (this.#others.get(other) ?? 0) + 1);
  }

  /** Beside what was read: packets that may carry something of the phone's. */
  *#besides(): Generator<Recorded> {
    for (const [layer, protocol] of BESIDES) {
      const count = this.#others.get(layer) ?? 0;
      if (count > 0) yield skipped(this.#options.path, null, text('unread.packets', { count, protocol }));
    }
  }

  *#segment(packet: Packet): Generator<Recorded> {
    const { path: file, prefix, readers } = this.#options;
    let connection = this.#open.get(packet.stream);
    if (!connection) {
      const flowId = `${prefix}${packet.stream}`;
      connection = new Connection(packet, { flowId, readers, nameOf: this.#datagrams.nameOf });
      this.#open.set(packet.stream, connection);
      const [oldest] = this.#open.values();
      if (this.#open.size > MAX_OPEN && oldest) yield* this.#end(oldest);
    }
    const wasOver = connection.isOver;
    try {
      connection.packet(packet);
    } catch (error) {
      // One fault costs one connection.
      this.#open.delete(packet.stream);
      this.#over.add(packet.stream);
      yield skipped(file, packet.stream, faultIn(error));
      return;
    }
    if (connection.isOver && !wasOver) this.#lingering.push({ connection, until: this.#packets + LINGER_PACKETS });
    if (connection.waitingEvents < EVENTS_PER_PART) return;
    yield { type: 'part', file, entry: connection.number, events: connection.take(), app: connection.app };
  }

  *#end(connection: Connection): Generator<Recorded> {
    const { number, app } = connection;
    if (!this.#open.delete(number)) return;
    this.#over.add(number);
    const { path: file } = this.#options;
    const { events, missing, tls } = connection.end(this.#time);
    if (!tls) {
      yield { type: 'entry', file, entry: number, events, missing, app };
      return;
    }
    // What came before STARTTLS, or asked a proxy for its tunnel.
    if (!tls.isFromStart) yield { type: 'part', file, entry: number, events, app };
    const closed: Closed = { ...tls, number, app, missing };
    // Without any keys nothing would come of looking into it.
    if (this.#keys.file !== null || tls.isOpened) this.#waiting.push(closed);
    else yield this.#unopened(closed);
  }

  async *#openWaiting(): AsyncGenerator<Recorded> {
    const { path: file, plainFile, stop } = this.#options;
    const left = new Map(this.#waiting.map((closed) => [closed.number, closed]));
    const wanted = this.#waiting.map(({ number, flow }) => ({ stream: number, clientPort: flow.client.port }));
    for await (const { stream, parts } of openTls({ file: plainFile, keyLog: this.#keys.file, stop }, wanted)) {
      const closed = left.get(stream);
      const opened = closed && openedFlow(closed, this.#options.readers);
      for await (const { direction, bytes } of parts) {
        if (!closed || !opened) continue;
        left.delete(stream);
        opened.read(direction, bytes);
        if (opened.events.length < EVENTS_PER_PART) continue;
        yield { type: 'part', file, entry: stream, events: opened.events.splice(0), app: closed.app };
      }
      if (!closed || !opened || left.has(stream)) continue;
      yield { type: 'entry', file, entry: stream, events: opened.end(), missing: closed.missing, app: closed.app };
    }
    if (stop?.aborted) return;
    for (const closed of left.values()) yield this.#unopened(closed);
  }

  #unopened(connection: Closed): Recorded {
    const { closed, number, app, certificates, alpn, missing, isFromStart } = connection;
    const flow = secured(connection);
    const { path: file, readers } = this.#options;
    const { names } = this.#keys;
    const why: Missing =
      names.length === 0
        ? { why: text('unread.no-keys'), advice: text('unread.keys-advice', { name: keyName(file) }) }
        : { why: text('unread.other-keys', { names: names.join(', ') }) };
    const opened: FlowEvent = {
      type: 'flow-opened',
      time: flow.openedAt,
      flow: { ...flow, treatment: 'passthrough', treatmentReason: text('treated.no-keys'), intercepted: false },
    };
    const { host, ip } = flow.destination;
    return {
      type: 'entry',
      file,
      entry: number,
      events: [opened, ...established(flow, { alpn, certificates }, readers), { ...closed, flowId: flow.id }],
      missing: [why, ...missing.filter((each) => !isFromStart || each !== MISSING_BYTES)],
      app,
      // Before STARTTLS more is said than who is called.
      ...(isFromStart || flow.arrival !== 'transparent' ? { contact: { host, ip, app, count: 1 } } : {}),
    };
  }
}

/** What comes after STARTTLS, or through a tunnel, is an instalment of the same connection. */
function secured({ flow, hello, isFromStart }: Closed): Flow {
  return isFromStart ? flow : { ...flow, id: `${flow.id}.tls`, hello, encrypted: true, continues: true };
}

/** The events of a connection that tshark opens. */
function openedFlow(closed: Closed, readers: RecordingReaders) {
  const { alpn } = closed;
  const flow = secured(closed);
  const { openedAt: time } = flow;
  const events: FlowEvent[] = [{ type: 'flow-opened', time, flow }, ...established(flow, closed, readers)];
  const reader = readers.openReader(flow, alpn);
  return {
    events,
    read(direction: 'request' | 'response', bytes: Buffer): void {
      events.push(...reader.push(direction, bytes, time));
    },
    end(): FlowEvent[] {
      events.push(...reader.end('request', time), ...reader.end('response', time), ...reader.close(time));
      events.push({ ...closed.closed, flowId: flow.id });
      return events.splice(0);
    },
  };
}

function established(
  { id: flowId, openedAt: time }: { id: string; openedAt: number },
  { alpn, certificates }: { alpn: string | null; certificates: readonly string[] },
  readers: RecordingReaders,
): FlowEvent[] {
  const facts = readers.readCertificate(certificates.map((der) => Buffer.from(der, 'hex')));
  if (alpn === null && facts === null) return [];
  return [{ type: 'tls-established', flowId, time, alpn, version: null, cipher: null, certificate: facts }];
}

function keyName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return `${name.replace(/\.[^.]+$/, '') || 'capture'}.keys`;
}

/** tshark's words in ours. */
function endOf(said: string, packets: number): Text {
  if (/cut short/.test(said)) return text('unread.cut-capture');
  return packets === 0 ? text('unread.tshark-refused', { said }) : text('unread.damaged-capture', { said });
}
