/**
 * A connection of which the recording knows no more than that it was: an app called a server. Shown as a contact.
 */
import type { FlowEvent } from '../model/flow.ts';
import type { RecordedContact } from '../model/scan.ts';
import { text } from '../model/text.ts';

export interface Contact extends RecordedContact {
  port: number;
  time: number;
  encrypted: boolean;
  bytesUp: number;
  bytesDown: number;
  /** Client's address, where it is recorded. */
  client?: { ip: string; port: number };
  /** As in `Flow`: `dns` for a look-up of `host`. */
  protocol?: string;
}

export function contactEvents(contact: Contact, flowId: string): FlowEvent[] {
  const { host, guessed, ip, port, time, encrypted, bytesUp, bytesDown, protocol } = contact;
  const isLookUp = protocol === 'dns';
  const opened: FlowEvent = {
    type: 'flow-opened',
    time,
    flow: {
      id: flowId,
      openedAt: time,
      engine: isLookUp ? 'gateway' : 'wire',
      ...(protocol ? { protocol } : {}),
      client: contact.client ?? { ip: '0.0.0.0', port: 0 },
      deviceId: null,
      arrival: 'transparent',
      treatment: isLookUp ? 'intercept' : 'passthrough',
      treatmentReason: isLookUp ? null : text('treated.no-content'),
      destination: { host, port, ip, ...(guessed && { guessed }) },
      encrypted,
      intercepted: isLookUp,
      hello:
        encrypted && host !== ip && !guessed ? { sni: host, alpn: [], ja4: null, ech: false, grease: false } : null,
      simulated: false,
    },
  };
  const asked: FlowEvent = {
    type: 'message',
    flowId,
    exchange: 0,
    direction: 'request',
    time,
    protocol: 'dns',
    label: 'A',
    bytes: Buffer.from(host),
    final: true,
  };
  const closed: FlowEvent = { type: 'flow-closed', flowId, time, reason: 'ended', detail: null, bytesUp, bytesDown };
  return isLookUp ? [opened, asked, closed] : [opened, closed];
}

/** Of an object or a text that may be anything. */
export const wordOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
