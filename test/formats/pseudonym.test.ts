import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPseudonym, pseudonym } from '../../src/formats/pseudonym.ts';
import { placeholders } from '../../src/kinds/parts/placeholders.ts';
import { KINDS } from '../../src/model/words.ts';

describe('a pseudonym', () => {
  it('of any kind and value is known as one, and as nobody’s', () => {
    const isNobody = placeholders();
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.uint8Array({ minLength: 4, maxLength: 32 }), (kind, digest) => {
        const made = pseudonym(kind, digest);
        expect(isPseudonym(made)).toBe(true);
        expect(isPseudonym(`${made}-sha256`)).toBe(true);
        expect(isNobody(made)).toBe(true);
      }),
    );
  });

  it('is nothing in which a value would fit', () => {
    for (const other of [
      'redacted-imei-490154203237518',
      'redacted-imei-fjqshbsn-490154203237518',
      'redacted-imei-abcdefgh',
      'x redacted-imei-fjqshbsn',
      'redacted',
      'redacted-imei-fjqshbsn-490154203237518490154',
    ])
      expect(isPseudonym(other), other).toBe(false);
  });
});
