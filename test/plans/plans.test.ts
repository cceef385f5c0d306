/** Plans: the ready-made ones are whole, what is wrong with one's own is told with its line, and progress counts every round. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inLanguage, type Plan, type PlanRun } from '../../src/model/plan.ts';
import { PHASES } from '../../src/model/words.ts';
import { listPlans, parsePlan, planNamed, readPlan } from '../../src/plans/plans.ts';
import { advance, begin, lengthOf, notAhead, viewOf } from '../../src/plans/progress.ts';

const T = Date.UTC(2026, 10, 22, 10);
const STEP = { do: 'x' };
const problemOf = (text: string): string => {
  try {
    parsePlan(text, 'my.yaml');
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};
const yaml = (steps: string): string => `name: mine\ntitle: Mine\nsteps:\n${steps}`;

describe('ready-made plans', () => {
  it('are those that are promised, each with every text in both languages', async () => {
    const plans = await listPlans();
    expect(plans.map(({ name }) => name).sort()).toEqual(
      ['after-fix', 'cloud-off', 'each-unlock', 'first-boot', 'idle-overnight', 'monthly'].sort(),
    );
    for (const { name, title, about, steps } of plans)
      for (const text of [title, about, ...steps.map((step) => step.do)])
        expect(text && inLanguage(text, 'vi'), name).not.toBe(text && inLanguage(text, 'en'));
  });

  it('take about as long as their titles say', async () => {
    const minutes = ({ steps }: Plan): number =>
      steps.reduce((sum, { wait, times }) => sum + times * (wait?.minutes ?? (wait?.seconds ?? 0) / 60), 0);
    for (const plan of await listPlans()) {
      const [, said = '', unit] = /\((\d+) (minutes|hours)\)/.exec(inLanguage(plan.title, 'en')) ?? [];
      const told = Number(said) * (unit === 'hours' ? 60 : 1);
      expect(Math.abs(minutes(plan) - told), plan.name).toBeLessThanOrEqual(5);
    }
  });

  it('first boot stays before consent until somebody agrees, so that what leaves is judged by it', async () => {
    const { steps } = await planNamed('first-boot');
    const phases = steps.flatMap(({ phase }) => phase ?? []);
    expect(phases).toEqual(['unboxed', 'before-consent', 'consent-given']);
    for (const phase of phases) expect(PHASES).toContain(phase);
    expect(steps.find(({ mark }) => mark === 'unlock')?.times).toBe(14);
  });
});

describe('a plan of one’s own', () => {
  it.each([
    ['- do: x\n  wait: {}', 'my.yaml:5: steps.0.wait: needs minutes or seconds'],
    ['- do: x\n  wait: { minutes: 1, seconds: 2 }', 'my.yaml:5: steps.0.wait: needs minutes or seconds'],
    ['- do: x\n- do: y\n  times: 0', 'my.yaml:6: steps.1.times: too small'],
    ['- do: x\n  until: traffic\n  mark: unlock', 'my.yaml:4: steps.0: a step that traffic ends marks nothing'],
    ['- do: x\n  host: a.example', 'my.yaml:4: steps.0: host belongs to a step, or a wait, until traffic'],
    ['- do: x\n  marks: unlock', 'my.yaml:4: steps.0: unknown field: "marks"'],
    ['- do: { de: x }', 'steps.0.do: must be a text of 1 to 1000 characters, or one in each language'],
    ['- phase: "\\e[31m"\n  do: x', 'my.yaml:4: steps.0.phase: must be 1 to 60 letters'],
    ['  - [', 'my.yaml:4: indentation does not fit the lines above, or a bracket above is not closed'],
    ['  []', 'steps: a plan has at least one step'],
  ])('with %j is refused in one line that says where', (steps, problem) => {
    expect(problemOf(yaml(steps))).toContain(problem);
    expect(problemOf(yaml(steps))).not.toContain('\n');
  });

  it('is a file, and a name that means nothing is told with those there are', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'plans-'));
    const file = path.join(dir, 'my.yaml');
    writeFileSync(file, yaml('- do: Take the SIM out.\n  mark: SIM taken out'));
    expect((await readPlan(file)).steps).toEqual([
      { do: 'Take the SIM out.', mark: 'SIM taken out', until: 'enter', times: 1 },
    ]);
    rmSync(dir, { recursive: true });
    await expect(readPlan(file)).rejects.toThrow('cannot be read (ENOENT): check the path');
    await expect(planNamed('nothing')).rejects.toThrow('no plan "nothing": there are after-fix, cloud-off');
  });
});

describe('progress', () => {
  const plan = parsePlan(
    JSON.stringify({
      name: 'p',
      title: 'P',
      steps: [
        { ...STEP, phase: 'idle' },
        { ...STEP, until: 'traffic', host: 'a.example' },
        { ...STEP, mark: 'unlock', wait: { seconds: 60 }, times: 2 },
        { ...STEP, wait: { minutes: 5, until: 'traffic' } },
      ],
    }),
    'p.json',
  );
  const view = (run: PlanRun, time: number, connections = 0) => viewOf('c', run, time, () => connections);

  it('marks when a step was done, waits, and counts every round', () => {
    let run = begin(plan, T);
    const seen: unknown[] = [];
    for (let time = T; run.done < lengthOf(plan); time += 60_000) {
      const { state, number, round, isReady } = view(run, time, 1);
      const { phase, mark, isOver, run: next } = advance(run, time);
      seen.push([number, round, state, isReady, phase ?? mark, isOver]);
      run = next;
    }
    expect(seen).toEqual([
      [0, 1, 'do', true, 'idle', false],
      [1, 1, 'do', true, null, false],
      [2, 1, 'do', true, 'unlock', false],
      [2, 1, 'wait', true, null, false],
      [3, 2, 'do', true, 'unlock', false],
      [3, 2, 'wait', true, null, false],
      [4, 1, 'do', true, null, false],
      [4, 1, 'wait', true, null, true],
    ]);
    expect(view(run, T)).toMatchObject({ state: 'over', step: null, number: 5, of: 5 });
  });

  it('begins a wait anew when the clock was set back, and is the same when it was not', () => {
    const waiting: PlanRun = { ...begin(plan, T), done: 2, doneAt: new Date(T + 3_600_000).toISOString() };
    const mended = notAhead(waiting, T);
    expect(view(mended, T).waitsUntil).toBe(new Date(T + 60_000).toISOString());
    expect(notAhead(mended, T + 1)).toBe(mended);
  });

  it('is not ready before its time or its traffic, and asks for traffic since the step began to its own host', () => {
    const run: PlanRun = { ...begin(plan, T), done: 1 };
    const asked: unknown[] = [];
    const waiting = viewOf('c', run, T, (since, host) => asked.push([since, host]) && 0);
    expect([waiting.isReady, asked]).toEqual([false, [[T, 'a.example']]]);
    expect(view(run, T, 1).isReady).toBe(true);
    const idle: PlanRun = { ...run, done: 2, doneAt: new Date(T).toISOString() };
    expect(view(idle, T + 59_999, 9)).toMatchObject({ isReady: false, waitsUntil: new Date(T + 60_000).toISOString() });
    expect(view(idle, T + 60_000).isReady).toBe(true);
    expect(view({ ...idle, done: 4 }, T + 1000, 1).isReady).toBe(true);
  });
});
