/**
 * How the running lab reads what it relays, as recordings need it: the same readers make the same events of the same bytes.
 * `src/scan` takes them as values; `src/lab/recording-readers.ts` has them.
 */
import type { Direction, EmitFlowEvent, Flow, FlowEvent, ServerCertificate } from './flow.ts';
import type { OpenReader } from './scan.ts';

/** What stands inside the bodies and messages of an exchange that a recorder has cut out already. */
export interface ExchangeReader {
  /** Null: the body is handed on as it is. */
  openBody(about: {
    exchange: number;
    direction: Direction;
    headers: [string, string][];
    /** Target of the request. */
    path: string;
  }): { push(bytes: Buffer, time: number, out: FlowEvent[]): void; end(time: number, out: FlowEvent[]): void } | null;
  /** Null: messages of a WebSocket are handed on as they are. */
  openMessages(
    exchange: number,
    responseHeaders: [string, string][],
  ): {
    push(direction: Direction, bytes: Buffer, time: number, out: FlowEvent[]): void;
    close(time: number, out: FlowEvent[]): void;
  } | null;
}

export type OpenExchange = (flow: Flow) => ExchangeReader;

export interface RecordedDatagram {
  /** Of the phone. */
  client: { ip: string; port: number };
  server: { ip: string; port: number };
  direction: Direction;
  payload: Buffer;
  /** False when the capture kept less than was sent. */
  isWhole: boolean;
  /** A message of DNS, mDNS or LLMNR. */
  isLookUp: boolean;
  time: number;
}

/** Datagrams in, flows out: look-ups by name, everything else as raw bytes. */
export interface DatagramReader {
  datagram(datagram: RecordedDatagram): void;
  /** The name this client last got the address for. */
  nameOf(clientIp: string, address: string): string | null;
  close(time: number): void;
}

export interface RecordingReaders {
  openReader: OpenReader;
  openExchange: OpenExchange;
  /** @param newId asked while the datagram that begins the flow is handed over */
  openDatagrams(options: { emit: EmitFlowEvent; newId: () => string }): DatagramReader;
  /** The first of the chain, as it was sent; null when it is none. */
  readCertificate(chain: readonly Buffer[]): ServerCertificate | null;
}
