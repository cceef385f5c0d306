/** A case that follows a plan: what is to be done now, and what is marked when it was done. */

import { isIP } from 'node:net';
import type { Cases } from '../cases/cases.ts';
import { refused } from '../formats/refusal.ts';
import { type Case, phonesOf } from '../model/case.ts';
import { REPLAY_PREFIX } from '../model/device.ts';
import { LabError } from '../model/lab.ts';
import type { PlanView } from '../model/plan.ts';
import { text } from '../model/text.ts';
import { advance, begin, notAhead, viewOf } from '../plans/progress.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import type { LiveDependencies, Outcome } from '../sinks/live/dependencies.ts';
import { OWN_NAME } from './recorded-flows.ts';
import { type Between, must } from './services.ts';

interface PlanDependencies {
  cases: Cases;
  evidence: Pick<EvidenceStore, 'flows'>;
  now: () => number;
  between: Between;
  /** Registered phones, by their names. */
  isRegistered: (id: string) => boolean;
  onMark: (marked: Case, name: string) => void;
  /** Writes what waits of connections. */
  flush: () => void;
  /** The same of alerts. */
  settle: () => void;
}

export function planServices(
  lab: PlanDependencies,
): Pick<LiveDependencies, 'openCase' | 'plans' | 'casePlan' | 'casePlanStep'> {
  const { cases, now, between, flush } = lab;
  const view = (given: Case): PlanView | null => {
    if (given.plan === undefined) return null;
    flush();
    const run = notAhead(given.plan, now());
    if (run !== given.plan) cases.follow(given.id, run);
    return viewOf(given.id, run, now(), (since, host) => connectionsOf(lab.evidence, given, since, host));
  };
  return {
    plans: async () => (await import('../plans/plans.ts')).listPlans(),
    async openCase({ plan: wanted, ...given }) {
      const unknown = unknownPhone(given, lab.isRegistered);
      if (unknown !== null) return refused(text('refused.no-phone', { id: unknown }));
      const named = typeof wanted === 'string' ? await findPlan(wanted) : { ok: true as const, value: wanted };
      if (!named.ok) return named;
      const plan = named.value;
      return between(() => cases.open({ ...given, ...(plan ? { plan: begin(plan, now()) } : {}) }, now()));
    },
    casePlan(id) {
      const given = cases.get(id);
      return given && view(given);
    },
    casePlanStep: (id, number) => between(() => step(lab, id, number, view)),
  };
}

/** A phone is known by its name once it is registered; until then by its address. Those of replays register themselves. */
const unknownPhone = (given: Parameters<typeof phonesOf>[0], isRegistered: (id: string) => boolean): string | null =>
  phonesOf(given)?.find((id) => !isRegistered(id) && isIP(id) === 0 && !id.startsWith(REPLAY_PREFIX)) ?? null;

async function findPlan(name: string) {
  try {
    return { ok: true as const, value: await (await import('../plans/plans.ts')).planNamed(name) };
  } catch (error) {
    if (error instanceof LabError) return { ok: false as const, why: error.message, text: error.text };
    throw error;
  }
}

/** Marks, and goes on. What a second person says of a step that is done already changes nothing. */
function step(
  { cases, now, onMark, settle }: PlanDependencies,
  id: string,
  number: number,
  view: (given: Case) => PlanView | null,
): Outcome<PlanView> {
  const given = cases.get(id);
  const seen = given && view(given);
  if (given?.plan === undefined || !seen) return refused(text('refused.no-plan', { id }));
  if (seen.number !== number) return refused(text('refused.other-step', { given: number, now: seen.number }));
  if (seen.state === 'wait' && !seen.isReady)
    return refused(text('refused.step-waits', { until: `${seen.waitsUntil}` }));
  const time = now();
  const { run, phase, mark, isOver } = advance(given.plan, time);
  // Before the step counts as done: a mark that cannot be set is told, and the step may be repeated.
  for (const [name, marked] of [
    [phase, phase === null ? null : cases.mark(id, phase, time)],
    [mark, mark === null ? null : cases.note(id, mark, time)],
  ] as const) {
    if (marked === null || name === null) continue;
    if (!marked.ok) return marked;
    onMark(marked.value, name);
  }
  const followed = cases.follow(id, run);
  if (!followed.ok) return followed;
  if (isOver) {
    settle();
    must(cases.close(id, now()));
  }
  const after = view(cases.get(id) ?? given);
  return after === null ? refused(text('refused.case-gone', { id })) : { ok: true, value: after };
}

/** As many as a person would count. */
const MAX_COUNTED = 1000;

function connectionsOf(
  evidence: Pick<EvidenceStore, 'flows'>,
  given: Case,
  since: number,
  host: string | null,
): number {
  const about = { after: since, limit: MAX_COUNTED, ...(host === null ? {} : { host }) };
  let count = 0;
  for (const device of phonesOf(given) ?? [undefined])
    count += evidence
      .flows({ ...about, ...(device === undefined ? {} : { device }) })
      .filter(({ destination }) => destination.host !== OWN_NAME).length;
  return count;
}
