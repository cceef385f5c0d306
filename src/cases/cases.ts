/**
 * Test runs: opening, marking phases, closing, and which phase a moment belongs to. Time comes in as an argument.
 * Every change is stored before it counts; a store that fails is a refusal with a reason, and nothing changed.
 * A case of one device takes precedence over a case of all devices; among equals the one opened last.
 */
import type { Case } from '../model/case.ts';

/** What the store must offer; the evidence store does. */
export interface CaseStore {
  putCase(given: Case): { ok: true } | { ok: false; message: string };
  cases(): Case[];
}

export type CaseOutcome = { ok: true; value: Case } | { ok: false; why: string };

export interface PhaseAt {
  /** Id of the case. */
  id: string;
  /** Null before the first mark. */
  phase: string | null;
  label: string | null;
}

export interface Cases {
  /** Oldest first. */
  list(): Case[];
  get(id: string): Case | null;
  open(given: { title: string; deviceId: string | null; label: string | null }, time: number): CaseOutcome;
  mark(id: string, phase: string, time: number): CaseOutcome;
  close(id: string, time: number): CaseOutcome;
  /** Drops it from memory after the store removed it. */
  forget(id: string): void;
  /** The case and phase a device was in; null outside every case. `time` in milliseconds since the epoch. */
  phaseAt(deviceId: string, time: number): PhaseAt | null;
}

/** Phases are words of an alert and of file names. */
const PHASE = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u;
const MAX_MARKS = 1000;

/** `newId` makes an id for a time in milliseconds since the epoch. */
export function createCases(store: CaseStore, newId: (time: number) => string): Cases {
  const all = new Map(store.cases().map((given) => [given.id, given]));
  let spans = [...all.values()].map(spanOf);

  function save(given: Case): CaseOutcome {
    const stored = store.putCase(given);
    if (!stored.ok) return { ok: false, why: `the case could not be stored: ${stored.message}` };
    all.set(given.id, given);
    spans = [...all.values()].map(spanOf);
    return { ok: true, value: structuredClone(given) };
  }

  function change(id: string, edit: (given: Case) => Case | string): CaseOutcome {
    const given = all.get(id);
    if (given === undefined) return { ok: false, why: `no case "${id}": phonehome case list shows them` };
    if (given.closedAt !== null) return { ok: false, why: `case "${id}" is closed: open a new one` };
    const changed = edit(given);
    return typeof changed === 'string' ? { ok: false, why: changed } : save(changed);
  }

  return {
    list: () => structuredClone([...all.values()]),
    get: (id) => structuredClone(all.get(id) ?? null),
    open({ title, deviceId, label }, time) {
      const name = title.trim();
      if (name === '') return { ok: false, why: 'a case needs a title' };
      return save({ id: newId(time), title: name, deviceId, label, openedAt: iso(time), closedAt: null, marks: [] });
    },
    mark: (id, phase, time) =>
      change(id, (given) => {
        if (!PHASE.test(phase))
          return 'a phase is 1 to 60 letters, digits, blanks, dots or dashes, e.g. before-consent';
        if (given.marks.length >= MAX_MARKS) return `a case takes at most ${MAX_MARKS} marks: open a new one`;
        // A clock set back must not reorder the phases somebody marked one after the other.
        const last = given.marks.at(-1)?.at ?? given.openedAt;
        const at = iso(Math.max(time, Date.parse(last)));
        return { ...given, marks: [...given.marks, { phase, at }] };
      }),
    close: (id, time) =>
      change(id, (given) => {
        const last = given.marks.at(-1)?.at ?? given.openedAt;
        return { ...given, closedAt: iso(Math.max(time, Date.parse(last))) };
      }),
    forget(id) {
      all.delete(id);
      spans = [...all.values()].map(spanOf);
    },
    phaseAt(deviceId, time) {
      let best: Span | null = null;
      for (const span of spans) {
        if (span.deviceId !== null && span.deviceId !== deviceId) continue;
        if (span.from > time || span.to <= time) continue;
        if (best === null || isCloser(span, best)) best = span;
      }
      if (best === null) return null;
      const phase = best.marks.findLast((mark) => mark.from <= time)?.phase ?? null;
      return { id: best.id, phase, label: best.label };
    },
  };
}

/** A case in milliseconds: `phaseAt` is asked for every event of every flow and must not parse dates. */
interface Span {
  id: string;
  deviceId: string | null;
  label: string | null;
  from: number;
  to: number;
  marks: { phase: string; from: number }[];
}

function spanOf(given: Case): Span {
  const { id, deviceId, label, closedAt } = given;
  const marks = given.marks.map(({ phase, at }) => ({ phase, from: Date.parse(at) }));
  const to = closedAt === null ? Number.POSITIVE_INFINITY : Date.parse(closedAt);
  return { id, deviceId, label, from: Date.parse(given.openedAt), to, marks };
}

function isCloser(one: Span, other: Span): boolean {
  if ((one.deviceId === null) !== (other.deviceId === null)) return one.deviceId !== null;
  return one.from >= other.from;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
