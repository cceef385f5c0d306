/** What a scan of recordings gives to the command line, the lab and the library, and what it reads them with. */
import type { AlertFlow, Severity } from './alert.ts';
import type { Attribution } from './attribution.ts';
import type { DestinationFacts } from './destination.ts';
import type { Destination, Direction, Flow, FlowEvent } from './flow.ts';
import type { Evidence, Identifier } from './identifier.ts';
import type { Text } from './text.ts';

export interface ScanFinding {
  identifier: Identifier;
  /** `evidence.flow` is the flow id of the pushed events. */
  evidence: Evidence;
  flow: AlertFlow;
  destination: (Destination & DestinationFacts) | null;
  /** By the same policy as live alerts. */
  severity: Severity;
  /** App or SDK that probably sent it, as in live alerts; null when nothing tells. */
  attribution: Attribution | null;
  /** Secret: printed with `--reveal` only. */
  value: string;
}

export interface ScannerOptions {
  /** As in `ScanOptions`. */
  data?: string | null;
  /** Null: shapes only. Recorded flows carry no device: the values of every phone in the file are searched in all of them. */
  devicesFile: string | null;
  decoders: string[];
  homeCountry: string | null;
  onFinding: (finding: ScanFinding) => void;
  /** Part of a flow was not looked into. */
  onPartial: (flowId: string, reason: string, text: Text) => void;
}

/** The detector without a network: recorded flow events in, findings out. */
export interface Scanner {
  /** Resolves when the event was searched; findings arrive through `onFinding` before `flow-closed` resolves. */
  push(event: FlowEvent): void | Promise<void>;
  /** Where a server is, and whose. */
  locate(host: string, ip: string | null): DestinationFacts;
  stop(): Promise<void>;
}

/** An app called a server; what was sent is not recorded. */
export interface RecordedContact {
  host: string;
  /** As in `Destination`. */
  guessed?: true;
  ip: string | null;
  /** Null: the recording does not say which. */
  app: string | null;
  count: number;
}

/** Something of an entry that its recording did not keep. */
export interface Missing {
  why: Text;
  /** How it would have been kept; for whoever has the file. */
  advice?: Text;
  /** It is of what the phone got: what it sent is there. */
  isAnswer?: true;
}

/** What a recording yields, in its own order; a file that is not a recording yields one `skipped`. */
export type Recorded =
  | {
      type: 'entry';
      file: string;
      /** Index in the HAR's `log.entries`, line number from 0 in NDJSON, stream number in a capture. */
      entry: number;
      /** From `flow-opened` to `flow-closed`; the flow's id is unique over the whole run. */
      events: FlowEvent[];
      /** What the recording did not keep of this entry. */
      missing: Missing[];
      /** What of it was not looked into, e.g. because it is too large to be held. */
      partial?: string;
      /** The same, for other languages than English. */
      partialText?: Text;
      /** App that the recorder names as the sender. */
      app?: string | null;
      /** Set when no more is recorded than that a server was called. */
      contact?: RecordedContact;
    }
  /**
   * Events of an entry that is not over: its beginning, or the next of them; its `entry` record follows. Entries of a capture
   * come interleaved, as their packets do.
   */
  | { type: 'part'; file: string; entry: number; events: FlowEvent[]; app?: string | null }
  | {
      type: 'skipped';
      file: string;
      entry: number | null;
      reason: string;
      /** The same, for other languages than English. */
      text: Text;
      /** Nothing that a phone sent is lost by it. */
      isHarmless?: boolean;
    }
  /** Bytes of the file read so far. */
  | { type: 'progress'; file: string; bytes: number }
  /** The reader was told to stop before the end of the file. */
  | { type: 'stopped'; file: string };

/** What a scan yields, file after file in the order they were named. */
export type Scanned =
  | { type: 'finding'; file: string; entry: number; app: string | null; finding: ScanFinding }
  /** Something was not looked into. */
  | { type: 'partial'; reason: string; text: Text }
  | (Omit<Extract<Recorded, { type: 'entry' }>, 'events' | 'app'> & {
      /** Of a contact: where its server is, and whose. */
      facts?: DestinationFacts;
    })
  | Extract<Recorded, { type: 'skipped' }>
  /** The scan was stopped before the end of this file, after so many of its entries; null: before its beginning. */
  | { type: 'stopped'; file: string; entries: number | null }
  /** Bytes of all files read so far. */
  | { type: 'progress'; bytes: number; totalBytes: number };

export interface ScanOptions {
  /** A lab's directory, whose owners and whose hub's tables count as they do live; null: none. */
  data?: string | null;
  /** As in `ScannerOptions`. */
  devicesFile: string | null;
  decoders: string[];
  homeCountry: string | null;
}

/** Bytes of one connection in, flow events out. `flow-opened` and `flow-closed` are not its to tell. */
export interface StreamReader {
  push(direction: Direction, chunk: Buffer, time: number): FlowEvent[];
  end(direction: Direction, time: number): FlowEvent[];
  close(time: number): FlowEvent[];
}

/** `alpn`: protocol agreed under TLS, null when unknown. */
export type OpenReader = (flow: Flow, alpn: string | null) => StreamReader;
