import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLineWriter } from '../../src/cli/line-writer.ts';
import { toolPath } from '../clients/tools.ts';

const gapLine = (from: number, to: number) => `gap ${from}-${to}`;

/** An output whose reader takes a chunk only when the test says so. */
function slowOutput() {
  const taken: string[] = [];
  let release: (() => void) | null = null;
  const output = new Writable({
    highWaterMark: 10,
    write(chunk: Buffer, _encoding, callback) {
      taken.push(String(chunk));
      release = callback;
    },
  });
  const take = () => {
    const callback = release;
    release = null;
    callback?.();
    return callback !== null;
  };
  return {
    output,
    taken,
    takeAll: async () => {
      while (take()) await new Promise(setImmediate);
    },
  };
}

describe('lines to a slow reader', () => {
  it('are bounded; one line says which are missing, and later ones follow', async () => {
    const { output, taken, takeAll } = slowOutput();
    const writer = createLineWriter(output, { gapLine, maxQueuedBytes: 30 });
    for (let seq = 1; seq <= 20; seq++) writer.write(`line ${seq}`, seq);
    const { written, dropped } = writer.stats();
    expect(written + dropped).toBe(20);
    expect(written).toBeLessThan(8);
    await takeAll();
    writer.write('line 21', 21);
    await takeAll();
    const lines = taken.join('').trim().split('\n');
    expect(lines).toEqual([
      ...Array.from({ length: written }, (_, i) => `line ${i + 1}`),
      `gap ${written + 1}-20`,
      'line 21',
    ]);
  });

  it('do not keep the process when it wants to end', async () => {
    const { output } = slowOutput();
    const writer = createLineWriter(output, { gapLine });
    writer.write('never taken', 1);
    await writer.end(10);
    expect(output.destroyed).toBe(true);
  });

  it('stop quietly when the reader has gone, told once', () => {
    const { output } = slowOutput();
    let told = 0;
    const writer = createLineWriter(output, { gapLine, onGone: () => told++ });
    output.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    output.emit('error', new Error('again'));
    expect(writer.write('x', 1)).toBe(false);
    expect(writer.stats()).toEqual({ written: 0, dropped: 0, gone: true });
    expect(told).toBe(1);
  });
});

const WRITER = join(import.meta.dirname, 'stdout-writer.ts');

describe('a process whose standard output', () => {
  it('is a pipe that nobody reads goes on living, within bounds, and brings all that was queued when it is read', async () => {
    const child = spawn(process.execPath, [WRITER, '20000'], { stdio: ['ignore', 'pipe', 'pipe'] });
    // Not a byte of stdout is read until the child has said, over stderr, that it is through.
    let report = '';
    child.stderr.setEncoding('utf8');
    while (!report.includes('\n')) report += String((await once(child.stderr, 'data'))[0]);
    const { dropped, written, ticks } = JSON.parse(report) as Record<'dropped' | 'written' | 'ticks', number>;
    expect(written + dropped).toBe(20_000);
    expect(dropped).toBeGreaterThan(0);
    expect(ticks).toBeGreaterThan(10);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await once(child, 'close');
    const lines = text.trim().split('\n');
    expect(lines).toHaveLength(written + 1);
    expect(lines.at(-1)).toBe(`gap ${written + 1}-20000`);
  });

  it('is closed by its reader ends in order, without a stack trace', async () => {
    const child = spawn(process.execPath, [WRITER, '20000'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(JSON.parse(errors)).toMatchObject({ gone: true });
  });

  it('is a terminal that was stopped (Ctrl-S) goes on living, within bounds', async () => {
    // `script` shows a terminal to the child, and takes nothing more from it once its own reader takes nothing.
    const report = join(mkdtempSync(join(tmpdir(), 'phonehome-lines-')), 'report');
    const command = `${process.execPath} ${WRITER} 20000 2> ${report}`;
    const child = spawn(toolPath('script'), ['-q', '-c', command, '/dev/null'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await expect.poll(() => existsSync(report) && readFileSync(report, 'utf8')).toContain('\n');
    const { dropped, written, ticks } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
    expect(written! + dropped!).toBe(20_000);
    expect(dropped).toBeGreaterThan(0);
    expect(ticks).toBeGreaterThan(10);
    child.stdout.destroy();
    child.kill();
    await once(child, 'close');
    rmSync(dirname(report), { recursive: true });
  });

  it('is a file gets every line', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'phonehome-lines-'));
    const file = join(directory, 'alerts.ndjson');
    const fd = openSync(file, 'w');
    const child = spawn(process.execPath, [WRITER, '500'], { stdio: ['ignore', fd, 'ignore'] });
    await once(child, 'close');
    closeSync(fd);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(500);
    rmSync(directory, { recursive: true });
  });
});
