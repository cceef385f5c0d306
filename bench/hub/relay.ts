/** What publishing to a hub does to the lab that publishes: two labs in turn, one of them with `--hub`, CPU time by thread. */
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import type { Contestant, Entered } from '../proxy/contestant.ts';
import { cpuPerConnection, cpuPerThousand } from '../proxy/cpu-time.ts';
import { labsOf, ROOT } from '../proxy/labs.ts';
import { threadSecondsOf } from '../proxy/measured-process.ts';
import { createIdentity, startOrigin } from '../proxy/origin.ts';
import type { Ground } from './ground.ts';
import { quantile } from './ground.ts';

/** Of one lab in one round: per 1,000 requests on kept connections, and per 1,000 new connections; CPU seconds by thread. */
export interface Round {
  requests: Record<string, number>;
  connections: Record<string, number>;
}

export interface Relay {
  rounds: number;
  off: Round[];
  on: Round[];
  /** Median over rounds of on beside off of the same round; it lies between `from` and `to` in 95 of 100 such runs. */
  ratios: { what: string; thread: string; off: number; on: number; ratio: number; from: number; to: number }[];
}

const THREADS = ['main', 'lab'];

export async function measureRelay(
  ground: Ground,
  name: string,
  { rounds, requests, connections }: { rounds: number; requests: number; connections: number },
  say: (line: string) => void,
): Promise<Relay> {
  const dir = mkdtempSync(path.join(ground.directory, 'relay-'));
  const identity = await createIdentity(path.join(dir, 'identity'));
  const origin = await startOrigin(identity);
  const contestant = (await labsOf(ROOT))[0] as Contestant;
  const enter = async (which: string, flags: string[]): Promise<Entered> => ({
    contestant,
    running: await contestant.start({
      dir: mkdtempSync(path.join(dir, which)),
      identity,
      originPort: origin.port,
      cores: '0',
      flags,
    }),
  });
  const off = await enter('off-', []);
  const on = await enter('on-', ['--hub', ground.files([name])[name] as string]);
  const measured: Record<'off' | 'on', Round[]> = { off: [], on: [] };
  try {
    for (let round = -1; round < rounds; round++) {
      const order = round % 2 === 0 ? (['off', 'on'] as const) : (['on', 'off'] as const);
      for (const which of order) {
        const entered = which === 'off' ? off : on;
        const spent = async (count: number, work: () => Promise<number>): Promise<Record<string, number>> => {
          const before = threadSecondsOf(entered.running.pid);
          await work();
          // What it does afterwards with what it got belongs to it: the lab's half, and publishing.
          await new Promise((resolve) => setTimeout(resolve, 1500));
          const after = threadSecondsOf(entered.running.pid);
          return Object.fromEntries(
            [...after].map(([thread, seconds]) => [thread, ((seconds - (before.get(thread) ?? 0)) / count) * 1000]),
          );
        };
        const one: Round = {
          requests: await spent(requests, () => cpuPerThousand(entered, origin.port, 'h1', requests)),
          connections: await spent(connections, () => cpuPerConnection(entered, origin.port, 'known', connections)),
        };
        if (round < 0) continue;
        measured[which].push(one);
        say(`${which}: ${JSON.stringify(one)}`);
      }
    }
  } finally {
    await Promise.all([off, on].map(({ running }) => running.stop()));
    await origin.close();
  }
  const ratios = (['requests', 'connections'] as const).flatMap((what) =>
    THREADS.map((thread) => {
      const pairs = measured.off.map((one, index) => [one[what][thread] ?? 0, measured.on[index]?.[what][thread] ?? 0]);
      const each = pairs.map(([a = 0, b = 0]) => b / a);
      return {
        what,
        thread,
        off: quantile(
          pairs.map(([a = 0]) => a),
          0.5,
        ),
        on: quantile(
          pairs.map(([, b = 0]) => b),
          0.5,
        ),
        ratio: quantile(each, 0.5),
        ...intervalOf(each),
      };
    }),
  );
  return { rounds, ...measured, ratios };
}

/** Of the median, by the ranks between which it lies with a probability of 95 % (binomial, nearly normal), whatever the values' spread. */
function intervalOf(values: readonly number[]): { from: number; to: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const reach = 0.98 * Math.sqrt(sorted.length);
  const from = Math.max(0, Math.floor(sorted.length / 2 - reach));
  return { from: sorted[from] ?? 0, to: sorted[sorted.length - 1 - from] ?? 0 };
}
