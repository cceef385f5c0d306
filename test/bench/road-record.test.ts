import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keepRecord, latestRecord, type RoadRecord, toMarkdown } from '../../bench/road/record.ts';

const machine = { cpu: 'a', cores: 2, kernel: '6', node: '26', memoryGb: 8, loadBefore: 0, loadAfter: 0 };

/** @param us of the room `inspect`; everything else stays */
function record(us: number): RoadRecord {
  return {
    ...{ date: '2026-11-30', version: 'v', machine, requests: 4000, rounds: 2, alerts: 0, helpersUs: 0 },
    ...{ usPerRequest: us + 20, samples: 2000 },
    rooms: [
      { room: 'inspect', us, samples: 1500, garbageBytes: 1000 },
      { room: 'readers', us: 20, samples: 500, garbageBytes: 500 },
    ],
  };
}

const line = (text: string, room: string): string => text.split('\n').find((one) => one.startsWith(`| ${room} `)) ?? '';

describe('the record of the road', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'road-record-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is compared with the last one, also of the same day', () => {
    expect(latestRecord(folder)).toBeNull();
    for (const us of [1, 2, 3]) keepRecord(folder, record(us), null);
    expect(latestRecord(folder)).toMatchObject({ usPerRequest: 23, file: '2026-11-30-road-3.json' });
  });

  it('tells which room became 10 % dearer or cheaper, and nothing of the others', () => {
    const before = { ...record(60), file: 'x' };
    expect(line(toMarkdown(record(72), before), 'inspect')).toContain('| +20 % |');
    expect(line(toMarkdown(record(48), before), 'inspect')).toContain('| -20 % |');
    expect(line(toMarkdown(record(64), before), 'inspect')).not.toContain('%');
    expect(line(toMarkdown(record(72), before), 'readers')).not.toContain('%');
  });

  it('compares with another machine what does not depend on it: bytes', () => {
    const before = { ...record(60), machine: { ...machine, cpu: 'b' }, file: 'x' };
    const now = record(120);
    now.rooms[1]!.garbageBytes = 1000;
    expect(line(toMarkdown(now, before), 'inspect')).not.toContain('%');
    expect(line(toMarkdown(now, before), 'readers')).toContain('| +100 % |');
  });
});
