/** Many files at once give what each gives alone, in the order they were named. */
import { createHook } from 'node:async_hooks';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scan } from '../../src/lab/scanning.ts';
import type { Scanned, ScanOptions } from '../../src/model/scan.ts';

const dir = mkdtempSync(join(tmpdir(), 'scanning-'));
afterAll(() => rmSync(dir, { recursive: true }));
const options: ScanOptions = { devicesFile: null, decoders: [], homeCountry: null };

/** `imei` once per entry. */
function har(name: string, entries: number, imei: string): string {
  const file = join(dir, name);
  const all = Array.from({ length: entries }, (_, index) => ({
    startedDateTime: '2026-01-01T00:00:00Z',
    request: {
      method: 'POST',
      url: `http://e${index}.example.com/`,
      headers: [],
      postData: { mimeType: 'application/json', text: JSON.stringify({ imei }) },
    },
    response: { status: 200, headers: [], content: {} },
  }));
  writeFileSync(file, JSON.stringify({ log: { entries: all } }));
  return file;
}

async function all(paths: string[], given: ScanOptions = options): Promise<Scanned[]> {
  const seen: Scanned[] = [];
  for await (const one of scan(paths, given)) if (one.type !== 'progress') seen.push(one);
  return seen;
}

/** Ids of flows and alerts differ from run to run. */
const plain = (seen: Scanned[]): string[] =>
  seen.map((one) => JSON.stringify(one, (key, value) => (key === 'flow' && typeof value === 'string' ? '' : value)));

describe('several files', () => {
  it('are told one after the other, each as it is told alone, also when one is much longer than the others', async () => {
    const files = [
      har('a.har', 3, '490154203237518'),
      har('b.har', 3_000, '356938035643809'),
      har('c.har', 2, '490154203237518'),
    ];
    const together = await all(files);
    const alone = [];
    for (const file of files) alone.push(...(await all([file])));
    expect(plain(together)).toEqual(plain(alone));
    expect(together.filter(({ type }) => type === 'finding').length).toBe(3_005);
  });

  it('of which one is none cost no other, and a wrong devices file ends all of them with one line', async () => {
    const broken = join(dir, 'broken.har');
    writeFileSync(broken, '{"log": 7');
    const seen = await all([broken, har('d.har', 1, '490154203237518')]);
    expect(seen.map(({ type }) => type)).toEqual(['skipped', 'finding', 'entry']);
    const wrong = { ...options, devicesFile: join(dir, 'none.yaml') };
    await expect(all([broken, join(dir, 'd.har')], wrong)).rejects.toThrow(/none\.yaml/);
  });

  it('that are small are read without a thread each, between larger ones that have theirs', async () => {
    let threads = 0;
    const hook = createHook({
      init(_id, type) {
        if (type === 'WORKER') threads++;
      },
    }).enable();
    const small = ['g', 'h', 'i', 'j'].map((name) => har(`${name}.har`, 1, '490154203237518'));
    const seen = await all([...small, har('large.har', 1, '356938035643809'.padEnd(300_000)), ...small]);
    hook.disable();
    expect(threads).toBe(1);
    expect(seen.filter(({ type }) => type === 'finding').length).toBe(9);
  });

  it('may be left in the middle: their threads end', async () => {
    const files = [har('e.har', 2_000, '490154203237518'), har('f.har', 2_000, '490154203237518')];
    let count = 0;
    for await (const one of scan(files, options)) if (one.type === 'finding' && ++count === 10) break;
    expect(count).toBe(10);
    const left = process.getActiveResourcesInfo().filter((name) => name === 'Worker');
    expect(left).toEqual([]);
  });
});
