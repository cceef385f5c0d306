/**
 * A flow is one connection of one phone to one destination, and the events that describe its life.
 * Promise: for every flow exactly one `flow-opened` comes first and exactly one `flow-closed` comes last,
 * whatever happens in between. Times are milliseconds since the epoch; they come in from outside.
 */

import type { z } from 'zod';
import type { Destination } from './destination.ts';
import type { FeedSource, PassCause } from './pin.ts';
import type * as schemas from './schemas/flow.ts';
import type { Text } from './text.ts';
import type { TrustTest } from './trust-test.ts';
import type { ARRIVALS, CLOSE_REASONS, DIRECTIONS, FLOW_ENGINES, TREATMENTS } from './words.ts';

export type { Destination } from './destination.ts';

export type Direction = (typeof DIRECTIONS)[number];
export type Arrival = (typeof ARRIVALS)[number];
export type Treatment = (typeof TREATMENTS)[number];
export type CloseReason = (typeof CLOSE_REASONS)[number];
/** What the first bytes of the phone's TLS said (RFC 8446 4.1.2), before any of it was decrypted. */
export type ClientHelloFacts = z.infer<typeof schemas.clientHello>;
/** What is kept of a flow: who, where to, how protected, how much, how it ended. Never a byte of content. */
export type FlowRecord = z.infer<typeof schemas.flowRecord>;
/** Facts of the server's certificate, as the lab saw it. */
export type ServerCertificate = z.infer<typeof schemas.serverCertificate>;

export interface Flow {
  id: string;
  openedAt: number;
  engine: (typeof FLOW_ENGINES)[number];
  /** Known without reading it: `dns`, `udp`, `quic`, `dot`, `doq`, `icmp`, `esp`…; absent for TCP that came to the door. */
  protocol?: string;
  /** An instalment of a connection that was told in part before (what comes after STARTTLS, too): not a new contact. */
  continues?: boolean;
  /** `mac`: of its hardware, where the relay knew it when the connection came. */
  client: { ip: string; port: number; mac?: string };
  /** Registered device id, or null for a phone nobody registered. */
  deviceId: string | null;
  arrival: Arrival;
  treatment: Treatment;
  /** Why this treatment, one sentence, when it is not `intercept`. */
  treatmentReason: Text | null;
  /** The same as a word, where policy would have read it and it was passed through. */
  passCause?: PassCause;
  destination: Destination;
  /** The phone itself spoke TLS on this connection. */
  encrypted: boolean;
  /** Its bytes could be read: plain, or TLS that was terminated. */
  intercepted: boolean;
  hello: ClientHelloFacts | null;
  /** Destination taken from the upstream map: a replay or a test, not the world. */
  simulated: boolean;
  /**
   * Of a redirected connection: the name this phone last got the address for from the lab's DNS; null when it never asked.
   * Another one than `destination.host` is evidence: a shared server, a hidden front, or a made-up server name.
   */
  lookedUpAs?: string | null;
}

export type FlowEvent =
  | { type: 'flow-opened'; flow: Flow; time: number }
  | {
      type: 'tls-established';
      flowId: string;
      time: number;
      /** Protocol chosen with the phone, null for none. */
      alpn: string | null;
      /** e.g. `TLSv1.3`; null where the lab does not hold that leg. */
      version: string | null;
      cipher: string | null;
      certificate: ServerCertificate | null;
    }
  | {
      /** The phone refused the lab's certificate: how, so that a pin is told from a bad network. */
      type: 'certificate-rejected';
      flowId: string;
      time: number;
      sni: string | null;
      /** TLS alert name, or `silent-close`. */
      how: string;
      /** Rejections of this device + name so far, this one included. */
      count: number;
    }
  | {
      /** From now on this phone's connections to this name are passed through, for a while: why, and what proves it. */
      type: 'pass-through';
      flowId: string;
      time: number;
      name: string;
      cause: PassCause;
      proof: Text;
      /** By whose word it is proven sooner than it would be. */
      source?: FeedSource;
    }
  | {
      /** The server's own certificate is bad; the phone was shown an untrusted one as well. */
      type: 'upstream-certificate-invalid';
      flowId: string;
      time: number;
      problem: string;
      /** The phone went on regardless. */
      acceptedByClient: boolean;
    }
  | {
      /** A trust test the operator asked for: the app was shown a bad certificate on purpose. */
      type: 'trust-test-result';
      flowId: string;
      time: number;
      test: TrustTest;
      /** Server name the app asked for. */
      name: string;
      /** The app sent data all the same. */
      accepted: boolean;
      /** TLS alert name, or `silent-close`; null when accepted. */
      how: string | null;
    }
  | {
      type: 'request-head';
      flowId: string;
      exchange: number;
      time: number;
      /** e.g. `http/1.1`, `h2`. */
      protocol: string;
      method: string;
      /** As on the wire: origin form, absolute form, authority form or `*`. */
      target: string;
      scheme: string;
      authority: string;
      /** In order, names as on the wire, values latin1-decoded. Pseudo headers excluded. */
      headers: [string, string][];
    }
  | {
      type: 'response-head';
      flowId: string;
      exchange: number;
      time: number;
      status: number;
      headers: [string, string][];
    }
  | { type: 'body-chunk'; flowId: string; exchange: number; direction: Direction; time: number; bytes: Buffer }
  | {
      type: 'body-end';
      flowId: string;
      exchange: number;
      direction: Direction;
      time: number;
      trailers: [string, string][];
      /** False when the connection ended before the body did. */
      complete: boolean;
    }
  | {
      /** One message, or a part of one, of a message protocol (WebSocket, MQTT, gRPC). */
      type: 'message';
      flowId: string;
      exchange: number;
      direction: Direction;
      time: number;
      protocol: string;
      /** e.g. WebSocket `text`, MQTT topic `a/b`. */
      label: string;
      bytes: Buffer;
      /** True on the last part. */
      final: boolean;
    }
  | { type: 'raw-bytes'; flowId: string; direction: Direction; time: number; bytes: Buffer }
  | { type: 'upgraded'; flowId: string; exchange: number; time: number; protocol: string }
  | { type: 'unreadable'; flowId: string; direction: Direction; time: number; reason: string; text: Text }
  | {
      type: 'flow-closed';
      flowId: string;
      time: number;
      reason: CloseReason;
      /** A sentence for people; null when `reason` says it all. */
      detail: Text | null;
      /** Bytes read from the phone and from the server, after TLS where it was terminated. */
      bytesUp: number;
      bytesDown: number;
    };

/** Takes the lab's own copy of what happened; must not throw and must not keep `bytes` beyond the call without copying. */
export type EmitFlowEvent = (event: FlowEvent) => void;
