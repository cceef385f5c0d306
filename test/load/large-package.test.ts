/** A package above 4 GB, in it a file above 4 GB and one that begins behind it: Zip64, for us and for the tools of others. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createPackage } from '../../src/export/zip.ts';
import { verifyPackage } from '../../src/lab/package-check.ts';
import { run } from '../clients/process.ts';
import { requireTool, toolPath } from '../clients/tools.ts';

const BYTES = 4.3e9;

it('is written, verified, and opened by unzip and Python', { timeout: 1_200_000 }, async (context) => {
  for (const tool of ['unzip', 'python'] as const) requireTool(context, tool);
  const dir = mkdtempSync(path.join(tmpdir(), 'phonehome-large-'));
  try {
    const file = path.join(dir, 'large.zip');
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    // Longer than what Deflate looks back: it does not get smaller.
    const block = randomBytes(1 << 20);
    function* large(): Generator<Uint8Array> {
      for (let made = 0; made < BYTES; made += block.length) yield block;
    }
    const zip = createPackage(file, Date.UTC(2026, 10, 22));
    await zip.add('flows.har', large());
    await zip.add('signing-key.pem', publicKey.export({ type: 'spki', format: 'pem' }));
    const sums = Buffer.from(zip.sums());
    await zip.add('SHA256SUMS', sums);
    await zip.add('SHA256SUMS.sig', sign(null, sums, privateKey));
    await zip.finish(privateKey);
    expect(statSync(file).size).toBeGreaterThan(2 ** 32);
    expect(await verifyPackage(file)).toMatchObject({ isIntact: true, problem: null, files: 4 });
    const unzipped = await run(toolPath('unzip'), ['-tq', file], { timeoutMs: 600_000 });
    expect(unzipped.stdout.toString()).toContain('No errors detected');
    const python = `import sys, zipfile
zip = zipfile.ZipFile(sys.argv[1])
print(zip.testzip(), [entry.file_size > 2**32 or entry.header_offset > 2**32 for entry in zip.infolist()])`;
    const read = await run(toolPath('python'), ['-c', python, file], { timeoutMs: 600_000 });
    expect(read.stdout.toString().trim()).toBe('None [True, True, True, True]');
  } finally {
    rmSync(dir, { recursive: true });
  }
});
