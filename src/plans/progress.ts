/** How far a plan got, and what comes next. Pure: times come in. */
import type { Plan, PlanRun, PlanStep, PlanView } from '../model/plan.ts';

/** What is done to the case when a step is over. */
export interface Advance {
  run: PlanRun;
  phase: string | null;
  mark: string | null;
  /** That was the last one. */
  isOver: boolean;
}

export const begin = (plan: Plan, time: number): PlanRun => ({ plan, done: 0, since: iso(time), doneAt: null });

export const lengthOf = ({ steps }: Plan): number => steps.reduce((sum, { times }) => sum + times, 0);

/** @param connectionsSince of the phone since a time (ms since the epoch), to names that hold this where one is given */
export function viewOf(
  id: string,
  run: PlanRun,
  time: number,
  connectionsSince: (since: number, host: string | null) => number,
): PlanView {
  const { plan, done, since, doneAt } = run;
  const { step, round } = at(plan, done);
  const about = { case: id, plan: plan.name, title: plan.title, number: done, of: lengthOf(plan), round };
  if (step === null) return { ...about, state: 'over', step, waitsUntil: null, isReady: true, connections: 0 };
  const from = Date.parse(doneAt ?? since);
  const connections = connectionsSince(from, step.host ?? null);
  if (doneAt === null) {
    const isReady = step.until === 'enter' || connections > 0;
    return { ...about, state: 'do', step, waitsUntil: null, isReady, connections };
  }
  const until = from + waitMs(step);
  const isReady = time >= until || (step.wait?.until === 'traffic' && connections > 0);
  return { ...about, state: 'wait', step, waitsUntil: iso(until), isReady, connections };
}

/** The same where the lab's clock was set back meanwhile: a wait begins anew, and is not as much longer as the clock jumped. */
export function notAhead(run: PlanRun, time: number): PlanRun {
  const [since, doneAt] = [run.since, run.doneAt].map((at) => (at !== null && Date.parse(at) > time ? iso(time) : at));
  return since === run.since && doneAt === run.doneAt
    ? run
    : { ...run, since: since ?? run.since, doneAt: doneAt ?? null };
}

/** What follows when the present step was done, or its wait is over. */
export function advance(run: PlanRun, time: number): Advance {
  const { step } = at(run.plan, run.done);
  if (step === null) return { run, phase: null, mark: null, isOver: true };
  const { phase = null, mark = null } = run.doneAt === null ? step : {};
  if (run.doneAt === null && step.wait) return { run: { ...run, doneAt: iso(time) }, phase, mark, isOver: false };
  const next = { ...run, done: run.done + 1, since: iso(time), doneAt: null };
  return { run: next, phase, mark, isOver: next.done >= lengthOf(run.plan) };
}

function at({ steps }: Plan, done: number): { step: PlanStep | null; round: number } {
  let before = 0;
  for (const step of steps) {
    if (done < before + step.times) return { step, round: done - before + 1 };
    before += step.times;
  }
  return { step: null, round: 0 };
}

const waitMs = ({ wait }: PlanStep): number => (wait?.seconds ?? (wait?.minutes ?? 0) * 60) * 1000;
const iso = (time: number): string => new Date(time).toISOString();
