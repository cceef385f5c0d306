/** Feeds a reader in tests: scripts of both directions, cut as wanted, and events put into a form that cutting must not change. */
import type { Direction, Flow, FlowEvent } from '../../src/model/flow.ts';
import type { ReaderLimits } from '../../src/readers/limits.ts';
import { createReader } from '../../src/readers/reader.ts';

export type Step = [Direction, Buffer | string] | [Direction, 'end', true];

export const flow: Flow = {
  id: 'flow-1',
  openedAt: 0,
  engine: 'wire',
  client: { ip: '10.77.0.2', port: 40000 },
  deviceId: 'lab-phone',
  arrival: 'http-connect',
  treatment: 'intercept',
  treatmentReason: null,
  destination: { host: 'vendor.example', port: 443, ip: '192.0.2.1' },
  encrypted: true,
  intercepted: true,
  hello: null,
  simulated: true,
};

export interface ReadOptions {
  alpn?: string | null;
  limits?: Partial<ReaderLimits>;
  /** Pieces a buffer is pushed in; the default is whole. */
  cut?: (bytes: Buffer) => Buffer[];
  /** Close at the end; default true. */
  close?: boolean;
}

export function read(steps: Step[], options: ReadOptions = {}): FlowEvent[] {
  const reader = createReader(flow, options.alpn ?? null, options.limits);
  const events: FlowEvent[] = [];
  for (const step of steps) {
    if (step.length === 3) {
      events.push(...reader.end(step[0], 1));
      continue;
    }
    const bytes = typeof step[1] === 'string' ? Buffer.from(step[1], 'latin1') : step[1];
    for (const piece of options.cut?.(bytes) ?? [bytes]) {
      // A pushed chunk is only lent: events are copied at once, and the chunk is overwritten after the call.
      const lent = Buffer.from(piece);
      for (const event of reader.push(step[0], lent, 1)) events.push(copied(event));
      if (!lent.equals(piece)) throw new Error('the reader changed the bytes it was lent');
      lent.fill(0x21);
    }
  }
  if (options.close !== false) events.push(...reader.close(2).map(copied));
  return events;
}

export const byteByByte = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));

/** Cuts at the given fractions (0 to 1) of the length. */
export const cutAt =
  (fractions: number[]) =>
  (bytes: Buffer): Buffer[] => {
    const at = [...new Set(fractions.map((f) => Math.floor(f * bytes.length)))].sort((a, b) => a - b);
    const pieces: Buffer[] = [];
    let from = 0;
    for (const to of [...at, bytes.length]) {
      pieces.push(bytes.subarray(from, to));
      from = to;
    }
    return pieces;
  };

function copied(event: FlowEvent): FlowEvent {
  return 'bytes' in event ? { ...event, bytes: Buffer.from(event.bytes) } : event;
}

/** Everything said about one direction or exchange, joined: equal for every way of cutting the same bytes. */
export interface Digest {
  /** Heads, ends and upgrades in order; bodies and messages joined. */
  story: string[];
  raw: { request: string; response: string };
  unreadable: string[];
}

export function digest(events: FlowEvent[]): Digest {
  const story: string[] = [];
  const raw = { request: '', response: '' };
  const unreadable: string[] = [];
  const open = new Map<string, string>();
  for (const event of events) {
    switch (event.type) {
      case 'raw-bytes':
        raw[event.direction] += event.bytes.toString('latin1');
        break;
      case 'unreadable':
        unreadable.push(`${event.direction}: ${event.reason}`);
        break;
      case 'body-chunk': {
        const key = `body ${event.direction} ${event.exchange}`;
        open.set(key, (open.get(key) ?? '') + event.bytes.toString('latin1'));
        break;
      }
      case 'body-end': {
        const key = `body ${event.direction} ${event.exchange}`;
        story.push(`${key}: ${open.get(key) ?? ''} ${JSON.stringify(event.trailers)} complete=${event.complete}`);
        open.delete(key);
        break;
      }
      case 'message': {
        const key = `message ${event.direction} ${event.exchange} ${event.protocol} ${event.label}`;
        const text = (open.get(key) ?? '') + event.bytes.toString('latin1');
        if (event.final) story.push(`${key}: ${text}`);
        if (event.final) open.delete(key);
        else open.set(key, text);
        break;
      }
      case 'request-head':
        story.push(
          `${event.exchange} ${event.protocol} ${event.method} ${event.target} ${event.scheme} ${event.authority} ${JSON.stringify(event.headers)}`,
        );
        break;
      case 'response-head':
        story.push(`${event.exchange} ${event.status} ${JSON.stringify(event.headers)}`);
        break;
      case 'upgraded':
        story.push(`${event.exchange} upgraded to ${event.protocol}`);
        break;
      default:
        story.push(event.type);
    }
  }
  for (const [key, text] of open) story.push(`open ${key}: ${text}`);
  return { story, raw, unreadable };
}

/** All that was handed on of one direction, in its order: what a search could see. */
export function inOrder(events: FlowEvent[], direction: Direction): string {
  return events.map((event) => handedOn(event, direction)).join('');
}

function handedOn(event: FlowEvent, direction: Direction): string {
  if (event.type === 'request-head' && direction === 'request')
    return `${event.method} ${event.target} ${event.headers.flat().join(' ')} `;
  if (event.type === 'response-head' && direction === 'response') return `${event.headers.flat().join(' ')} `;
  if (!('direction' in event) || event.direction !== direction) return '';
  if (event.type === 'body-end') return event.trailers.flat().join(' ');
  return 'bytes' in event ? event.bytes.toString('latin1') : '';
}
