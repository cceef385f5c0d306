/** What comes again in a connection's heads is not searched again: nobody may be able to tell. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInspector } from '../../src/inspect/inspector.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import type { InspectEvent, Token } from '../../src/model/identifier.ts';
import { closed, labFlow, labPhone } from './lab-phone.ts';

interface Request {
  target: string;
  headers: [string, string][];
  body: Buffer;
}

function head(exchange: number, { target, headers }: Request): FlowEvent {
  return {
    type: 'request-head',
    flowId: 'f',
    exchange,
    time: 0,
    protocol: 'h2',
    method: 'POST',
    target,
    scheme: 'https',
    authority: 'vendor.example',
    headers,
  };
}

interface Seen {
  results: InspectEvent[];
  tokens: Token[];
}

/** What each of these requests brings to light, on one connection. */
function oneConnection(requests: readonly Request[]): Seen[] {
  let tokens: Token[] = [];
  const inspector = createInspector({ deviceFor: () => labPhone, onToken: (token) => tokens.push(token) });
  inspector.push(labFlow('f'));
  return requests.map((request, index) => {
    tokens = [];
    const exchange = index + 1;
    const base = { flowId: 'f', exchange, time: 0, direction: 'request' } as const;
    const results = [
      ...inspector.push(head(exchange, request)),
      ...inspector.push({ ...base, type: 'body-chunk', bytes: request.body }),
      ...inspector.push({ ...base, type: 'body-end', trailers: [], complete: true }),
    ];
    return { results, tokens };
  });
}

function eachAlone(requests: readonly Request[]): Seen[] {
  return requests.map((request) => oneConnection([request])[0]!);
}

/** The number of the exchange is all that may differ. */
function plain({ results, tokens }: Seen): unknown {
  return {
    results: results.map((event) =>
      event.type === 'finding' ? { ...event, finding: { ...event.finding, exchange: 0 } } : { ...event, exchange: 0 },
    ),
    tokens: tokens.map((token) => ({ ...token, exchange: 0 })),
  };
}

const EMPTY = Buffer.alloc(0);
const imei = '490154203237518';
const request = (target: string, headers: [string, string][] = [], body = EMPTY): Request => ({
  target,
  headers,
  body,
});

describe('heads that come again', () => {
  it('a value found in one is found in every one', () => {
    const same = request(`/report?id=${imei}`, [['x-imei', imei]]);
    const found = oneConnection([same, same, same]).map(({ results }) => results.length);
    expect(found).toEqual([2, 2, 2]);
  });

  it('a value that takes the place of a harmless one is found', () => {
    const before = request('/report/7', [['x-tag', 'harmless-0001']]);
    const after = request(`/report/${imei}`, [['x-tag', imei]]);
    const [, , third, fourth] = oneConnection([before, before, before, after]);
    expect(third?.results).toEqual([]);
    expect(fourth?.results).toHaveLength(2);
  });

  it('fields that changed places, or are fewer, are not taken for one another', () => {
    const ab = request('/', [
      ['a', 'harmless-0001'],
      ['x-imei', imei],
    ]);
    const ba = request('/', [
      ['x-imei', imei],
      ['a', 'harmless-0001'],
    ]);
    const one = request('/', [['a', 'harmless-0001']]);
    expect(oneConnection([ab, ba, one, ba, ab]).map(({ results }) => results.length)).toEqual([1, 1, 0, 1, 1]);
  });

  it('a key that came in a repeated field still opens the body', () => {
    const key = Buffer.from('k3y9Zq7Lm2Xw');
    const text = Buffer.from(`{"device":"${imei}","sent":"by the lab","padding":"so that it is long enough"}`);
    const body = Buffer.from(text.map((byte, at) => byte ^ key[at % key.length]!));
    const closedUp = request('/report', [['x-session', key.toString()]], body);
    const seen = oneConnection([closedUp, closedUp, closedUp, closedUp]);
    const alone = plain(eachAlone([closedUp])[0]!);
    expect(seen[0]!.results.some((event) => event.type === 'finding')).toBe(true);
    for (const each of seen) expect(plain(each)).toEqual(alone);
  });

  it('what any series of requests brings to light is what each of them does alone', () => {
    const value = fc.constantFrom(
      imei,
      'harmless-0001',
      'A1b2C3d4E5f6',
      'eyJpbWVpIjoiNDkwMTU0MjAzMjM3NTE4In0=',
      '{"id":"490154203237518"}',
      'b1946ac92492d2347c6235b4d2611184',
    );
    const name = fc.constantFrom('x-imei', 'x-tag', 'cookie', 'authorization', 'accept', 'user-agent');
    const any = fc.record({
      target: fc.oneof(
        value.map((text) => `/v1/${text}`),
        fc.tuple(name, value).map(([key, text]) => `/v1?${key}=${text}&b=harmless-0001`),
      ),
      headers: fc.array(
        fc.tuple(name, value).map(([key, text]): [string, string] => [key, key === 'cookie' ? `s=${text}` : text]),
        { maxLength: 5 },
      ),
      body: value.map((text) => Buffer.from(`{"v":"${text}"}`)),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 3 }), (some) => {
        // Each comes several times, near and far.
        const requests = [...some, ...some, ...some.flatMap((each) => [each, each, each])];
        const together = oneConnection(requests).map(plain);
        expect(together).toEqual(eachAlone(requests).map(plain));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a phone registered anew while its connection is open', () => {
  it('is searched for what is registered now from the next request on', () => {
    const other = 'LABSERIAL0002';
    let device = labPhone;
    const inspector = createInspector({ deviceFor: () => device });
    inspector.push(labFlow('f'));
    const same = request('/', [['x-tag', other]]);
    for (let exchange = 1; exchange < 4; exchange++) expect(inspector.push(head(exchange, same))).toEqual([]);
    device = { ...labPhone, identifiers: { ...labPhone.identifiers, serial: [other] } };
    expect(inspector.push(head(4, same))).toMatchObject([
      { type: 'finding', finding: { identifier: { kind: 'serial', known: true } } },
    ]);
    device = labPhone;
    expect(inspector.push(head(5, same))).toEqual([]);
  });
});

describe('a closed connection', () => {
  it('takes its latest head with it', () => {
    const inspector = createInspector({ deviceFor: () => labPhone });
    const harmless = request('/', [['x-tag', 'harmless-0001']]);
    for (const _ of [1, 2]) {
      inspector.push(labFlow('f'));
      expect(inspector.push(head(1, request('/', [['x-tag', imei]])))).toHaveLength(1);
      for (let exchange = 2; exchange < 5; exchange++) expect(inspector.push(head(exchange, harmless))).toEqual([]);
      inspector.push(closed('f'));
    }
  });
});

it('a latitude that comes again still belongs to another longitude', () => {
  const inspector = createInspector({ deviceFor: () => null });
  const told = [labFlow('f')].flatMap((event) => inspector.push(event));
  for (const [index, lon] of ['105.8342', '105.8342', '105.9917'].entries()) {
    const headers: [string, string][] = [
      ['X-Latitude', '21.0278'],
      ['X-Longitude', lon],
    ];
    told.push(...inspector.push(head(index, { target: '/', headers, body: Buffer.alloc(0) })));
  }
  expect(told.flatMap((event) => (event.type === 'finding' ? [event.finding.value] : []))).toEqual([
    '21.0278,105.8342',
    '21.0278,105.8342',
    '21.0278,105.9917',
  ]);
});
