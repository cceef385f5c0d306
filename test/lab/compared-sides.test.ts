/** A comparison never mixes what happened in the world with replays and tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareRuns } from '../../src/lab/compared-sides.ts';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { readOrCreateKey } from '../../src/sinks/evidence/key-file.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import { labFlowRecord } from '../sinks/lab-alert.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-sides-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function store(flows: [device: string, simulated: boolean, host: string][]): void {
  const paths = pathsIn(dir);
  const evidence = openSqliteStore({ file: paths.evidence, key: readOrCreateKey(paths.evidenceKey) });
  const records = flows.map(([deviceId, simulated, host], index) => {
    const record = labFlowRecord(`flow-${index}`, index, { deviceId, simulated });
    return { ...record, destination: { ...record.destination, host } };
  });
  evidence.putFlows(records);
  evidence.close();
}

const hosts = async (a: string, b: string) => {
  const { differences, a: sideA } = await compareRuns(dir, a, b);
  return { simulated: sideA.simulated, hosts: differences.map(({ host }) => host).toSorted() };
};

describe('two phones', () => {
  it('are held against each other by what they did in the world', async () => {
    store([
      ['a', false, 'real-a.example'],
      ['a', true, 'played.example'],
      ['b', false, 'real-b.example'],
    ]);
    expect(await hosts('a', 'b')).toEqual({ simulated: false, hosts: ['real-a.example', 'real-b.example'] });
  });

  it('of replays and tests are held against each other, whatever pages of the lab they read', async () => {
    store([
      ['a', true, 'played-a.example'],
      ['b', true, 'played-b.example'],
      ['b', false, 'phonehome.lab'],
    ]);
    expect(await hosts('a', 'b')).toEqual({ simulated: true, hosts: ['played-a.example', 'played-b.example'] });
  });

  it('one of which only ever was in a replay are not compared: one line says why', async () => {
    store([
      ['a', false, 'real.example'],
      ['replay.b', true, 'played.example'],
    ]);
    await expect(compareRuns(dir, 'a', 'replay.b')).rejects.toThrow('"replay.b" is simulated');
    await expect(compareRuns(dir, 'replay.b', 'a')).rejects.toThrow('"replay.b" is simulated');
    await expect(compareRuns(dir, 'a', 'nobody')).rejects.toThrow('"nobody" is neither');
  });
});
