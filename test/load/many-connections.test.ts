/** A test run of very many connections (`EXPORT_CONNECTIONS`, else 200,000), exported and verified: memory that does not grow with them, progress that does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { exportPackage } from '../../src/lab/exporting.ts';
import { verifyPackage } from '../../src/lab/package-check.ts';
import { recordConnections } from './many-connections.ts';

const COUNT = Number(process.env.EXPORT_CONNECTIONS ?? 200_000);
/** Above what is resident before: most of it is the report's. */
const MOST_BYTES = 450e6;
/** Of `verify`, above what is resident after the export. */
const MOST_VERIFYING = 250e6;

it(`of ${COUNT} connections is exported in little memory, told all the way, and intact`, {
  timeout: 7_200_000,
}, async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'phonehome-many-'));
  try {
    const data = path.join(dir, 'data');
    recordConnections(data, COUNT);
    const before = process.memoryUsage.rss();
    let most = before;
    const shares: number[] = [];
    const file = path.join(dir, 'long.zip');
    const facts = await exportPackage(
      {
        dataDir: data,
        id: 'long',
        file,
        redact: false,
        language: 'en',
        devicesFile: null,
        passphrase: null,
        timestamp: null,
        version: '0.0.0',
      },
      (done, total) => {
        shares.push(done / total);
        most = Math.max(most, process.memoryUsage.rss());
      },
    );
    expect(facts).toMatchObject({ flows: COUNT, alerts: 1000 });
    expect(most - before).toBeLessThan(MOST_BYTES);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    const widest = Math.max(...shares.map((share, at) => share - (shares[at - 1] ?? 0)));
    expect(widest, 'the HAR at most, into which nothing goes').toBeLessThan(0.2);
    const after = process.memoryUsage.rss();
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 100);
    most = after;
    expect(await verifyPackage(file)).toMatchObject({ isIntact: true, problem: null });
    clearInterval(watch);
    expect(most - after).toBeLessThan(MOST_VERIFYING);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
