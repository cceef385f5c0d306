/** Hostile and huge bodies: bounded work, bounded memory, and never a silent gap. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createInspector } from '../../src/inspect/inspector.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import type { InspectEvent } from '../../src/model/identifier.ts';
import { retainedBytes } from '../retained-memory.ts';
import { closed, IMEI, inspect, labFlow, labPhone, summary } from './lab-phone.ts';

const reasons = (events: InspectEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'partially-scanned' ? [event.reason] : []));

/** 8 MB that shrink to some KB, with an IMEI before and after. */
const zeros = Buffer.concat([Buffer.from(`first=${IMEI} `), Buffer.alloc(8 << 20, 0x20), Buffer.from(` last=${IMEI}`)]);

describe('a bomb', () => {
  it.each([
    ['gzip', gzipSync(zeros)],
    ['zlib', deflateSync(zeros)],
    ['zstd', zstdCompressSync(zeros)],
  ])('of %s is looked into up to the limit, and that is said', (name, body) => {
    const events = inspect({ body });
    expect(summary(events)).toEqual([`imei body first [${name}]`]);
    // Past the budget less may come out: which bound is met first depends on what the zeros cost.
    expect(reasons(events)).toContainEqual(expect.stringMatching(`^${name}: expands more than \\d+ times`));
  });

  it('of brotli as well', () => {
    const events = inspect({ body: brotliCompressSync(zeros), headers: [['Content-Encoding', 'br']] });
    expect(reasons(events)).toContainEqual(expect.stringMatching(/^br: expands more than \d+ times/));
  });

  it('in a bomb stops earlier', () => {
    const body = gzipSync(gzipSync(Buffer.alloc(64 << 20)));
    expect(reasons(inspect({ body }))).toContainEqual(expect.stringMatching(/^gzip: expands more than \d+ times/));
  });

  it('falls on the same byte for every cutting', () => {
    const body = gzipSync(zeros);
    const whole = summary(inspect({ body }));
    for (const cuts of [1, 7, 511, 4097]) expect(summary(inspect({ body, cuts }))).toEqual(whole);
  });
});

describe('deep nesting', () => {
  it.each(['[', '{"a":'])('of 100,000 times %s hides nothing', (open) => {
    const events = inspect({ body: `${open.repeat(100_000)}"${IMEI}"` });
    expect(summary(events).map((line) => line.split(' ')[0])).toEqual(['imei']);
  });

  it('of base64 in base64 is opened to the limit, and that is said', () => {
    let body: string = `imei=${IMEI} and some text`;
    for (let i = 0; i < 8; i++) body = Buffer.from(body).toString('base64');
    expect(reasons(inspect({ body }))).toEqual(['base64 inside more than 4 layers was not looked into']);
  });

  it('of JSON in JSON strings is opened to the limit, and that is said', () => {
    let body = JSON.stringify({ a: IMEI });
    for (let i = 0; i < 12; i++) body = JSON.stringify({ a: body });
    const events = inspect({ body });
    expect(reasons(events).length).toBeGreaterThan(0);
  });
});

describe('too much of everything', () => {
  it('gives up listing after 1,000 findings, and says so', () => {
    const items = Array.from({ length: 1500 }, (_, index) => ({ [`k${index}`]: IMEI }));
    const events = inspect({ body: JSON.stringify(items) });
    expect(summary(events)).toHaveLength(1000);
    expect(reasons(events)).toEqual(['more than 1000 findings in one exchange: the rest is not listed']);
  });

  it('gives up judging shapes after many numbers, says so, and still finds registered values', () => {
    const counters = Array.from({ length: 12_000 }, (_, index) => 20_000_000_000_000 + index);
    const events = inspect({ body: JSON.stringify({ counters, imei: IMEI }) });
    expect(reasons(events)).toEqual([
      'more numbers and ids than 10000: the rest was searched for registered values only',
    ]);
    expect(summary(events)).toContain('imei body $.imei [json]');
  });
});

/** A body of `megabytes`, the same piece again and again, an IMEI at its very end. */
function upload(piece: Buffer, megabytes: number): { events: InspectEvent[]; growth: number } {
  const inspector = createInspector({ deviceFor: () => labPhone });
  const base = { flowId: 'f', exchange: 1, time: 0, direction: 'request' } as const;
  const head: FlowEvent = {
    flowId: 'f',
    exchange: 1,
    time: 0,
    type: 'request-head',
    protocol: 'http/1.1',
    method: 'PUT',
    target: '/',
    scheme: 'http',
    authority: 'x',
    headers: [],
  };
  const events: InspectEvent[] = [labFlow('f'), head].flatMap((event) => inspector.push(event));
  let before = 0;
  const times = Math.ceil((megabytes << 20) / piece.length);
  for (let i = 0; i < times; i++) {
    events.push(...inspector.push({ ...base, type: 'body-chunk', bytes: piece }));
    if (i === Math.floor(times / 4)) before = retainedBytes();
  }
  const after = retainedBytes();
  events.push(...inspector.push({ ...base, type: 'body-chunk', bytes: Buffer.from(` imei=${IMEI}`) }));
  events.push(...inspector.push({ ...base, type: 'body-end', trailers: [], complete: true }));
  events.push(...inspector.push(closed('f')));
  return { events, growth: after - before };
}

describe('a large body with an IMEI at its very end', () => {
  const piece = (text: string): Buffer => Buffer.alloc(64 << 10, text);
  it.each([
    ['one line of digits', piece('1234567890')],
    ['one line of letters', piece('A')],
    ['zeros', Buffer.alloc(64 << 10)],
    ['base64 in lines', piece(`${'QUJD'.repeat(19)}\r\n`)],
    ['quotes and backslashes', piece('\\"')],
    ['addresses', piece('a@b')],
    ['form fields', piece('a=1&'), 6],
    ['percent escapes', piece('%41%')],
  ] as [string, Buffer, number?][])(
    'of %s is searched to the end in bounded memory',
    (_name, bytes, megabytes = 24) => {
      const { events, growth } = upload(bytes, megabytes);
      expect(summary(events).filter((line) => line.startsWith('imei'))).toHaveLength(1);
      // What is kept does not grow with the body.
      expect(growth).toBeLessThan(8 << 20);
    },
  );
});
