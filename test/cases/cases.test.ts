import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CaseStore, createCases } from '../../src/cases/cases.ts';
import { say } from '../../src/formats/say.ts';
import type { Case } from '../../src/model/case.ts';

const T = Date.UTC(2026, 10, 22, 10, 0, 0);
const MINUTE = 60_000;

function memory(initial: Case[] = []): CaseStore & { kept: Map<string, Case>; full: boolean } {
  const kept = new Map(initial.map((given) => [given.id, given]));
  return {
    kept,
    full: false,
    putCase(given) {
      if (this.full) return { ok: false, message: 'database or disk is full' };
      kept.set(given.id, structuredClone(given));
      return { ok: true };
    },
    cases: () => [...kept.values()],
  };
}

function setup(initial: Case[] = []) {
  const store = memory(initial);
  let next = 0;
  const cases = createCases(store, () => `case-${++next}`);
  const open = (deviceId: string | null, time: number, label: string | null = null) => {
    const opened = cases.open({ title: 'a run', deviceId, label }, time);
    if (!opened.ok) throw new Error(opened.why);
    return opened.value.id;
  };
  return { store, cases, open };
}

describe('phases', () => {
  it('begin with their mark and end with the next one or with the case', () => {
    const { cases, open } = setup();
    const id = open('a', T, 'disputed');
    cases.mark(id, 'before-consent', T + MINUTE);
    cases.mark(id, 'after-consent', T + 2 * MINUTE);
    cases.close(id, T + 3 * MINUTE);
    const phase = (time: number) => cases.phaseAt('a', time);
    expect(phase(T - 1)).toBeNull();
    expect(phase(T)).toEqual({ id, phase: null, label: 'disputed', mark: null });
    expect(phase(T + MINUTE - 1)?.phase).toBeNull();
    expect(phase(T + MINUTE)?.phase).toBe('before-consent');
    expect(phase(T + 2 * MINUTE)?.phase).toBe('after-consent');
    expect(phase(T + 3 * MINUTE - 1)?.phase).toBe('after-consent');
    expect(phase(T + 3 * MINUTE)).toBeNull();
    expect(cases.phaseAt('b', T)).toBeNull();
  });

  it("a device's own case goes before one of all devices, and of two in an older store the one opened later", () => {
    const { cases, open, store } = setup();
    const everybody = open(null, T);
    const own = open('a', T + MINUTE);
    open(null, T + 2 * MINUTE);
    expect(cases.phaseAt('a', T + 3 * MINUTE)?.id).toBe(own);
    expect(cases.phaseAt('a', T)?.id).toBe(everybody);
    const later = { ...(cases.get(own) as Case), id: 'later', openedAt: new Date(T + 2 * MINUTE).toISOString() };
    expect(createCases(memory([...store.kept.values(), later]), String).phaseAt('a', T + 3 * MINUTE)?.id).toBe('later');
  });

  it('events are noted within a phase, which goes on; each moment knows the last mark before it', () => {
    const { cases, open } = setup();
    const id = open('a', T);
    cases.mark(id, 'Before consent', T + MINUTE);
    cases.note(id, 'unlock', T + 2 * MINUTE);
    cases.note(id, 'Screen on', T + 3 * MINUTE);
    const at = (time: number) => cases.phaseAt('a', time);
    expect(at(T + MINUTE)).toMatchObject({ phase: 'before-consent', mark: { name: 'before-consent', nth: 0 } });
    expect(at(T + 2 * MINUTE)).toMatchObject({ phase: 'before-consent', mark: { name: 'unlock', at: T + 2 * MINUTE } });
    expect(at(T + 9 * MINUTE)).toMatchObject({ phase: 'before-consent', mark: { name: 'screen-on', nth: 2 } });
  });

  it('a case of several phones is the case of each of them and of no other', () => {
    const { cases } = setup();
    const opened = cases.open({ title: 'two units', deviceId: 'a', label: null, phones: ['a', 'b'] }, T);
    expect(opened).toMatchObject({ ok: true, value: { deviceId: 'a', phones: ['a', 'b'] } });
    expect(['a', 'b', 'c'].map((phone) => cases.phaseAt(phone, T)?.id ?? null)).toEqual(['case-1', 'case-1', null]);
  });

  it('marks made after one another stay in that order when the clock jumps back', () => {
    const { cases, open } = setup();
    const id = open('a', T);
    cases.mark(id, 'boot', T + MINUTE);
    cases.mark(id, 'unlock', T - 5 * MINUTE);
    expect(cases.phaseAt('a', T + MINUTE)?.phase).toBe('unlock');
    const closed = cases.close(id, T - MINUTE);
    expect(closed.ok && closed.value.closedAt).toBe(new Date(T + MINUTE).toISOString());
  });

  it('whatever is marked when, every moment has at most one phase, the last marked before it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000)), fc.nat(10_000), (times, asked) => {
        const { cases, open } = setup();
        const id = open('a', T);
        times.forEach((time, index) => void cases.mark(id, `phase ${index}`, T + time));
        let latest = 0;
        const effective = times.map((time) => {
          latest = Math.max(latest, time);
          return latest;
        });
        const expected = effective.findLastIndex((time) => time <= asked);
        expect(cases.phaseAt('a', T + asked)?.phase ?? null).toBe(expected === -1 ? null : `phase ${expected}`);
      }),
    );
  });
});

describe('what is refused, with one line', () => {
  it('in Vietnamese too', () => {
    const { cases, open } = setup();
    const id = open('a', T);
    const refusals = [
      cases.mark('x', 'boot', T),
      cases.mark(id, '?', T),
      cases.open({ title: ' ', deviceId: null, label: null }, T),
      cases.open({ title: 'another', deviceId: 'a', label: null }, T),
    ].map((refused) => (refused.ok || !refused.text ? null : say(refused.text, 'vi')));
    expect(refusals).toEqual([
      'không có đợt thử "x": phonehome case list liệt kê các đợt thử',
      expect.stringContaining('tên giai đoạn hay dấu mốc gồm 1 đến 60'),
      'đợt thử cần có tên',
      expect.stringContaining('đang trong đợt thử "a run"'),
    ]);
  });

  it('unknown and closed cases, nameless cases, phases that are no words, endless marks', () => {
    const { cases, open } = setup();
    expect(cases.mark('x', 'boot', T)).toMatchObject({ ok: false, why: 'no case "x": phonehome case list shows them' });
    expect(cases.open({ title: ' ', deviceId: null, label: null }, T)).toMatchObject({
      ok: false,
      why: 'a case needs a title',
    });
    const id = open('a', T);
    for (const phase of ['', ' boot', 'a\nb', 'x'.repeat(61), '<b>']) expect(cases.mark(id, phase, T).ok).toBe(false);
    for (let i = 0; i < 1000; i++) cases.mark(id, 'boot', T);
    expect(cases.mark(id, 'boot', T)).toMatchObject({
      ok: false,
      why: 'a case takes at most 1000 marks: open a new one',
    });
    cases.close(id, T);
    expect(cases.close(id, T)).toMatchObject({
      ok: false,
      why: `case "${id}" is closed since 2026-11-22T10:00:00.000Z: open a new one to go on`,
    });
  });

  it('a second case for a phone whose first one is open', () => {
    const { cases, open } = setup();
    const id = open('a', T);
    const refused = {
      ok: false,
      why: 'a is in case "a run" (case-1), which is still open: end it first with phonehome case close',
    };
    expect(cases.open({ title: 'another', deviceId: 'a', label: null }, T)).toMatchObject(refused);
    expect(cases.open({ title: 'another', deviceId: 'b', label: null, phones: ['b', 'a'] }, T)).toMatchObject(refused);
    expect(open('b', T)).toBe('case-2');
    cases.close(id, T);
    expect(open('a', T)).toBe('case-3');
  });

  it('before consent after consent was given', () => {
    const { cases, open } = setup();
    const id = open('a', T);
    cases.mark(id, 'consent given', T + MINUTE);
    expect(cases.mark(id, 'before-consent', T + 2 * MINUTE)).toMatchObject({
      ok: false,
      why: expect.stringMatching(/^consent was given at 2026-11-22T10:01:00.000Z in this case: .* Open a new case/),
    });
    expect(cases.phaseAt('a', T + 3 * MINUTE)?.phase).toBe('consent-given');
  });

  it('a change the store cannot keep, which then has not happened', () => {
    const { cases, open, store } = setup();
    const id = open('a', T);
    store.full = true;
    expect(cases.mark(id, 'boot', T)).toMatchObject({
      ok: false,
      why: 'the case could not be stored: database or disk is full',
    });
    expect(cases.phaseAt('a', T)?.phase).toBeNull();
  });
});

describe('cases', () => {
  it('are there again after a restart', () => {
    const { cases, open, store } = setup();
    const id = open('a', T);
    cases.mark(id, 'boot', T);
    const again = createCases(store, () => 'other');
    expect(again.list()).toEqual(cases.list());
    expect(again.phaseAt('a', T)?.phase).toBe('boot');
  });

  it('handed out cannot be changed from outside', () => {
    const { cases, open } = setup();
    const id = open('a', T);
    const given = cases.get(id);
    given?.marks.push({ phase: 'forged', at: new Date(T).toISOString() });
    expect(cases.get(id)?.marks).toEqual([]);
    cases.forget(id);
    expect(cases.get(id)).toBeNull();
  });
});
