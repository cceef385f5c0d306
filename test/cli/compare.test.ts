/** What `phonehome compare` says to a person. */
import { expect, describe as group, it } from 'vitest';
import { describe } from '../../src/cli/commands/compare.ts';
import type { Comparison, Difference } from '../../src/model/comparison.ts';

const side = (name: string) => ({
  name,
  title: 'Nokia 7 Plus',
  devices: [name],
  hosts: 3,
  requests: 40,
  simulated: false,
});
const difference = (change: Difference['change'], more: Partial<Difference> = {}): Difference => ({
  change,
  what: 'token',
  host: 'report.vendor.example',
  owner: 'Vendor',
  kind: null,
  where: 'body',
  path: '$.u',
  shape: '64 hex digits',
  ...more,
});
const said = (change: Partial<Comparison>): string =>
  describe(
    {
      ...{ a: side('a-01'), b: side('b-02'), of: 'runs', persistent: [], differences: [], volatile: 0 },
      ...{ changes: [], claims: [], watchedMs: { a: 0, b: 0 } },
      ...change,
    },
    false,
  ).join('\n');

group('compare', () => {
  it('says of two phones what tells them apart, and of the rest who has it', () => {
    const text = said({
      of: 'phones',
      persistent: [
        {
          host: 'report.vendor.example',
          where: 'body',
          path: '$.u',
          shape: '64 hex digits',
          kind: null,
          requests: { a: 6, b: 5 },
        },
      ],
      differences: [
        difference('appeared', { what: 'destination', where: null, path: null }),
        difference('disappeared', { what: 'identifier', kind: 'imei' }),
        difference('kept', { what: 'identifier', kind: 'iccid' }),
      ],
    });
    expect(text).toContain('these tell the two apart');
    expect(text).toMatch(/unknown +64 hex digits +report\.vendor\.example +body \$\.u +6 \+ 5 requests/);
    expect(text).toMatch(/only B +destination +report\.vendor\.example \(Vendor\)/);
    expect(text).toMatch(/only A +imei/);
    expect(text).toMatch(/both +iccid/);
  });

  it('says when nothing tells two phones apart', () => {
    expect(said({ of: 'phones' })).toContain(
      'No value was found that is the same on each phone and another one on each.',
    );
  });

  it('says of two runs what changed, what was kept, and how much was left out', () => {
    const text = said({ differences: [difference('changed'), difference('kept', { path: '$.v' })], volatile: 7 });
    expect(text).toMatch(/changed +64 hex digits +report\.vendor\.example \(Vendor\) +body \$\.u/);
    expect(text).toMatch(/kept +64 hex digits .* \$\.v/);
    expect(text).toContain('7 more values are other ones in every request and were left out.');
    expect(text).not.toContain('tell the two apart');
  });

  it('says when nothing is different', () => expect(said({})).toContain('Nothing else is different.'));
});
