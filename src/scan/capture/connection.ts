/**
 * One TCP connection of a capture: its packets become bytes in order, these the events that a live connection would give.
 * Promise: `flow-opened` first, with the name that the client asked for, `flow-closed` last; what is missing in the capture
 * is filled with blanks, so that what follows is still read rightly, and told; TLS is not read as text.
 */
import { type ParsedHello, readClientHello } from '../../formats/client-hello.ts';
import type { ClientHelloFacts, CloseReason, Direction, Flow, FlowEvent } from '../../model/flow.ts';
import type { RecordingReaders } from '../../model/recording.ts';
import type { Missing, StreamReader } from '../../model/scan.ts';
import { text } from '../../model/text.ts';
import { askedIn, isHeadOpen, isTlsRecord, LONGEST_HEAD } from './first-bytes.ts';
import type { Packet } from './packets.ts';
import { createSegments, type Piece } from './segments.ts';
import { callerOf } from './who-calls.ts';

export const MISSING_BYTES: Missing = { why: text('unread.lost-bytes') };

/** A gap that is larger is not filled: what follows it is not read rightly anyway. */
const LARGEST_FILL = 16 << 20;
const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;

export interface ConnectionOptions {
  flowId: string;
  readers: RecordingReaders;
  nameOf: (clientIp: string, address: string) => string | null;
}

export interface ConnectionEnd {
  events: FlowEvent[];
  missing: Missing[];
  /** Set when TLS was seen. */
  tls: TlsFacts | null;
}

export interface TlsFacts {
  flow: Flow;
  /** Chosen by the server. */
  alpn: string | null;
  /** DER, as hexadecimal digits; the server's own first. */
  certificates: string[];
  /** What the client offered, wherever on the connection TLS began; null when it is not in the capture. */
  hello: ClientHelloFacts | null;
  /** Its first bytes were TLS: nothing was read so far. Else it began as something else (STARTTLS, a proxy's tunnel). */
  isFromStart: boolean;
  /** tshark has keys for it. */
  isOpened: boolean;
  closed: Extract<FlowEvent, { type: 'flow-closed' }>;
}

export class Connection {
  /** tshark's number. */
  readonly number: number;
  app: string | null;
  readonly #options: ConnectionOptions;
  readonly #first: Packet;
  readonly #client: Packet['from'];
  readonly #server: Packet['from'];
  readonly #segments = { request: createSegments(), response: createSegments() };
  readonly #bytes = { request: 0, response: 0 };
  readonly #isFinished = { request: false, response: false };
  #events: FlowEvent[] = [];
  /** Until it is known what it is and where to. */
  #waiting: { direction: Direction; bytes: Buffer; time: number }[] = [];
  #flow: Flow | null = null;
  #reader: StreamReader | null = null;
  #isTls: boolean | null = null;
  #hasTls = false;
  #isOpened = false;
  #sni: string | null = null;
  #offered: string[] = [];
  #alpn: string | null = null;
  #certificates: string[] = [];
  /** Of the ClientHello so far, then what it said; null before it. */
  #helloBytes: Buffer | null = null;
  #hello: ParsedHello = { state: 'more' };
  #isMissing = false;
  #reset: CloseReason | null = null;

  constructor(first: Packet, options: ConnectionOptions) {
    this.number = first.stream;
    this.app = first.app;
    this.#first = first;
    this.#options = options;
    [this.#client, this.#server] = callerOf(first) === 'from' ? [first.from, first.to] : [first.to, first.from];
  }

  packet(packet: Packet): void {
    const isUp = packet.from.ip === this.#client.ip && packet.from.port === this.#client.port;
    const direction = isUp ? 'request' : 'response';
    const other = isUp ? 'response' : 'request';
    this.app ??= packet.app;
    this.#noteTls(packet, isUp);
    this.#bytes[direction] += packet.payloadBytes;
    const { seq, ack, flags, payload, payloadBytes, time } = packet;
    if ((flags & SYN) !== 0) this.#segments[direction].open(seq);
    this.#read(direction, this.#segments[direction].push(seq, payload, payloadBytes), time);
    if ((flags & ACK) !== 0) this.#read(other, this.#segments[other].acknowledged(ack), time);
    if ((flags & FIN) !== 0) this.#isFinished[direction] = true;
    if ((flags & RST) !== 0) this.#reset = isUp ? 'client-reset' : 'server-reset';
  }

  /** Events so far; they are handed over. */
  take(): FlowEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  get waitingEvents(): number {
    return this.#events.length;
  }

  /** No more of it is to be expected. */
  get isOver(): boolean {
    return this.#reset !== null || (this.#isFinished.request && this.#isFinished.response);
  }

  end(time: number): ConnectionEnd {
    for (const direction of ['request', 'response'] as const) {
      const { pieces, missingAfter } = this.#segments[direction].end();
      this.#read(direction, pieces, time);
      this.#isMissing ||= missingAfter > 0;
    }
    const flow = this.#flow ?? this.#open();
    if (this.#reader) {
      for (const direction of ['request', 'response'] as const)
        if (this.#isFinished[direction]) this.#events.push(...this.#reader.end(direction, time));
      this.#events.push(...this.#reader.close(time));
    }
    const closed = {
      type: 'flow-closed',
      flowId: flow.id,
      time,
      reason: this.#reset ?? 'ended',
      detail: null,
      bytesUp: this.#bytes.request,
      bytesDown: this.#bytes.response,
    } as const;
    const isFromStart = this.#isTls === true;
    if (!isFromStart) this.#events.push(closed);
    const tls = {
      flow,
      alpn: this.#alpn,
      certificates: this.#certificates,
      hello: this.#helloFacts(),
      isFromStart,
      isOpened: this.#isOpened,
      closed,
    };
    return {
      events: this.take(),
      missing: this.#isMissing ? [MISSING_BYTES] : [],
      tls: isFromStart || this.#hasTls ? tls : null,
    };
  }

  #noteTls(packet: Packet, isUp: boolean): void {
    const at = packet.layers.lastIndexOf('tls');
    if (at >= 0) {
      this.#hasTls = true;
      // What is no certificate is what was inside.
      this.#isOpened ||= packet.layers
        .slice(at + 1)
        .some((layer) => !/^(?:x509|pkix|pkcs|ocsp|cms|ess|tls)/.test(layer));
    }
    this.#sni ??= packet.sni;
    if (packet.alpn.length > 0 && isUp) this.#offered = packet.alpn;
    else if (packet.alpn.length > 0) this.#alpn = packet.alpn[0] ?? null;
    if (!isUp && this.#certificates.length === 0) this.#certificates = packet.certificates;
  }

  #read(direction: Direction, pieces: Piece[], time: number): void {
    for (const { bytes, missingBefore } of pieces) {
      this.#isMissing ||= missingBefore > 0;
      this.#isTls ??= isTlsRecord(bytes);
      if (direction === 'request' && missingBefore === 0) this.#noteHello(bytes);
      if (this.#isTls) continue;
      const filled = missingBefore === 0 ? bytes : Buffer.concat([blanks(missingBefore), bytes]);
      if (this.#reader) this.#events.push(...this.#reader.push(direction, filled, time));
      else {
        this.#waiting.push({ direction, bytes: filled, time });
        if (direction === 'response' || !isHeadOpen(this.#sent())) this.#open();
      }
    }
  }

  /** The first one: after STARTTLS or in a proxy's tunnel it comes later. */
  #noteHello(bytes: Buffer): void {
    if (this.#hello.state !== 'more' || (this.#helloBytes === null && !isTlsRecord(bytes))) return;
    this.#helloBytes = this.#helloBytes === null ? bytes : Buffer.concat([this.#helloBytes, bytes]);
    this.#hello = readClientHello(this.#helloBytes);
    if (this.#hello.state !== 'more') this.#helloBytes = null;
  }

  /** A hello that is not whole in the capture: what tshark made of it. */
  #helloFacts(): ClientHelloFacts | null {
    if (this.#hello.state === 'hello') return this.#hello.facts;
    const isKnown = this.#isTls || this.#sni !== null || this.#offered.length > 0;
    return isKnown ? { sni: this.#sni, alpn: this.#offered, ja4: null, ech: false, grease: false } : null;
  }

  #sent(): string {
    const sent = this.#waiting.filter(({ direction }) => direction === 'request').map(({ bytes }) => bytes);
    return Buffer.concat(sent).toString('latin1', 0, LONGEST_HEAD);
  }

  #open(): Flow {
    const flow = this.#flowOf(this.#isTls ? null : askedIn(this.#sent()));
    this.#flow = flow;
    if (this.#isTls) return flow;
    this.#events.push({ type: 'flow-opened', flow, time: flow.openedAt });
    this.#reader = this.#options.readers.openReader(flow, null);
    for (const { direction, bytes, time } of this.#waiting)
      this.#events.push(...this.#reader.push(direction, bytes, time));
    this.#waiting = [];
    return flow;
  }

  #flowOf(asked: ReturnType<typeof askedIn>): Flow {
    const client = this.#client;
    const server = this.#server;
    const lookedUpAs = this.#options.nameOf(client.ip, server.ip);
    const said = (this.#isTls ? (this.#sni ?? this.#helloFacts()?.sni) : null) ?? asked?.host ?? null;
    return {
      id: this.#options.flowId,
      openedAt: this.#first.time,
      engine: 'wire',
      client,
      deviceId: null,
      arrival: asked?.through ?? 'transparent',
      treatment: 'intercept',
      treatmentReason: null,
      destination: {
        host: said ?? lookedUpAs ?? server.ip,
        port: asked?.port ?? server.port,
        // Behind a proxy only the proxy knows.
        ip: asked?.through ? null : server.ip,
        ...(said === null && lookedUpAs !== null && { guessed: true }),
      },
      encrypted: this.#isTls === true,
      intercepted: true,
      hello: this.#isTls ? this.#helloFacts() : null,
      simulated: false,
      lookedUpAs,
    };
  }
}

const blanks = (bytes: number): Buffer => Buffer.alloc(Math.min(bytes, LARGEST_FILL), ' ');
