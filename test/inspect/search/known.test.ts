/** One phone's search tables: built in steps or at once, and what a hit of a digest covers. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findKnown, type Groups, isPrepared, prepareInSteps, prepareKnown } from '../../../src/inspect/search/known.ts';
import { registry } from '../../../src/kinds/registry.ts';
import { IMEI, labPhone } from '../lab-phone.ts';

const find = (known: ReturnType<typeof prepareKnown>, text: string) => {
  const bytes = Buffer.from(text);
  const hits = findKnown(known, { bytes, from: 0, binary: false, final: true, isStart: true });
  return hits.map(({ start, end, pattern }) => ({ text: text.slice(start, end), kind: pattern.kind }));
};

describe('the tables of one phone', () => {
  it('are the same when they are built in steps, of which there are many', () => {
    const steps = prepareInSteps({ ...labPhone }, registry);
    let count = 0;
    let step = steps.next();
    for (; !step.done; step = steps.next()) count++;
    const atOnce = prepareKnown({ ...labPhone }, registry);
    expect(count).toBeGreaterThan(100);
    expect(step.value.patterns).toBe(atOnce.patterns);
    const groupsOf = (sieves: Groups) => sieves.flatMap(({ groups }) => groups);
    expect(groupsOf(step.value.text).map(({ wait }) => wait)).toEqual(groupsOf(atOnce.text).map(({ wait }) => wait));
    expect(groupsOf(step.value.binary).map(({ table }) => table.members)).toEqual(
      groupsOf(atOnce.binary).map(({ table }) => table.members),
    );
  });

  it('are built once per device and shared by all who ask', () => {
    const device = { ...labPhone };
    expect(isPrepared(device, registry)).toBe(false);
    const known = prepareKnown(device, registry);
    expect(isPrepared(device, registry)).toBe(true);
    expect(prepareKnown(device, registry)).toBe(known);
    expect(prepareKnown({ ...device }, registry)).not.toBe(known);
    expect(prepareKnown(device, [...registry])).not.toBe(known);
  });

  it('search thousands of byte strings, each once', () => {
    const { text, binary, patterns, dropped } = prepareKnown(labPhone, registry);
    expect(patterns).toBeGreaterThan(5000);
    expect(dropped).toBe(0);
    for (const sieves of [text, binary]) {
      const groups = sieves.flatMap((sieve) => sieve.groups);
      const all = groups.flatMap((group) => group.patterns.map(({ bytes }) => bytes.toString('latin1')));
      expect(new Set(all).size).toBe(all.length);
    }
  });
});

describe('a digest', () => {
  const known = prepareKnown(labPhone, registry);

  it('in the alphabet for addresses is covered to its end, wherever the alphabets first differ', () => {
    for (const name of ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256', 'ripemd160']) {
      for (const value of [IMEI, IMEI.slice(0, 14), '001010123456789']) {
        const digest = createHash(name).update(value).digest();
        for (const text of [digest.toString('base64url'), digest.toString('base64')])
          expect(find(known, `a=${text}&b=1`)[0]?.text, name).toBe(text);
      }
    }
  });

  it('that was cut is covered as far as it was sent', () => {
    const hex = createHash('sha256').update(IMEI).digest('hex');
    for (const length of [16, 17, 20, 32, 63, 64]) {
      expect(find(known, `"${hex.slice(0, length).toUpperCase()}"`)).toEqual([
        { text: hex.slice(0, length).toUpperCase(), kind: 'imei' },
      ]);
    }
    expect(find(known, `"${hex.slice(0, 15)}"`)).toEqual([]);
  });

  it('of 16 characters from the middle of an MD5 is not taken for a part of the whole one', () => {
    const hex = createHash('md5').update(IMEI).digest('hex');
    expect(find(known, hex.slice(8, 24))).toEqual([{ text: hex.slice(8, 24), kind: 'imei' }]);
    expect(find(known, hex)).toEqual([{ text: hex, kind: 'imei' }]);
  });
});
