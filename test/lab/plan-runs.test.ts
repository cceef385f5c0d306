/** A case that follows a plan, asked and told over the API by two people at once. */
import { describe, expect, it } from 'vitest';
import { createCases } from '../../src/cases/cases.ts';
import { planServices } from '../../src/lab/plan-runs.ts';
import type { Plan } from '../../src/model/plan.ts';
import { createMemoryStore } from '../sinks/evidence/memory-store.ts';
import { labFlowRecord } from '../sinks/lab-alert.ts';

const T = Date.UTC(2026, 10, 22, 10);
const PLAN: Plan = {
  name: 'lab-plan',
  title: 'Lab plan',
  steps: [
    { do: 'Switch it on.', until: 'enter', phase: 'before-consent', mark: 'boot', wait: { seconds: 60 }, times: 1 },
    { do: 'Wait for it.', until: 'traffic', host: 'vnet.cn', times: 1 },
  ],
};

function lab() {
  const store = createMemoryStore();
  const clock = { now: T };
  const marked: string[] = [];
  const open = () => createCases(store, () => 'case-1');
  const services = (cases = open()) =>
    planServices({
      cases,
      evidence: store,
      now: () => clock.now,
      between: async (work) => work(),
      isRegistered: (id) => id.startsWith('nokia-'),
      onMark: (_given, name) => marked.push(name),
      flush: () => {},
      settle: () => {},
    });
  return { store, clock, marked, services };
}

describe('a case with a plan', () => {
  it('marks what was done, waits, sees the traffic that it waits for, and closes the case at its end', async () => {
    const { store, clock, marked, services } = lab();
    const api = services();
    const opened = await api.openCase({ title: 'x', deviceId: 'nokia-01', label: null, plan: PLAN });
    expect(opened).toMatchObject({ ok: true, value: { plan: { done: 0, doneAt: null } } });
    expect(await api.casePlanStep('case-1', 0)).toMatchObject({ ok: true, value: { state: 'wait', isReady: false } });
    expect(marked).toEqual(['before-consent', 'boot']);
    expect(await api.casePlanStep('case-1', 0)).toMatchObject({
      ok: false,
      why: `this step waits until ${new Date(T + 60_000).toISOString()}: what comes before that would be missed`,
    });
    clock.now = T + 60_000;
    expect(await api.casePlanStep('case-1', 0)).toMatchObject({ ok: true, value: { number: 1, isReady: false } });
    const flow = { deviceId: 'nokia-01', destination: { host: 'zzhc.vnet.cn', port: 80, ip: null } };
    store.putFlows([labFlowRecord('before the step', T + 1000, flow)]);
    store.putFlows([labFlowRecord('another phone', T + 61_000, { ...flow, deviceId: 'other' })]);
    store.putFlows([
      labFlowRecord('another host', T + 61_000, { ...flow, destination: { host: 'a', port: 1, ip: null } }),
    ]);
    expect(api.casePlan('case-1')).toMatchObject({ isReady: false, connections: 0 });
    store.putFlows([labFlowRecord('it', T + 61_000, flow)]);
    expect(api.casePlan('case-1')).toMatchObject({ isReady: true, connections: 1 });
    expect(await api.casePlanStep('case-1', 1)).toMatchObject({ ok: true, value: { state: 'over', step: null } });
    expect(store.case('case-1')).toMatchObject({
      closedAt: new Date(T + 60_000).toISOString(),
      marks: [{ phase: 'before-consent' }],
      events: [{ event: 'boot' }],
    });
  });

  it('counts a step once, whoever says that it is done', async () => {
    const { store, clock, services } = lab();
    const api = services();
    await api.openCase({ title: 'x', deviceId: 'nokia-01', label: null, plan: PLAN });
    const both = [await api.casePlanStep('case-1', 0), await api.casePlanStep('case-1', 0)];
    expect(both.map(({ ok }) => ok)).toEqual([true, false]);
    clock.now = T + 60_000;
    const late = [await api.casePlanStep('case-1', 0), await api.casePlanStep('case-1', 0)];
    expect(late[1]).toMatchObject({ ok: false, why: 'step 0 is not the one to be done now, which is 1' });
    expect(store.case('case-1')?.events).toHaveLength(1);
  });

  it('is where it was when the lab starts again', async () => {
    const { services } = lab();
    await services().openCase({ title: 'x', deviceId: 'nokia-01', label: null, plan: PLAN });
    await services().casePlanStep('case-1', 0);
    expect(services().casePlan('case-1')).toMatchObject({ state: 'wait', number: 0 });
  });

  it.each([
    ['an unknown name', { deviceId: 'nobody' }, 'no phone "nobody" is registered: see phonehome device list'],
    ['one of several', { deviceId: null, phones: ['nokia-01', 'x'] }, 'no phone "x" is registered'],
  ])('is not opened for phones of which one is %s', async (_name, phones, why) => {
    const { store, services } = lab();
    const opened = await services().openCase({ title: 'x', label: null, ...phones });
    expect(opened).toMatchObject({ ok: false, why: expect.stringContaining(why) });
    expect(store.cases()).toEqual([]);
  });

  it.each(['10.77.0.9', 'fe80::1', 'replay.xiaomi'])('is opened for %s, which is no name', async (deviceId) => {
    expect(await lab().services().openCase({ title: 'x', deviceId, label: null })).toMatchObject({ ok: true });
  });

  it('of a name that means nothing is not opened, and a case without one has no step', async () => {
    const { store, services } = lab();
    const api = services();
    expect(await api.openCase({ title: 'x', deviceId: null, label: null, plan: 'nothing' })).toMatchObject({
      ok: false,
      why: expect.stringContaining('no plan "nothing": there are after-fix,'),
      text: { key: 'records.no-plan', values: { name: 'nothing' } },
    });
    expect(store.cases()).toEqual([]);
    await api.openCase({ title: 'x', deviceId: null, label: null });
    expect(api.casePlan('case-1')).toBeNull();
    expect(await api.casePlanStep('case-1', 0)).toMatchObject({ ok: false, why: 'case "case-1" follows no plan' });
  });

  it('after consent was given cannot go back to before it: the step is told, and not counted', async () => {
    const { store, services } = lab();
    const [first] = PLAN.steps;
    const steps = first ? [{ ...first, phase: 'consent-given' }, first] : [];
    const api = services();
    await api.openCase({
      title: 'x',
      deviceId: 'nokia-01',
      label: null,
      plan: { ...PLAN, steps: steps.map(({ wait: _wait, ...step }) => step) },
    });
    await api.casePlanStep('case-1', 0);
    expect(await api.casePlanStep('case-1', 1)).toMatchObject({
      ok: false,
      why: expect.stringContaining('consent was given at'),
    });
    expect(store.case('case-1')).toMatchObject({ closedAt: null, plan: { done: 1 } });
  });
});
