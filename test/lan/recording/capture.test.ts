/** The key log beside a recording: who may read it, how large it gets, and that a test run gets only its own keys. */

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { say } from '../../../src/formats/say.ts';
import { dumpcapArgs } from '../../../src/lan/recording/capture.ts';
import { cutCapture, ownKeys } from '../../../src/lan/recording/case.ts';
import { createKeyLog, keyLogFiles } from '../../../src/lan/recording/keys.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'capture-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const line = (random: string, label = 'CLIENT_TRAFFIC_SECRET_0'): string =>
  `${label} ${random.repeat(64)} ${'0'.repeat(64)}\n`;

describe('the key log', () => {
  it('is readable by its owner alone, also when it was there before with other rights', () => {
    const path = join(directory, 'inside', 'keys.log');
    const log = createKeyLog(path);
    log.write(Buffer.from(line('a')));
    log.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'inside')).mode & 0o777).toBe(0o700);
    const open = join(directory, 'open.log');
    writeFileSync(open, line('a'), { mode: 0o644 });
    createKeyLog(open).close();
    expect(statSync(open).mode & 0o777).toBe(0o600);
  });

  it('keeps at most two files, the newest lines in order', () => {
    const path = join(directory, 'keys.log');
    const log = createKeyLog(path, { maxBytes: 3 * line('a').length });
    for (const random of '0123456789') log.write(Buffer.from(line(random)));
    log.close();
    const text = keyLogFiles(path)
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
    expect(text).toBe([...'6789'].map((random) => line(random)).join(''));
    expect(log.lost()).toBe(0);
  });

  it('that cannot be written is told once, counted, and never throws', () => {
    writeFileSync(join(directory, 'file'), '');
    const told: string[] = [];
    const log = createKeyLog(join(directory, 'file', 'keys.log'), { onTrouble: (one) => told.push(say(one)) });
    log.write(Buffer.from(line('a')));
    log.close();
    expect(told).toEqual([expect.stringContaining('the TLS keys cannot be written')]);
    expect(log.lost()).toBe(1);
  });
});

describe('a test run', () => {
  it('gets the keys of its own sessions only', () => {
    const logs = [line('a') + line('b'), line('b', 'SERVER_TRAFFIC_SECRET_0') + line('c')];
    const randoms = `${'B'.repeat(64)}\n\n${'d'.repeat(64)},${'c'.repeat(64)}\n`;
    expect(ownKeys(logs, randoms)).toEqual({
      lines: line('b') + line('b', 'SERVER_TRAFFIC_SECRET_0') + line('c'),
      sessions: 2,
    });
    expect(ownKeys(logs, '')).toEqual({ lines: '', sessions: 0 });
  });

  it('of a lab that recorded nothing is told what to do', async () => {
    const out = join(directory, 'out.pcapng');
    const cut = await cutCapture({ directory: join(directory, 'none'), from: 0, to: 1, mac: null, out });
    expect(cut.ok ? null : say(cut.why)).toContain('start the lab with --capture');
  });
});

it('the ring never takes more than it was given', () => {
  const args = dumpcapArgs(['lan0', 'wg0'], '/data/capture', 500);
  expect(args.join(' ')).toContain('-i lan0 -i wg0');
  expect(args.join(' ')).toContain('-b filesize:50000 -b files:10 -w /data/capture/lan.pcapng');
});
