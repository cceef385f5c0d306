/** Two phones, or two runs of one, from stored rows: tables of what a comparison must say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSides } from '../../src/compare/runs.ts';
import type { SideRecord, TokenRow } from '../../src/model/comparison.ts';

const row = (change: Partial<TokenRow>): TokenRow => ({
  device: 'a',
  model: 'X',
  caseId: null,
  phase: null,
  host: 'vendor.example',
  where: 'body',
  path: '$.id',
  hash: 'h1',
  shape: '40 hex digits',
  kind: null,
  issued: false,
  requests: 3,
  connections: 3,
  firstSeen: 1,
  lastSeen: 2,
  ...change,
});

function side(name: string, device: string, change: Partial<SideRecord> = {}): SideRecord {
  return {
    name,
    title: name,
    simulated: false,
    tokens: [],
    identifiers: [],
    flows: [{ device, host: 'vendor.example', owner: 'Vendor', requests: 2 }],
    findings: [],
    contacts: {},
    watchedMs: 0,
    marks: {},
    ...change,
  };
}
const tokens = (device: string, ...changes: Partial<TokenRow>[]): Partial<SideRecord> => ({
  tokens: changes.map((change) => row({ device, ...change })),
});
const short = ({ differences }: ReturnType<typeof compareSides>): string[] =>
  differences.map(({ change, what, host, kind, path }) => [change, what, host, kind, path].filter(Boolean).join(' '));

describe('two phones', () => {
  const compare = (a: Partial<TokenRow>[], b: Partial<TokenRow>[]) =>
    compareSides(side('a', 'a', tokens('a', ...a)), side('b', 'b', tokens('b', ...b)));

  it('are told apart by what is steady on each and another one on each', () => {
    const { of, persistent } = compare([{}], [{ hash: 'h2', requests: 5 }]);
    expect(of).toBe('phones');
    expect(persistent).toEqual([
      {
        host: 'vendor.example',
        where: 'body',
        path: '$.id',
        shape: '40 hex digits',
        kind: null,
        requests: { a: 3, b: 5 },
      },
    ]);
  });

  it('are listed by their receivers, each with how much it sent', () => {
    const hosts = ['m.example', 'z.example', 'a.example'];
    const all = (device: string, hash: string): Partial<SideRecord> => ({
      ...tokens(device, ...hosts.map((host) => ({ host, hash }))),
      flows: hosts.map((host) => ({ device, host, owner: null, requests: 4 })),
    });
    const { a, persistent } = compareSides(side('a', 'a', all('a', 'h1')), side('b', 'b', all('b', 'h2')));
    expect(persistent.map(({ host }) => host)).toEqual(['a.example', 'm.example', 'z.example']);
    expect(a).toMatchObject({ hosts: 3, requests: 12 });
  });

  it.each([
    [{ kind: 'vendor_id' as const }, {}],
    [{}, { kind: 'vendor_id' as const }],
  ])('say the kind that was recognised on either', (a, b) => {
    expect(compare([a], [{ hash: 'h2', ...b }]).persistent).toMatchObject([{ kind: 'vendor_id' }]);
  });

  it.each<[string, Partial<TokenRow>[], Partial<TokenRow>[]]>([
    ['the same value on both', [{}], [{}]],
    ['a value seen once', [{ requests: 1 }], [{ hash: 'h2' }]],
    ['a value that changed', [{}, { hash: 'h3' }], [{ hash: 'h2' }]],
    ['a nonce', [{ hash: null }], [{ hash: 'h2' }]],
    ['a session of the server', [{ issued: true }], [{ hash: 'h2', issued: true }]],
    ['a credential by name', [{ path: '$.access_token' }], [{ path: '$.access_token', hash: 'h2' }]],
    ['a credential by its last name', [{ path: '$.user.access_token' }], [{ path: '$.user.access_token', hash: 'h2' }]],
    ['another place', [{}], [{ path: '$.other', hash: 'h2' }]],
    ['another host', [{}], [{ host: 'other.example', hash: 'h2' }]],
  ])('are not told apart by %s', (_name, a, b) => expect(compare(a, b).persistent).toEqual([]));
});

describe('two runs of one phone', () => {
  const compare = (before: Partial<SideRecord>, after: Partial<SideRecord>) =>
    compareSides(side('before', 'a', before), side('after', 'a', after));

  it.each<[string, Partial<TokenRow>[], Partial<TokenRow>[], string[]]>([
    ['survived', [{}], [{}], ['kept token vendor.example $.id']],
    ['changed', [{}], [{ hash: 'h2' }], ['changed token vendor.example $.id']],
    ['appeared', [], [{}], ['appeared token vendor.example $.id']],
    ['disappeared', [{}], [], ['disappeared token vendor.example $.id']],
  ])('say what %s', (_name, before, after, differences) => {
    const comparison = compare(tokens('a', ...before), tokens('a', ...after));
    expect(comparison.of).toBe('runs');
    expect(short(comparison)).toEqual(differences);
    expect(comparison.persistent).toEqual([]);
  });

  it('leave out what is another one every time, and count it', () => {
    const comparison = compare(tokens('a', { hash: null }, { path: '$.n' }), tokens('a', { hash: 'h2' }));
    expect(short(comparison)).toEqual(['disappeared token vendor.example $.n']);
    expect(comparison.volatile).toBe(1);
  });

  it('say which destinations came and went', () => {
    const comparison = compare(
      { flows: [{ device: 'a', host: 'old.example', owner: 'Old', requests: 1 }] },
      { flows: [{ device: 'a', host: 'new.example', owner: 'New', requests: 1 }] },
    );
    expect(short(comparison)).toEqual(['appeared destination new.example', 'disappeared destination old.example']);
    expect(comparison.differences[0]).toMatchObject({ owner: 'New' });
  });

  it('say of an identifier whether it is still sent, and whether its value is another one', () => {
    const gaid = {
      device: 'a',
      kind: 'advertising_id',
      host: 'vendor.example',
      owner: 'Vendor',
      where: 'body',
    } as const;
    const before = {
      identifiers: [{ ...gaid, path: '$.list[0].gaid' }],
      ...tokens('a', { path: '$.list[].gaid', kind: 'advertising_id' }),
    };
    const after = { identifiers: [{ ...gaid, path: '$.list[4].gaid' }] };
    expect(
      short(compare(before, { ...after, ...tokens('a', { path: '$.list[].gaid', kind: 'advertising_id' }) })),
    ).toEqual(['kept identifier vendor.example advertising_id $.list[].gaid']);
    expect(
      short(
        compare(before, { ...after, ...tokens('a', { path: '$.list[].gaid', hash: 'h2', kind: 'advertising_id' }) }),
      ),
    ).toEqual(['changed identifier vendor.example advertising_id $.list[].gaid']);
    expect(short(compare(before, {}))).toContain('disappeared identifier vendor.example advertising_id $.list[].gaid');
  });
});

it('a comparison read backwards says the opposite', () => {
  const anyRow = fc.record({
    host: fc.constantFrom('x.example', 'y.example'),
    path: fc.constantFrom(null, '$.a', '$.b[].c'),
    hash: fc.constantFrom(null, 'h1', 'h2'),
    requests: fc.integer({ min: 1, max: 9 }),
    issued: fc.boolean(),
  });
  const rows = fc.array(anyRow, { maxLength: 12 });
  const opposite = { appeared: 'disappeared', disappeared: 'appeared', changed: 'changed', kept: 'kept' } as const;
  fc.assert(
    fc.property(rows, rows, fc.boolean(), (one, two, same) => {
      const a = side('a', 'a', tokens('a', ...one));
      const b = side('b', same ? 'a' : 'b', tokens(same ? 'a' : 'b', ...two));
      const [there, back] = [compareSides(a, b), compareSides(b, a)];
      const essence = (comparison: typeof there, turn: boolean): string[] =>
        comparison.differences
          .map(({ change, what, host, where, path }) =>
            JSON.stringify([turn ? opposite[change] : change, what, host, where, path]),
          )
          .sort();
      expect(essence(there, false)).toEqual(essence(back, true));
      expect(there.persistent.length).toBe(back.persistent.length);
      expect(there.volatile).toBe(back.volatile);
    }),
  );
});
