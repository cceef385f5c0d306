/**
 * Test runs: opening, marking phases and events, closing, and where in them a moment lies. Time comes in as an argument.
 * Every change is stored before it counts; a store that fails is a refusal with a reason, and nothing changed.
 * A phone is in one open case of its own at most; such a case takes precedence over one of all phones. Of older ones that
 * overlap, the one opened last.
 */

import { refused } from '../formats/refusal.ts';
import { type Case, type CaseMoment, type NewCase, phonesOf } from '../model/case.ts';
import type { PlanRun } from '../model/plan.ts';
import { type Text, text } from '../model/text.ts';
import { CASE_EVENTS, PHASES } from '../model/words.ts';

/** What the store must offer; the evidence store does. */
export interface CaseStore {
  putCase(given: Case): { ok: true } | { ok: false; message: string };
  cases(): Case[];
}

export type CaseOutcome = { ok: true; value: Case } | { ok: false; why: string; text?: Text };

export interface Cases {
  /** Oldest first. */
  list(): Case[];
  get(id: string): Case | null;
  open(given: NewCase, time: number): CaseOutcome;
  /** Begins a phase. */
  mark(id: string, phase: string, time: number): CaseOutcome;
  /** Something is done to the phone; the phase goes on. */
  note(id: string, event: string, time: number): CaseOutcome;
  close(id: string, time: number): CaseOutcome;
  /** How far its plan got. */
  follow(id: string, plan: PlanRun): CaseOutcome;
  /** Drops it from memory after the store removed it. */
  forget(id: string): void;
  /** The case and phase a device was in; null outside every case. `time` in milliseconds since the epoch. */
  phaseAt(deviceId: string, time: number): CaseMoment | null;
}

/** Phases are words of an alert and of file names. */
const WORD = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u;
const MAX_MARKS = 1000;
const AGREED: readonly string[] = ['consent-given', 'after-consent'];

/** `newId` makes an id for a time in milliseconds since the epoch. */
export function createCases(store: CaseStore, newId: (time: number) => string): Cases {
  const all = new Map(store.cases().map((given) => [given.id, given]));
  let spans = [...all.values()].map(spanOf);

  function save(given: Case): CaseOutcome {
    const stored = store.putCase(given);
    if (!stored.ok) return refused(text('refused.case-not-stored', { reason: stored.message }));
    all.set(given.id, given);
    spans = [...all.values()].map(spanOf);
    return { ok: true, value: structuredClone(given) };
  }

  function change(id: string, edit: (given: Case) => Case | { why: Text }): CaseOutcome {
    const given = all.get(id);
    if (given === undefined) return refused(text('refused.no-case', { id }));
    if (given.closedAt !== null) return refused(text('refused.case-closed', { id, at: given.closedAt }));
    const changed = edit(given);
    return 'why' in changed ? refused(changed.why) : save(changed);
  }

  function open(given: NewCase, time: number): CaseOutcome {
    const title = given.title.trim();
    if (title === '') return refused(text('refused.no-title'));
    const phones = phonesOf(given);
    const claimed = (phones ?? []).flatMap((phone) =>
      [...all.values()]
        .filter((other) => other.closedAt === null && phonesOf(other)?.includes(phone))
        .map((other) => text('refused.phone-in-case', { phone, title: other.title, id: other.id })),
    );
    if (claimed[0] !== undefined) return refused(claimed[0]);
    const { deviceId, label, about, plan } = given;
    return save({
      id: newId(time),
      title,
      deviceId: phones?.[0] ?? deviceId,
      label,
      openedAt: iso(time),
      closedAt: null,
      marks: [],
      ...(phones !== null && phones.length > 1 ? { phones: [...phones] } : {}),
      ...(about !== undefined && Object.keys(about).length > 0 ? { about } : {}),
      ...(plan ? { plan } : {}),
    });
  }

  return {
    list: () => structuredClone([...all.values()]),
    get: (id) => structuredClone(all.get(id) ?? null),
    open,
    mark: (id, phase, time) =>
      change(id, (given) => {
        const name = known(phase, PHASES);
        const problem = markProblem(given, name);
        if (problem !== null) return { why: problem };
        const agreed = given.marks.find((mark) => AGREED.includes(mark.phase));
        if (name === 'before-consent' && agreed !== undefined)
          return { why: text('refused.agreed-already', { at: agreed.at }) };
        return { ...given, marks: [...given.marks, { phase: name, at: nextAt(given, time) }] };
      }),
    note: (id, event, time) =>
      change(id, (given) => {
        const name = known(event, CASE_EVENTS);
        const problem = markProblem(given, name);
        if (problem !== null) return { why: problem };
        return { ...given, events: [...(given.events ?? []), { event: name, at: nextAt(given, time) }] };
      }),
    close: (id, time) => change(id, (given) => ({ ...given, closedAt: nextAt(given, time) })),
    follow: (id, plan) => change(id, (given) => ({ ...given, plan })),
    forget(id) {
      all.delete(id);
      spans = [...all.values()].map(spanOf);
    },
    phaseAt(deviceId, time) {
      let best: Span | null = null;
      for (const span of spans) {
        if (span.phones !== null && !span.phones.includes(deviceId)) continue;
        if (span.from > time || span.to <= time) continue;
        if (best === null || isCloser(span, best)) best = span;
      }
      if (best === null) return null;
      const { phase = null, mark = null } = best.marks.findLast(({ from }) => from <= time) ?? {};
      return { id: best.id, phase, label: best.label, mark };
    },
  };
}

/** `Before consent` is meant as `before-consent`. */
function known(word: string, words: readonly string[]): string {
  const plain = word
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '-');
  return words.includes(plain) ? plain : word;
}

function markProblem(given: Case, name: string): Text | null {
  if (!WORD.test(name)) return text('refused.mark-name');
  if (given.marks.length + (given.events?.length ?? 0) < MAX_MARKS) return null;
  return text('refused.marks-full', { most: MAX_MARKS });
}

/** A clock set back must not reorder what somebody marked one after the other. */
function nextAt({ openedAt, marks, events }: Case, time: number): string {
  const last = [openedAt, marks.at(-1)?.at, events?.at(-1)?.at].map((at) => (at === undefined ? 0 : Date.parse(at)));
  return iso(Math.max(time, ...last));
}

/** A case in milliseconds: `phaseAt` is asked for every event of every flow and must not parse dates. */
interface Span {
  id: string;
  phones: readonly string[] | null;
  label: string | null;
  from: number;
  to: number;
  /** Phases and events in their order, each with the phase from then on. */
  marks: { from: number; phase: string | null; mark: NonNullable<CaseMoment['mark']> }[];
}

function spanOf(given: Case): Span {
  const { id, label, closedAt } = given;
  const to = closedAt === null ? Number.POSITIVE_INFINITY : Date.parse(closedAt);
  return { id, phones: phonesOf(given), label, from: Date.parse(given.openedAt), to, marks: timelineOf(given) };
}

function timelineOf({ marks, events = [] }: Case): Span['marks'] {
  let phase: string | null = null;
  return [
    ...marks.map(({ phase: name, at }) => ({ name, at: Date.parse(at), isPhase: true })),
    ...events.map(({ event: name, at }) => ({ name, at: Date.parse(at), isPhase: false })),
  ]
    .toSorted((one, other) => one.at - other.at)
    .map(({ name, at, isPhase }, nth) => {
      if (isPhase) phase = name;
      return { from: at, phase, mark: { name, at, nth } };
    });
}

function isCloser(one: Span, other: Span): boolean {
  if ((one.phones === null) !== (other.phones === null)) return one.phones !== null;
  return one.from >= other.from;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
