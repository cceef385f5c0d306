/** Whatever is changed in a package is found, and what is said first names it. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPackage } from '../../src/export/zip.ts';
import { exportCase } from '../../src/lab/export-case.ts';
import { verifyPackage } from '../../src/lab/package-check.ts';
import { phonehome } from '../e2e/lab-process.ts';
import { type PackedCase, packedCase } from './packed-case.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

const PEM = publicKey.export({ type: 'spki', format: 'pem' });

/** As an export makes it. @param unlisted files that stand in no list @returns the bytes */
async function sealed(
  file: string,
  files: [name: string, bytes: string | Uint8Array][],
  unlisted: typeof files = [],
): Promise<Buffer> {
  const zip = createPackage(file, Date.UTC(2026, 10, 22));
  for (const [name, bytes] of files) await zip.add(name, bytes);
  const sums = Buffer.from(zip.sums());
  for (const [name, bytes] of unlisted) await zip.add(name, bytes);
  await zip.add('SHA256SUMS', sums);
  await zip.add('SHA256SUMS.sig', sign(null, sums, privateKey));
  await zip.finish(privateKey);
  return readFileSync(file);
}

const write = (file: string, files: Record<string, string | Uint8Array>): Promise<Buffer> =>
  sealed(file, Object.entries(files));
const small = (): Promise<Buffer> =>
  write(path.join(dir, 'small.zip'), { 'alerts.ndjson': '{"a":1}\n{"a":2}\n', 'signing-key.pem': PEM });

let dir: string;
let given: PackedCase;
let file: string;
let files: Record<string, Uint8Array>;
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'phonehome-verify-'));
  given = packedCase();
  file = given.out('case.zip');
  await exportCase(given.options(file), () => {});
  files = unzipSync(readFileSync(file));
});
afterAll(() => {
  given.end();
  rmSync(dir, { recursive: true });
});

async function verdictOf(bytes: Uint8Array) {
  const changed = path.join(dir, 'changed.zip');
  writeFileSync(changed, bytes);
  return verifyPackage(changed);
}

describe('a change of a package', () => {
  it('of the chain’s end, sealed anew by whoever has another key, is found', async () => {
    const bytes = await write(path.join(dir, 'head.zip'), {
      'chain-head.txt': files['chain-head.txt'] ?? '',
      'signing-key.pem': PEM,
    });
    expect((await verdictOf(bytes)).problem).toBe('the signature of chain-head.txt does not fit');
  });

  it('of any single byte of a small one is found: contents, headers, lists, comment', async () => {
    const whole = await small();
    expect((await verdictOf(whole)).isIntact).toBe(true);
    const missed: number[] = [];
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] as number) ^ ([0x01, 0x20, 0xff][at % 3] as number);
      if ((await verdictOf(changed)).isIntact) missed.push(at);
    }
    expect(whole.length).toBeLessThan(3000);
    expect(missed).toEqual([]);
  });

  it('of its length is found: every beginning of it, every byte that is taken out, something before or behind it', async () => {
    const whole = await small();
    for (let end = 1; end < whole.length; end++) {
      const { isIntact, problem } = await verdictOf(whole.subarray(0, end));
      expect([isIntact, problem], `the first ${end}`).toEqual([
        false,
        expect.stringContaining('it was written or copied in part'),
      ]);
    }
    for (let at = 0; at < whole.length; at++) {
      const without = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]);
      expect((await verdictOf(without)).isIntact, `without byte ${at}`).toBe(false);
    }
    for (const bytes of [Buffer.from('x'), Buffer.from('PK\u0003\u0004'), whole]) {
      expect((await verdictOf(Buffer.concat([bytes, whole]))).isIntact).toBe(false);
      expect((await verdictOf(Buffer.concat([whole, bytes]))).isIntact).toBe(false);
    }
    expect((await verdictOf(Buffer.alloc(0))).problem).toBe('the file is empty: it was not written, or not copied');
  });

  it('of a name in it, in both places where it stands, is found', async () => {
    const whole = await small();
    const renamed = Buffer.from(whole.toString('latin1').replaceAll('alerts.ndjson', 'Alerts.ndjson'), 'latin1');
    expect(await verdictOf(renamed)).toMatchObject({ isIntact: false, problem: 'alerts.ndjson was removed' });
  });

  it('that gives two files one name is found, though list, signatures and seal fit', async () => {
    const bytes = await sealed(path.join(dir, 'twice.zip'), [
      ['alerts.ndjson', '{"a":1}\n'],
      ['signing-key.pem', PEM],
      ['alerts.ndjson', '{"a":1}\n'],
    ]);
    expect(await verdictOf(bytes)).toMatchObject({ isIntact: false, problem: 'alerts.ndjson stands in it twice' });
  });

  it('that adds a file beside the list is found, though the seal fits', async () => {
    const bytes = await sealed(path.join(dir, 'added.zip'), [['signing-key.pem', PEM]], [['malware.html', '<script>']]);
    expect(await verdictOf(bytes)).toMatchObject({ isIntact: false, problem: 'malware.html was added' });
  });

  it('of bytes all over a whole one is found, and where it ends too early, that is said', async () => {
    const whole = readFileSync(file);
    for (let step = 0; step < 60; step++) {
      const changed = Buffer.from(whole);
      const at = Math.floor((step / 60) * whole.length);
      changed[at] = (changed[at] as number) ^ 4;
      expect((await verdictOf(changed)).isIntact, `byte ${at}`).toBe(false);
      const { isIntact, problem } = await verdictOf(whole.subarray(0, at));
      expect(isIntact).toBe(false);
      expect(problem).toContain(at === 0 ? 'the file is empty' : 'it was written or copied in part');
    }
    expect((await verdictOf(Buffer.concat([whole, Buffer.from('x')]))).isIntact).toBe(false);
  });

  const lineOf = (name: string): string[] =>
    Buffer.from(files[name] ?? [])
      .toString()
      .split('\n');
  /** Somebody without the lab's key makes it again. */
  async function remade(changes: Record<string, string | null>): ReturnType<typeof verdictOf> {
    const own: Record<string, string | Uint8Array> = {};
    for (const [name, bytes] of Object.entries(files)) {
      if (name.startsWith('SHA256SUMS')) continue;
      const change = changes[name];
      if (change !== null) own[name] = change ?? bytes;
    }
    return verdictOf(await write(path.join(dir, 'remade.zip'), own));
  }

  it('made again with another key is found by its signatures', async () => {
    expect(await remade({})).toMatchObject({ isIntact: false, problem: expect.stringContaining('signature') });
  });

  it('of a record names the record', async () => {
    const chain = lineOf('chain.ndjson').map((line) =>
      line.includes('"type":"alert"') && line.includes('490154*******18') && line.includes('alert')
        ? line.replace('490154*******18', '353250*******19')
        : line,
    );
    expect((await remade({ 'chain.ndjson': chain.join('\n') })).problem).toMatch(/^record \d+ \(alert\) was changed$/);
  });

  it('of an alert that was removed, changed, added or put elsewhere names the line', async () => {
    const [a = '', b = '', c = ''] = lineOf('alerts.ndjson');
    const told = async (...lines: string[]) =>
      (await remade({ 'alerts.ndjson': lines.map((line) => `${line}\n`).join('') })).problem;
    expect(await told(a, c)).toMatch(/^alerts\.ndjson, line 2: it is not record \d+ \(alert\) as it was written$/);
    expect(await told(a, b)).toMatch(/^alerts\.ndjson: record \d+ \(alert\) was removed$/);
    expect(await told(b, a, c)).toMatch(
      /^alerts\.ndjson, line 1: it stands in the place of record \d+ \(alert\), which is line 2$/,
    );
    expect(await told(a, b.replace('critical', 'info'), c)).toMatch(/^alerts\.ndjson, line 2/);
    expect(await told(a, b, c, c)).toMatch(/^alerts\.ndjson, line 4: no record of the chain stands for it/);
  });

  it('of the chain itself names the record', async () => {
    const lines = lineOf('chain.ndjson').filter(Boolean);
    const gone = lines.toSpliced(3, 1);
    expect((await remade({ 'chain.ndjson': `${gone.join('\n')}\n` })).problem).toMatch(
      /^record \d+ of the chain was removed: record/,
    );
    const turned = lines.toSpliced(3, 2, lines[4] ?? '', lines[3] ?? '');
    expect((await remade({ 'chain.ndjson': `${turned.join('\n')}\n` })).problem).toMatch(/^record \d+/);
  });

  it('of its files names the file', async () => {
    expect((await remade({ 'case.json': null })).isIntact).toBe(false);
    const whole = unzipSync(readFileSync(file));
    expect(whole['flows.har']).toBeDefined();
  });

  it('ends the command with 1, and a file that is none with 1 and one line', async () => {
    const other = path.join(dir, 'other.zip');
    writeFileSync(other, 'no zip at all');
    const { code, stdout } = await phonehome(['verify', other, '--data', given.data, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'package-verdict', isIntact: false });
    const missing = await phonehome(['verify', path.join(dir, 'nowhere.zip'), '--data', given.data]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be read (ENOENT)') });
  });
});
