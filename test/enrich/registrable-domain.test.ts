import fc from 'fast-check';
import { getDomain as full } from 'tldts';
import { getDomain as small } from 'tldts-experimental/dist/index.esm.min.js';
import { expect, it } from 'vitest';

const SUFFIXES = [
  ...[
    'com',
    'vn',
    'com.vn',
    'co.id',
    'co.uk',
    'com.cn',
    'ck',
    'www.ck',
    'kobe.jp',
    'city.kobe.jp',
    'github.io',
    'google',
  ],
  ...['amazonaws.com', 'xn--fiqs8s', 'k12.ma.us', 'no-such-domain', 'compute.amazonaws.com.cn', 'parliament.nz'],
];
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/);

it('below suffixes that exist, the list kept as hashes names the same registrable domain as the list itself', () => {
  const host = fc
    .tuple(fc.array(label, { maxLength: 4 }), fc.constantFrom(...SUFFIXES))
    .map(([labels, suffix]) => [...labels, suffix].join('.'));
  fc.assert(
    fc.property(host, (name) => {
      expect(small(name)).toBe(full(name));
    }),
    { numRuns: 2000 },
  );
});
