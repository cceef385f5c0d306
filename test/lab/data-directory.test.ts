/** What lies in a data directory before a lab starts on it, and who else may be on it. FAULTS.md, "Store, files, names". */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory, sweepLeftovers } from '../../src/lab/data-directory.ts';
import { startLab } from '../e2e/lab-process.ts';
import { PLANTED } from './planted.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'data-directory-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

describe('a data directory', () => {
  it('is made for its owner alone', () => {
    const fresh = join(data, 'deeper', 'data');
    const unlock = openDataDirectory(fresh);
    expect(statSync(fresh).mode & 0o777).toBe(0o700);
    expect(statSync(join(fresh, 'lock')).mode & 0o777).toBe(0o600);
    unlock();
  });

  it('may be reached by a link of the operator’s', () => {
    const link = join(data, 'link');
    mkdirSync(join(data, 'real'));
    symlinkSync(join(data, 'real'), link);
    openDataDirectory(link)();
  });

  it.each(PLANTED)('with a %s is refused in one line that says what to do', (_name, plant, line) => {
    plant(data);
    expect(() => openDataDirectory(data)).toThrow(line);
    expect(() => openDataDirectory(data)).toThrow(/^[^\n]+$/);
  });

  it('keeps no copy that a killed process was making: it may hold keys and values', () => {
    mkdirSync(join(data, 'certs'), { mode: 0o700 });
    const left = [
      'devices.yaml.0a1b2c3d.tmp',
      'backup-0a1b2c3d.tmp',
      'backup-0a1b2c3d.tmp-wal',
      'certs/ca.key.0a1b2c3d.tmp',
    ];
    const kept = ['notes.tmp', 'mine.0a1b2c3d.tmp.txt', 'young.0a1b2c3d.tmp'];
    for (const name of [...left, ...kept]) {
      writeFileSync(join(data, name), '490154203237518', { mode: 0o600 });
      // By this program's clock: the kernel's may be another one.
      const time = name.startsWith('young') ? Date.now() / 1000 : 0;
      utimesSync(join(data, name), time, time);
    }
    openDataDirectory(data)();
    expect(left.filter((name) => existsSync(join(data, name)))).toEqual([]);
    expect(kept.filter((name) => existsSync(join(data, name)))).toEqual(kept);
    sweepLeftovers(data, 0);
    expect(existsSync(join(data, 'young.0a1b2c3d.tmp'))).toBe(false);
  });

  it('is one lab’s: of six started at once one runs, and the next may when it is killed', async () => {
    const started = await Promise.allSettled(Array.from({ length: 6 }, () => startLab({ dataDir: data })));
    const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const refused = started.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    try {
      expect(running).toHaveLength(1);
      expect(refused).toHaveLength(5);
      for (const why of refused) expect(why).toMatch(/lab runs on/);
    } finally {
      for (const lab of running) await lab.kill();
    }
    const next = await startLab({ dataDir: data });
    expect(await next.stop()).toBe(0);
  });
});
