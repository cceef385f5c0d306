/** What was shown is stored, on a disk that is full: a small file system of its own, filled while a phone goes on leaking. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { askNodeFetch } from '../clients/node-fetch.ts';
import { describeWith, toolPath } from '../clients/tools.ts';
import { type LabProcess, startLab } from './lab-process.ts';
import { startWorld } from './world.ts';

let disk: string;
describeWith(['root', 'mount'], 'on a full disk', () => {
  beforeEach(() => {
    disk = mkdtempSync(path.join(tmpdir(), 'full-disk-'));
    execFileSync(toolPath('mount'), ['-t', 'tmpfs', '-o', 'size=128m,mode=700', 'tmpfs', disk]);
  });
  afterEach(() => {
    execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true });
  });

  const filler = () => path.join(disk, 'filler');
  function fill(): void {
    for (const bytes of [1 << 20, 4096, 1])
      for (let isFull = false; !isFull; ) {
        try {
          appendFileSync(filler(), Buffer.alloc(bytes));
        } catch (error) {
          isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
          if (!isFull) throw error;
        }
      }
    expect(() => writeFileSync(path.join(disk, 'more'), 'x')).toThrow(/ENOSPC/);
  }
  const stored = async (lab: LabProcess) =>
    (await lab.api('/api/alerts?since=0&limit=2000')) as { alerts: Alert[]; seq: number; epoch: string };

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'no alert that was shown is lost by %s, and no number is used twice',
    async (signal) => {
      mkdirSync(path.join(disk, 'data'), { mode: 0o700 });
      const world = await startWorld({ dataDir: path.join(disk, 'data') });
      const { lab } = world;
      let places = 0;
      const leak = async (count: number): Promise<void> => {
        for (let index = 0; index < count; index++) {
          const body = Buffer.from(JSON.stringify({ [`place${++places}`]: '490154203237518' }));
          await askNodeFetch(lab.phone, {
            url: `${world.http}/report`,
            body,
            headers: [['Content-Type', 'application/json']],
          });
        }
        // Some of them share an alert.
        const sightings = (all: Alert[]) =>
          all.filter(({ type }) => type === 'leak').reduce((sum, one) => sum + one.count, 0);
        await lab.until(`${places} sightings`, (all) => sightings(all) >= places, 30_000);
      };
      try {
        await leak(5);
        fill();
        await leak(60);
        const shown = lab.alerts();
        const before = await stored(lab);
        expect(shown.some((alert) => alert.stored === false)).toBe(true);
        expect(shown.filter(({ id }) => !before.alerts.some((alert) => alert.id === id))).toEqual([]);
        expect(shown.some(({ type, message }) => type === 'system' && message.startsWith('The disk is full'))).toBe(
          true,
        );
        if (signal === 'SIGKILL') await lab.kill();
        else expect(await lab.stop()).toBe(0);

        rmSync(filler());
        const again = await startLab({ dataDir: lab.dataDir });
        try {
          const after = await stored(again);
          const kept = new Map(after.alerts.map((alert) => [alert.id, alert]));
          for (const { id, seq, identifier } of shown) expect(kept.get(id)).toMatchObject({ seq, identifier });
          expect(after.alerts.filter((alert) => alert.stored === false)).toEqual([]);
          expect(after.epoch).toBe(before.epoch);
          expect(after.seq).toBeGreaterThanOrEqual(Math.max(...shown.map(({ seq }) => seq)));
        } finally {
          await again.stop();
        }
      } finally {
        await world.end();
      }
    },
  );
});
