/** A phone that asks for names nobody answers: the other phones' names are answered all the same. */
import { describe, expect, it } from 'vitest';
import { createLookUps } from '../../src/wire/look-ups.ts';

/** A resolver as a phone can make it: `dead.*` names are never answered; counts what is under way. */
function resolver() {
  const asked: string[] = [];
  return {
    asked,
    resolve: (host: string): Promise<string[]> => {
      asked.push(host);
      return host.startsWith('dead') ? new Promise(() => {}) : Promise.resolve(['192.0.2.1']);
    },
  };
}

describe('look-ups', () => {
  it('a thousand dead names of one phone keep no other phone waiting', async () => {
    const { asked, resolve } = resolver();
    const lookUp = createLookUps({ resolve, timeoutMs: 50 });
    const flood = Array.from({ length: 1000 }, (_, i) => lookUp(`dead${i}.example`, '10.0.0.66').catch((e) => e.code));
    expect(asked).toHaveLength(8);
    await expect(lookUp('good.example', '10.0.0.2')).resolves.toEqual(['192.0.2.1']);
    expect(new Set(await Promise.all(flood))).toEqual(new Set(['ETIMEOUT']));
  });

  it('a name that waits in the line of one phone is asked at once for another', async () => {
    const { resolve } = resolver();
    const lookUp = createLookUps({ resolve, timeoutMs: 50 });
    const flood = Array.from({ length: 20 }, (_, i) => lookUp(`dead${i}.example`, '10.0.0.66').catch(() => null));
    const waits = lookUp('good.example', '10.0.0.66').catch((error) => error.code);
    await expect(lookUp('good.example', '10.0.0.2')).resolves.toEqual(['192.0.2.1']);
    await Promise.all(flood);
    expect(await waits).toBe('ETIMEOUT');
  });

  it('a name is asked for once, however many want it, and again after a failure', async () => {
    let asked = 0;
    const answers = [Promise.reject(new Error('no')), Promise.resolve(['192.0.2.7'])];
    const lookUp = createLookUps({ resolve: () => answers[asked++]!, timeoutMs: 1000 });
    await expect(lookUp('a.example', 'x')).rejects.toThrow('no');
    const all = await Promise.all([lookUp('a.example', 'x'), lookUp('a.example', 'y'), lookUp('a.example', 'x')]);
    expect(all).toEqual([['192.0.2.7'], ['192.0.2.7'], ['192.0.2.7']]);
    expect(asked).toBe(2);
  });

  it('those that waited are asked when there is room', async () => {
    const waiting: (() => void)[] = [];
    const asked: string[] = [];
    const resolve = (host: string): Promise<string[]> => {
      asked.push(host);
      return new Promise((done) => waiting.push(() => done([host])));
    };
    const lookUp = createLookUps({ resolve, timeoutMs: 10_000 });
    const all = Array.from({ length: 30 }, (_, i) => lookUp(`n${i}`, 'phone'));
    for (let i = 0; i < 30; i++) {
      waiting[i]!();
      await all[i];
    }
    expect(asked).toEqual(Array.from({ length: 30 }, (_, i) => `n${i}`));
  });
});
