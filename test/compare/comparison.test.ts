/** Which values are claimed to be unknown persistent identifiers, told as tokens and events of simulated phones. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Comparing, createComparison, type Report, type Surroundings } from '../../src/compare/comparison.ts';
import type { TokenRow } from '../../src/model/comparison.ts';
import type { Flow, FlowEvent } from '../../src/model/flow.ts';
import type { Finding, InspectEvent, Kind, Token } from '../../src/model/identifier.ts';

const HOST = 'vendor.example';
const SECRET = Buffer.alloc(32, 3);
const idOf = (name: string): string => createHash('sha1').update(name).digest('hex');
const SETTINGS = {
  secret: SECRET,
  hasTwin: () => true,
  hidePath: (path: string) => path,
  hideHost: (host: string) => host,
};

type Sent = Partial<Token> & { text: string };

interface Bench {
  comparison: Comparing<Surroundings>;
  /** One request on a connection of its own. */
  send(device: string, tokens: Sent[], more?: More): Report<Surroundings>[];
}

interface More {
  model?: string | null;
  phase?: string;
  host?: string;
  found?: { kind: Kind; path: string }[];
  headers?: [string, string][];
  /** Goes on with this connection. */
  flowId?: string;
  answer?: { headers: [string, string][]; body?: Buffer };
  simulated?: boolean;
}

function bench(options: Partial<Parameters<typeof createComparison>[0]> = {}): Bench {
  const comparison = createComparison<Surroundings>({ ...SETTINGS, ...options });
  let flows = 0;
  let time = 1_763_800_000_000;
  const opened = new Set<string>();

  function send(device: string, tokens: Sent[], more: More = {}): Report<Surroundings>[] {
    const { model = 'X', phase, host = HOST, headers = [], found = [], answer, simulated = false } = more;
    const id = more.flowId ?? `flow-${++flows}`;
    const flow = { id, destination: { host, port: 443, ip: null }, simulated } as Flow;
    time += 1000;
    const around = { flow, device: { id: device, model }, case: phase ? { id: 'case', phase } : null, time };
    const context = (): Surroundings => around;
    const base = { flowId: id, exchange: 1, time };
    const reports: Report<Surroundings>[] = [];
    const take = (event: FlowEvent, results: InspectEvent[] = []): void => {
      reports.push(...comparison.take(event, results, context));
    };
    if (!opened.has(id)) take({ type: 'flow-opened', flow, time });
    opened.add(id);
    take({
      ...base,
      type: 'request-head',
      protocol: 'h2',
      method: 'POST',
      target: '/',
      scheme: 'https',
      authority: host,
      headers,
    });
    for (const token of tokens)
      comparison.token({ flow: id, exchange: 1, where: 'body', path: '$.id', key: 'id', decoding: ['json'], ...token });
    const results = found.map(
      ({ kind, path }): InspectEvent => ({
        type: 'finding',
        finding: {
          exchange: 1,
          identifier: { kind, confidence: 'likely' },
          evidence: { where: 'body', path },
        } as Finding,
      }),
    );
    take({ ...base, type: 'body-end', direction: 'request', trailers: [], complete: true }, results);
    if (answer) {
      take({ ...base, type: 'response-head', status: 200, headers: answer.headers });
      if (answer.body) take({ ...base, type: 'body-chunk', direction: 'response', bytes: answer.body });
      take({ ...base, type: 'body-end', direction: 'response', trailers: [], complete: true });
    }
    if (!more.flowId)
      take({ type: 'flow-closed', flowId: id, time, reason: 'ended', detail: null, bytesUp: 0, bytesDown: 0 });
    return reports;
  }
  return { comparison, send };
}

/** Both phones send the same requests in turn; what was claimed, by phone. */
function claims(
  rounds: number,
  tokens: (device: string, round: number) => Sent[],
  more: More = {},
  on = bench(),
): string[] {
  const claimed = new Set<string>();
  for (let round = 0; round < rounds; round++)
    for (const device of ['a', 'b'])
      for (const { finding, context } of on.send(device, tokens(device, round), more))
        claimed.add(`${context.device.id} ${finding.evidence.where} ${finding.evidence.path}`);
  return [...claimed].sort();
}

const BOTH = ['a body $.id', 'b body $.id'];

describe('an unknown persistent identifier', () => {
  it('is claimed for both phones once each has sent it often enough', () => {
    const on = bench({ minRequests: 3 });
    const said = (device: string): string[] =>
      on.send(device, [{ text: idOf(device) }]).map((one) => one.context.device.id);
    expect([said('a'), said('b'), said('a'), said('b'), said('a')]).toEqual([[], [], [], [], []]);
    expect(said('b')).toEqual(['b', 'a']);
    // From now on every sighting counts.
    expect([said('a'), said('b')]).toEqual([['a'], ['b']]);
  });

  it('is never claimed by holding a replay against the world', () => {
    const on = bench({ minRequests: 2 });
    const said = (device: string, simulated: boolean): number =>
      on.send(device, [{ text: idOf(device) }], { simulated }).length;
    for (let round = 0; round < 4; round++) expect([said('a', false), said('replay.a', true)]).toEqual([0, 0]);
    const rows: TokenRow[] = [];
    on.comparison.save((some) => rows.push(...some) > 0);
    expect(rows.map(({ device, simulated }) => [device, simulated])).toEqual([
      ['a', false],
      ['replay.a', true],
    ]);
    const later = bench({ minRequests: 2 });
    later.comparison.load(rows);
    expect(later.send('b', [{ text: idOf('b') }], { simulated: true }).length).toBe(0);
    expect(later.send('b', [{ text: idOf('b') }], { simulated: true }).length).toBeGreaterThan(0);
  });

  it('says where, how often, and on which other phone it is another one; never the value', () => {
    const on = bench({ minRequests: 2 });
    for (const device of ['a', 'a', 'b']) on.send(device, [{ text: idOf(device) }], { phase: 'boot' });
    const [late] = on.send('b', [{ text: idOf('b') }], { phase: 'after-consent' }).slice(1);
    const [now] = on.send('b', [{ text: idOf('b'), path: '$.id' }], { phase: 'after-consent' });
    expect(now?.finding).toMatchObject({
      identifier: {
        kind: 'vendor_id',
        known: false,
        confidence: 'likely',
        masked: '40 hex digits',
        reasoning:
          'unknown persistent identifier: 40 hex digits, the same in 3 requests over 3 connections of this phone (boot, after-consent), another one on a of the same model',
      },
      evidence: { where: 'body', path: '$.id', decoding: ['json'] },
      seen: idOf('b'),
    });
    expect(late).toMatchObject({ context: { device: { id: 'a' } }, finding: { seen: '', evidence: { path: '$.id' } } });
    expect(late?.finding.value).not.toContain(idOf('a').slice(0, 8));
  });

  it.each<[string, (device: string, round: number) => Sent[]]>([
    [
      'in a path segment, wherever in the path it stands',
      (device) => [{ where: 'path', path: '[3]', key: 'dev', text: idOf(device) }],
    ],
    ['in a header', (device) => [{ where: 'header', path: 'header:X-Client', key: 'X-Client', text: idOf(device) }]],
    ['in a list, always the same', (device, round) => [{ path: `$.data[${round}].id`, text: idOf(device) }]],
    [
      'inside another layer, whose outside changes',
      (device, round) => [
        {
          path: '$.d',
          decoding: ['json'],
          text: Buffer.from(`{"id":"${idOf(device)}","n":${round}}`).toString('base64url'),
        },
        { path: '$.d:$.id', decoding: ['json:$.d', 'base64url', 'json'], text: idOf(device) },
      ],
    ],
  ])('is found %s', (_name, tokens) => {
    expect(claims(6, tokens).map((claim) => claim[0])).toEqual(expect.arrayContaining(['a', 'b']));
  });

  it('is claimed once where layers lie in one another: in the innermost', () => {
    const packed = (device: string): Sent[] => [
      { path: '$.d', text: Buffer.from(`{"id":"${idOf(device)}"}`).toString('base64url') },
      { path: '$.d:$.id', decoding: ['json', 'base64url', 'json'], text: idOf(device) },
    ];
    expect(claims(8, packed)).toEqual(['a body $.d:$.id', 'b body $.d:$.id']);
  });

  it.each<[string, Partial<Sent>]>([
    ['another place', { path: '$.serial' }],
    ['the same place, packed otherwise', { path: '$.d', decoding: ['json', 'hex'] }],
  ])('is claimed beside what is packed in layers of %s', (_where, beside) => {
    const tokens = (device: string): Sent[] => [
      { text: idOf(`serial ${device}`), ...beside },
      { path: '$.d:$.id', decoding: ['json', 'base64url', 'json'], text: idOf(device) },
    ];
    expect(claims(8, tokens)).toEqual(
      ['a', 'b'].flatMap((device) => [`${device} body ${beside.path}`, `${device} body $.d:$.id`].toSorted()),
    );
  });

  it('is found between phones that nobody registered, by what they call themselves', () => {
    const headers: [string, string][] = [
      ['User-Agent', 'Dalvik/2.1.0 (Linux; U; Android 9; TA-1046 Build/PPR1.180610.011)'],
    ];
    expect(claims(6, (device) => [{ text: idOf(device) }], { model: null, headers })).toEqual(BOTH);
    expect(claims(6, (device) => [{ text: idOf(device) }], { model: null })).toEqual([]);
  });

  it('needs several connections, not only several requests', () => {
    const on = bench();
    for (let round = 0; round < 9; round++)
      for (const device of ['a', 'b'])
        expect(on.send(device, [{ text: idOf(device) }], { flowId: `one-${device}` })).toEqual([]);
  });
});

describe('no identifier', () => {
  const control: [string, (device: string, round: number) => Sent[]][] = [
    ['what all phones share', () => [{ text: idOf('firmware') }]],
    ['a nonce', (device, round) => [{ text: idOf(`${device}${round}`) }]],
    [
      'a counter',
      (device, round) => [{ text: String((device === 'a' ? 100_000_000_000_003 : 700_000_000_000_001) + round) }],
    ],
    ['the time of installation', (device) => [{ text: device === 'a' ? '1763800000123' : '1763900000456' }]],
    ['a setting', (device) => [{ text: device === 'a' ? 'Asia/Ho_Chi_Minh' : 'Europe/Oslo' }]],
    ['a version', (device) => [{ text: device === 'a' ? '7.32.1-release' : '7.33.0-release' }]],
    ['an address', (device) => [{ text: device === 'a' ? '192.168.1.101' : '192.168.1.102' }]],
    ['a credential, by its name', (device) => [{ path: '$.access_token', key: 'access_token', text: idOf(device) }]],
    ['several values in one place', (device, round) => [{ text: idOf(`${device}${round % 3}`) }]],
  ];
  it.each(control)('is %s', (_name, tokens) => expect(claims(12, tokens)).toEqual([]));

  it('is what the detector knows already, or what stands around it', () => {
    const found = [{ kind: 'android_id' as const, path: '$.id' }];
    expect(claims(8, (device) => [{ text: idOf(device) }], { found })).toEqual([]);
    expect(claims(8, (device) => [{ path: '$', text: idOf(device) }], { found })).toEqual([]);
    expect(claims(8, (device) => [{ path: '$.idx', text: idOf(device) }], { found })).toEqual([
      'a body $.idx',
      'b body $.idx',
    ]);
  });

  it('is what the server gave out: in a cookie, in an answer in clear or compressed', () => {
    const gifts: ((text: string) => NonNullable<More['answer']>)[] = [
      (text) => ({ headers: [['Set-Cookie', `uid=${text}; Path=/`]] }),
      (text) => ({ headers: [['Content-Type', 'application/json']], body: Buffer.from(`{"key":"${text}"}`) }),
      (text) => ({
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Encoding', 'gzip'],
        ],
        body: gzipSync(`{"key":"${text}"}`),
      }),
    ];
    for (const gift of gifts) {
      const on = bench();
      for (const device of ['a', 'b']) on.send(device, [], { answer: gift(idOf(device)) });
      expect(claims(8, (device) => [{ text: idOf(device) }], {}, on)).toEqual([]);
    }
  });

  it('but it is one when the server only repeats it', () => {
    const on = bench();
    for (const device of ['a', 'b'])
      on.send(device, [{ text: idOf(device) }], { answer: { headers: [['Set-Cookie', `uid=${idOf(device)}`]] } });
    expect(claims(8, (device) => [{ text: idOf(device) }], {}, on)).toEqual(BOTH);
  });

  it('is claimed between phones of different models, or at different hosts', () => {
    const on = bench();
    for (let round = 0; round < 9; round++) {
      expect(on.send('a', [{ text: idOf('a') }])).toEqual([]);
      expect(on.send('b', [{ text: idOf('b') }], { model: 'Y' })).toEqual([]);
      expect(on.send('c', [{ text: idOf('c') }], { host: 'other.example' })).toEqual([]);
    }
  });

  it('is a value that two of three phones share', () => {
    const on = bench();
    const textOf = (device: string): string => idOf(device === 'c' ? 'a' : device);
    for (let round = 0; round < 9; round++)
      for (const device of ['a', 'c', 'b']) expect(on.send(device, [{ text: textOf(device) }])).toEqual([]);
  });

  it('is a credential by name, unless it outlives a phase', () => {
    const tokens = (device: string): Sent[] => [{ path: '$.session', key: 'session', text: idOf(device) }];
    const on = bench();
    expect(claims(8, tokens, { phase: 'before-reboot' }, on)).toEqual([]);
    expect(claims(8, tokens, { phase: 'after-reboot' }, on)).toEqual(['a body $.session', 'b body $.session']);
  });
});

describe('what is remembered', () => {
  const rowsOf = (on: Bench): TokenRow[] => {
    const all: TokenRow[] = [];
    on.comparison.save((rows) => {
      all.push(...rows);
      return true;
    });
    return all;
  };

  it('goes to the store as keyed hashes, once, and what failed to be written comes again', () => {
    const on = bench();
    on.send('a', [{ text: idOf('a') }], { phase: 'boot' });
    on.comparison.save(() => false);
    const rows = rowsOf(on);
    expect(rows).toMatchObject([
      {
        device: 'a',
        model: 'X',
        caseId: 'case',
        phase: 'boot',
        host: HOST,
        where: 'body',
        path: '$.id',
        shape: '40 hex digits',
        requests: 1,
      },
    ]);
    expect(rows[0]?.hash).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.stringify(rows)).not.toContain(idOf('a').slice(0, 8));
    expect(rowsOf(on)).toEqual([]);
  });

  it('serves the next run of the lab, with the same secret only', () => {
    const before = bench();
    for (let round = 0; round < 6; round++)
      for (const device of ['a', 'b']) before.send(device, [{ text: idOf(device) }]);
    const rows = rowsOf(before);
    const after = bench();
    after.comparison.load(rows);
    expect(after.send('a', [{ text: idOf('a') }]).map((one) => one.context.device.id)).toEqual(['a']);
    // A value that is another one than in the run before does not persist.
    expect(after.send('b', [{ text: idOf('b again') }])).toEqual([]);
    const elsewhere = bench({ secret: Buffer.alloc(32, 4) });
    elsewhere.comparison.load(rows);
    for (let round = 0; round < 9; round++) expect(elsewhere.send('a', [{ text: idOf('a') }])).toEqual([]);
  });

  it('what changes all the time is remembered as such, once, and not compared again in the next run', () => {
    const before = bench();
    for (let round = 0; round < 40; round++) before.send('a', [{ text: idOf(`${round}`) }]);
    const rows = rowsOf(before);
    expect(rows.filter(({ hash }) => hash === null)).toMatchObject([{ path: '$.id', shape: '', requests: 0 }]);
    const after = bench();
    after.comparison.load(rows);
    for (let round = 0; round < 9; round++) expect(after.send('a', [{ text: idOf('a') }])).toEqual([]);
    expect(rowsOf(after)).toEqual([]);
  });

  it('holds no name that may itself be an id, and no word of the phone', () => {
    const on = bench({ hidePath: (path) => path.replace('LabWiFi', '…') });
    on.send('a', [
      { path: '$["490154203237518"].id', text: idOf('a') },
      { path: '$["LabWiFi"].id', text: idOf('b') },
      { where: 'path', path: '[2]', key: '9774d56d682e549c', text: idOf('c') },
    ]);
    expect(
      rowsOf(on)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['$["*"].id', '$["…"].id', '/*/*']);
  });

  it('is bounded, whatever phones send', () => {
    const on = bench();
    for (let round = 0; round < 300; round++) {
      const names = Array.from({ length: 300 }, (_, n) => ({ path: `$.k${round}x${n}`, text: idOf(`${round} ${n}`) }));
      on.send('a', names, { host: `h${round}.example` });
    }
    const { places, turnedAway } = on.comparison.stats();
    expect(places).toBeLessThanOrEqual(20_000);
    expect(turnedAway).toBeGreaterThan(0);
  });

  it('claims nothing about random traffic, and never throws', () => {
    const token = fc.record({
      text: fc.string({ minLength: 1, maxLength: 40 }),
      path: fc.oneof(fc.constant(null), fc.constantFrom('$.a', '$.b[0].c', 'x'), fc.string({ maxLength: 12 })),
      key: fc.oneof(fc.constant(null), fc.string({ maxLength: 8 })),
      where: fc.constantFrom('body' as const, 'query' as const, 'path' as const, 'sni' as const),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.array(token, { maxLength: 6 })), { maxLength: 30 }),
        (requests) => {
          const on = bench();
          for (const [device, tokens] of requests) on.send(device, tokens);
          // All of it again, from both phones alike: what is equal is no identifier.
          const again = bench();
          for (let round = 0; round < 3; round++)
            for (const [, tokens] of requests)
              for (const device of ['a', 'b']) expect(again.send(device, tokens)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('what is compared', () => {
  it.each(['sni', 'dns', 'raw'] as const)('are no values of %s', (where) => {
    expect(claims(4, (device) => [{ text: idOf(device), where }])).toEqual([]);
  });

  it('is the registered model, whatever the user agent says', () => {
    const on = bench({ minRequests: 2 });
    const said = [0, 1, 2].flatMap(() =>
      ['a', 'b'].flatMap((device) => {
        const headers: [string, string][] = [['User-Agent', `App (Linux; Android 10; Model ${device} Build/1)`]];
        return on.send(device, [{ text: idOf(device) }], { headers });
      }),
    );
    expect(said.length).toBeGreaterThan(0);
  });

  it('counts a value that stands twice in one place of a request once', () => {
    const on = bench({ minRequests: 3 });
    const twice = (device: string): number => on.send(device, [{ text: idOf(device) }, { text: idOf(device) }]).length;
    expect([1, 2].flatMap(() => ['a', 'b'].map(twice))).toEqual([0, 0, 0, 0]);
    expect([twice('a'), twice('b')]).toEqual([0, 2]);
  });

  it('is nothing of a connection that nobody told of', () => {
    const { comparison } = bench();
    const token = { exchange: 1, where: 'body', path: '$.id', key: 'id', decoding: [] } as const;
    expect(() => comparison.token({ ...token, flow: 'none', text: idOf('a') })).not.toThrow();
  });

  it('is no place that the other phone never used', () => {
    const on = bench({ minRequests: 2 });
    const said = (device: string): number => on.send(device, [{ text: idOf(device), path: `$.${device}` }]).length;
    expect([1, 2, 3, 4].flatMap(() => ['a', 'b'].map(said))).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('of messages is what the phone sent, when its message is whole', () => {
    const { comparison } = bench({ minRequests: 2 });
    let time = 1_763_800_000_000;
    const flowOf = (id: string): Flow =>
      ({ id, destination: { host: HOST, port: 443, ip: null }, simulated: false }) as Flow;
    const say = (device: string, round: number, direction: 'request' | 'response', final: boolean): number => {
      const id = `${device}-${round}`;
      const around = { flow: flowOf(id), device: { id: device, model: 'X' }, case: null, time: ++time };
      const take = (event: FlowEvent): number => comparison.take(event, [], () => around).length;
      take({ type: 'flow-opened', flow: around.flow, time });
      comparison.token({
        flow: id,
        exchange: 1,
        where: 'message',
        path: '$.id',
        key: 'id',
        decoding: ['json'],
        text: idOf(device),
      });
      const message = {
        type: 'message',
        flowId: id,
        exchange: 1,
        time,
        protocol: 'websocket',
        label: '',
        bytes: Buffer.alloc(0),
      } as const;
      return take({ ...message, direction, final });
    };
    for (const round of [1, 2, 3]) for (const device of ['a', 'b']) say(device, round, 'request', true);
    expect(say('a', 4, 'request', true)).toBe(1);
    expect(say('a', 5, 'request', false)).toBe(0);
    expect(say('a', 6, 'response', true)).toBe(0);
    expect(say('a', 7, 'response', false)).toBe(0);
  });
});
