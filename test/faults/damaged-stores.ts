/**
 * Pages of the store written over, anywhere, by noise, zeros or another page of it: the lab starts and answers, and what it
 * does not have any more it says; or it refuses the file in one line.
 */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Alert } from '../../src/model/alert.ts';
import { readOrCreateKey } from '../../src/sinks/evidence/key-file.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import { startLab } from '../e2e/lab-process.ts';
import { labFlowRecord, labRecord } from '../sinks/lab-alert.ts';
import type { Random } from '../trials/trial.ts';
import type { Fault } from './fault.ts';
import { keptBy } from './shown.ts';

const PAGE_BYTES = 4096;

/** A store as a lab leaves it behind. Times are of today: nothing in it is too old to be kept. */
function fillStore(file: string, key: Buffer, count: number): void {
  const store = openSqliteStore({ file, key });
  const time = new Date().toISOString();
  for (let seq = 1; seq <= count; seq++) {
    store.putAlert(labRecord(seq, { time, firstSeen: time, lastSeen: time }));
    if (seq % 4 === 0) store.putFlows([labFlowRecord(`flow-${seq}`, Date.now())]);
  }
  store.close();
}

type Damage = (bytes: Buffer, page: number, random: Random) => void;
const DAMAGES: [name: string, damage: Damage][] = [
  ['noise', (bytes, page, random) => void random.bytes(PAGE_BYTES).copy(bytes, page * PAGE_BYTES)],
  ['zeros', (bytes, page) => void bytes.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES)],
  [
    'another page',
    (bytes, page, random) => {
      const from = random.below(bytes.length / PAGE_BYTES) * PAGE_BYTES;
      bytes.copy(bytes, page * PAGE_BYTES, from, from + PAGE_BYTES);
    },
  ],
];

/** One line for each alert that is gone or changed, when nobody is told. */
async function judge(dataDir: string, damaged: Buffer, before: readonly Alert[]): Promise<string[]> {
  const started = await startLab({ dataDir }).catch((error: Error) => error);
  if (started instanceof Error) {
    const said = /evidence\.db [^\n]+/.exec(started.message)?.[0];
    return said && !/\n\s+at /.test(started.message) ? [] : [`neither started nor said why: ${started.message}`];
  }
  try {
    const after = await keptBy(started);
    const told = after.alerts.find(({ text, type }) => type === 'system' && text?.key === 'lab.store-damaged');
    if (told) {
      const keptAs = (await readdir(dataDir)).find((name) => name.startsWith('evidence.db.damaged-')) ?? '';
      const isKept = keptAs !== '' && (await readFile(path.join(dataDir, keptAs))).equals(damaged);
      if (!isKept || !told.message.includes(keptAs)) return ['the damaged file is not kept aside, or not named'];
    }
    const kept = new Map(after.alerts.map((alert) => [alert.id, JSON.stringify(alert)]));
    const gone = before.filter((alert) => kept.get(alert.id) !== JSON.stringify(alert)).length;
    return gone > 0 && !told ? [`${gone} of ${before.length} alerts are gone or changed, and nobody is told`] : [];
  } catch (error) {
    return [`the lab does not answer: ${(error as Error).message}`];
  } finally {
    await started.stop();
  }
}

export const damagedStores: Fault = {
  name: 'store damaged at random pages',
  needs: [],
  async run({ random, isFull, times = isFull ? 20 : 3 }) {
    const directory = await mkdtemp(path.join(tmpdir(), 'faults-damage-'));
    const lost: string[] = [];
    try {
      const dataDir = path.join(directory, 'data');
      await mkdir(path.join(dataDir, 'certs'), { recursive: true, mode: 0o700 });
      const key = readOrCreateKey(path.join(dataDir, 'certs', 'evidence.key'));
      const file = path.join(dataDir, 'evidence.db');
      // Half of them larger than what was checked at the start once.
      const sizes = isFull ? [600, 14_000] : [600];
      const templates = sizes.map((count, at) => {
        const template = path.join(directory, `template-${at}`);
        fillStore(template, key, count);
        return template;
      });
      const whole = await Promise.all(templates.map((template) => alertsIn(template, key)));
      for (let time = 0; time < times; time++) {
        const at = time % templates.length;
        const [name, damage] = random.pick(DAMAGES);
        for (const old of await readdir(dataDir))
          if (old.startsWith('evidence.')) await rm(path.join(dataDir, old), { recursive: true });
        await copyFile(templates[at] as string, file);
        const bytes = await readFile(file);
        const pages = Array.from({ length: 1 + random.below(8) }, () => random.below(bytes.length / PAGE_BYTES));
        for (const page of pages) damage(bytes, page, random);
        await writeFile(file, bytes);
        const found = await judge(dataDir, bytes, whole[at] ?? []);
        lost.push(
          ...found.map((line) => `${name} on pages ${pages.join(', ')} of ${bytes.length / PAGE_BYTES}: ${line}`),
        );
      }
    } finally {
      await rm(directory, { recursive: true });
    }
    return { tried: times, lost };
  },
};

function alertsIn(file: string, key: Buffer): Alert[] {
  const store = openSqliteStore({ file, key });
  const alerts: Alert[] = [];
  for (let page = store.alerts({ limit: 2000 }); page.length > 0; ) {
    alerts.push(...page);
    page = store.alerts({ since: alerts.at(-1)?.seq ?? 0, limit: 2000 });
  }
  store.close();
  return alerts;
}
