/** `npm run demo`, as a newcomer runs it: every case as expected, without a phone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { ReplayOutcome } from '../../src/model/lab.ts';
import { replays } from '../../src/replay/registry.ts';
import { ENGINE } from './engine.ts';
import { phonehome } from './lab-process.ts';

type Line = { type: string; alert?: Alert } & Partial<ReplayOutcome>;

it('plays every case without a miss, marks every alert simulated, and labels the disputed claim', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'demo-'));
  const ports = ['--proxy-port', '0', '--ui-port', '0'];
  const ran = await phonehome(['demo', '--once', '--json', ...ports, '--engine', ENGINE, '--data', dataDir]);
  await rm(dataDir, { recursive: true });
  const lines = ran.stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Line);
  const outcomes = lines.filter((line) => line.type === 'outcome');
  expect(outcomes.filter((outcome) => !outcome.ok)).toEqual([]);
  expect(outcomes.map((outcome) => outcome.case)).toEqual(replays.map((replay) => replay.name));
  expect(ran.code).toBe(0);
  // Of the lab itself it may say more: that this machine could not keep up for a moment is no phone's.
  const alerts = lines.flatMap((line) => (line.alert && line.alert.type !== 'system' ? [line.alert] : []));
  expect(alerts.length).toBeGreaterThan(15);
  expect(alerts.every((alert) => alert.simulated)).toBe(true);
  const disputed = alerts.filter((alert) => alert.device.id === 'replay.redmi-note-photos');
  expect(disputed.length).toBeGreaterThan(2);
  expect(disputed.every((alert) => alert.label === 'reconstruction of a disputed claim')).toBe(true);
});
