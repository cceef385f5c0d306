/** A package is written as it is made: nothing is made that the disk did not take, and a half one never has the name of a whole. */
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPackage } from '../../src/export/zip.ts';
import { verifyPackage } from '../../src/lab/package-check.ts';
import { describeWith, toolPath } from '../clients/tools.ts';

const { privateKey } = generateKeyPairSync('ed25519');
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'phonehome-zip-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('a package', () => {
  it('holds what came in pieces of any size, in order', async () => {
    const file = path.join(dir, 'a.zip');
    const zip = createPackage(file, 0);
    const long = 'x'.repeat(600_000);
    await zip.add('pieces', ['a', '', Buffer.from('bc'), long, 'đ']);
    await zip.add('empty', []);
    const bytes = await zip.finish(privateKey);
    const unpacked = unzipSync(readFileSync(file));
    expect(Buffer.from(unpacked.pieces ?? []).toString()).toBe(`abc${long}đ`);
    expect(unpacked.empty).toEqual(new Uint8Array());
    expect(bytes).toBe(readFileSync(file).length);
    expect(readdirSync(dir)).toEqual(['a.zip']);
  });

  it('of which a piece cannot be made fails with that, and leaves nothing', async () => {
    const zip = createPackage(path.join(dir, 'a.zip'), 0);
    function* failing(): Generator<string> {
      yield 'x'.repeat(1_000_000);
      throw new Error('the store cannot be read');
    }
    await expect(zip.add('pieces', failing())).rejects.toThrow('the store cannot be read');
    zip.discard();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('whose maker is killed has no name, and what lies beside it is no whole one', async () => {
    const script = path.join(dir, 'killed.ts');
    const source = path.resolve(import.meta.dirname, '../../src/export/zip.ts');
    writeFileSync(
      script,
      `import { createPackage } from ${JSON.stringify(source)};
      import { randomBytes } from 'node:crypto';
      function* pieces() {
        for (let piece = 0; piece < 20; piece++) yield randomBytes(1 << 20);
        process.kill(process.pid, 'SIGKILL');
        yield 'never';
      }
      const zip = createPackage(${JSON.stringify(path.join(dir, 'a.zip'))}, 0);
      await zip.add('whole', 'of it');
      await zip.add('half', pieces());`,
    );
    expect(spawnSync(process.execPath, [script]).signal).toBe('SIGKILL');
    const [left = ''] = readdirSync(dir).filter((name) => name !== 'killed.ts');
    expect(left).toMatch(/^a\.zip\.[0-9a-f]{8}\.tmp$/);
    expect(await verifyPackage(path.join(dir, left))).toMatchObject({
      isIntact: false,
      problem: expect.stringContaining('it was written or copied in part'),
    });
  });
});

describeWith(['root', 'mount'], 'on a disk that fills', () => {
  it('nothing more is made, what makes it is ended, and nothing is left', async () => {
    const disk = path.join(dir, 'disk');
    mkdirSync(disk);
    execFileSync(toolPath('mount'), ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', disk]);
    try {
      let isEnded = false;
      function* endless(): Generator<Uint8Array> {
        try {
          for (;;) yield randomBytes(100_000);
        } finally {
          isEnded = true;
        }
      }
      const zip = createPackage(path.join(disk, 'a.zip'), 0);
      await expect(zip.add('endless', endless())).rejects.toMatchObject({ code: 'ENOSPC' });
      zip.discard();
      expect(isEnded).toBe(true);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      execFileSync('umount', ['--lazy', disk]);
    }
  });
});
