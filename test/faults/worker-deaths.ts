/** The half of the lab that reads dies while phones leak, again and again: what was shown is stored, numbers go on. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { HOST, type LabHalves, startLabHalves } from '../e2e/lab-halves.ts';
import type { Fault } from './fault.ts';
import { startLoad } from './load.ts';
import { type Kept, losses } from './shown.ts';

/** Polls; a machine under load may be slow. @throws when it does not come about */
async function comesAbout(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  for (const limit = Date.now() + 60_000; !(await condition()); await pause(20))
    if (Date.now() > limit) throw new Error(`within a minute: no ${what}`);
}

async function keptBy({ lab }: LabHalves): Promise<Kept> {
  const headers = { Authorization: `Bearer ${(await readFile(lab.token, 'utf8')).trim()}` };
  const ask = async (since: number): Promise<Kept> =>
    (await (await fetch(`${lab.ui.url}/api/alerts?limit=2000&since=${since}`, { headers })).json()) as Kept;
  // The port comes back with the half that answers on it.
  await comesAbout('answer', () =>
    ask(0).then(
      () => true,
      () => false,
    ),
  );
  const kept = await ask(0);
  for (let page = kept; page.alerts.length === 2000; kept.alerts.push(...page.alerts))
    page = await ask(kept.alerts.at(-1)?.seq ?? 0);
  return kept;
}

export const workerDeaths: Fault = {
  name: 'the half that reads dies',
  needs: [],
  async run({ random, isFull, times = isFull ? 20 : 3 }) {
    const halves = await startLabHalves();
    const { lab, alerts } = halves;
    const lost: string[] = [];
    try {
      const leaks = () => alerts.filter(({ type }) => type === 'leak').length;
      const restarts = () => alerts.filter(({ message }) => message.includes('started again')).length;
      const load = startLoad(lab.proxy.port, HOST, 2);
      for (let time = 0; time < times; time++) {
        const before = [leaks(), restarts()] as const;
        await comesAbout(`leak after ${time} deaths`, () => leaks() >= before[0] + 3);
        await pause(random.below(200));
        halves.thread.giveUp();
        await comesAbout(`word of death ${time + 1}`, () => restarts() > before[1]);
      }
      load.end();
      const newest = new Map(alerts.map((alert) => [alert.id, alert]));
      lost.push(...losses([...newest.values()], await keptBy(halves)));
      const numbers = alerts.map(({ seq }) => seq);
      if (numbers.some((seq, at) => at > 0 && seq <= (numbers[at - 1] ?? 0)))
        lost.push('a number was not greater than the one before');
    } finally {
      await halves.end();
    }
    return { tried: times, lost, note: `${alerts.length} alerts shown` };
  },
};
