/** A lab behind the API that keeps everything in memory, and a started server on loopback. */

import { type ContentMask, orderContent, partOf } from '../../../src/formats/flow-content.ts';
import { refused } from '../../../src/formats/refusal.ts';
import { say } from '../../../src/formats/say.ts';
import type { Case } from '../../../src/model/case.ts';
import type { ContentEvent } from '../../../src/model/content.ts';
import type { Gap } from '../../../src/model/coverage.ts';
import type { Device } from '../../../src/model/device.ts';
import type { NotifyConfig } from '../../../src/model/notify.ts';
import type { PinState } from '../../../src/model/pin.ts';
import type { Plan, PlanView } from '../../../src/model/plan.ts';
import { text } from '../../../src/model/text.ts';
import type { TrustTestState } from '../../../src/model/trust-test.ts';
import type { Role } from '../../../src/model/words.ts';
import { casePage } from '../../../src/portal/case-page.ts';
import type { EvidenceStore } from '../../../src/sinks/evidence/store.ts';
import type { LiveDependencies, NotifyServices, UpstreamEntry } from '../../../src/sinks/live/dependencies.ts';
import { type LiveServer, type LiveServerOptions, startLiveServer } from '../../../src/sinks/live/server.ts';
import { createTokens, type Tokens } from '../../../src/sinks/live/tokens.ts';
import { labCoverage } from '../../coverage/lab-coverage.ts';
import { createMemoryStore } from '../evidence/memory-store.ts';
import { type labAlert, labRecord } from '../lab-alert.ts';

export const TOKEN = 'a-token-of-the-test-lab-0123456789';

export const TOKENS: Record<Role, string> = {
  administrator: TOKEN,
  operator: 'the-operator-of-the-test-lab-0123456789',
  viewer: 'a-viewer-of-the-test-lab-0123456789',
};

/** Tokens that lie in memory. */
const LAB_PLAN: Plan = {
  name: 'lab-plan',
  title: { en: 'A plan', vi: 'Một kế hoạch' },
  steps: [{ do: 'Unlock it.', until: 'enter', mark: 'unlock', wait: { seconds: 60 }, times: 14 }],
};
const LAB_VIEW: PlanView = {
  case: 'case-1',
  plan: 'lab-plan',
  title: LAB_PLAN.title,
  state: 'do',
  number: 0,
  of: 14,
  step: LAB_PLAN.steps[0] ?? null,
  round: 1,
  waitsUntil: null,
  isReady: true,
  connections: 0,
};

export function labTokens(): Tokens {
  const kept = { ...TOKENS };
  return createTokens({
    read: (role) => kept[role],
    write: (role, token) => void Object.assign(kept, { [role]: token }),
  });
}

export const DEVICE: Device = {
  id: 'nokia-7-plus-01',
  model: 'Nokia 7 Plus',
  match: { ip: '10.77.0.2', mac: null, default: false },
  identifiers: { imei: ['490154203237518'], location: [{ lat: 21.0278, lon: 105.8342, radius_m: 2000 }] },
  canaries: {
    contacts: [{ name: 'Canary Nguyen', phone: '+84987654321' }],
    messages: ['purple elephant seventeen'],
    photos: [{ name: 'canary.jpg', bytes: Buffer.from('secret pixels') }],
  },
  salts: ['pepper'],
};

const GAP: Gap = {
  kind: 'lab-down',
  subject: 'lab',
  from: '2026-11-22T10:00:00.000Z',
  to: '2026-11-22T10:02:00.000Z',
  detail: null,
};

/** Configured in memory. */
export function labNotify(): NotifyServices {
  const config: NotifyConfig = {
    receivers: {
      newsroom: {
        type: 'webhook',
        template: 'json',
        url: 'https://hooks.example.org/phonehome',
        values: {},
        secrets: {},
        language: 'en',
        personal: 'none',
        private: false,
      },
    },
    rules: [],
    mutes: [],
  };
  const set = (key: string, value: unknown): void => void Object.assign(config, { [key]: value });
  return {
    config: () => config,
    state: () => ({
      file: 'data/notify.yaml',
      problem: null,
      receivers: Object.keys(config.receivers).map((name) => ({
        name,
        type: 'webhook',
        where: 'hooks.example.org',
        waiting: 2,
        dead: 0,
        sent: 5,
        dropped: 0,
        failingSince: '2026-11-22T10:00:00.000Z',
        nextTry: '2026-11-22T10:05:00.000Z',
        lastError: 'nothing listens there',
        lastSent: null,
      })),
      rules: config.rules,
      mutes: config.mutes.map((mute) => ({ ...mute, held: 0, isOver: false })),
    }),
    async change(edit) {
      const receivers = config.receivers as Record<string, unknown>;
      edit({
        set,
        setIn: ([, name = ''], value) => void Object.assign(receivers, { [name]: value }),
        deleteIn: ([, name = '']) => delete receivers[name],
      });
      return { ok: true, value: null };
    },
    test: async () => ({ ok: true, detail: 'it took the test' }),
    retry: async () => 3,
    putSecret() {},
  };
}

export function labDependencies(
  store: EvidenceStore = createMemoryStore(),
): LiveDependencies & { store: EvidenceStore } {
  const devices = new Map<string, Device>([[DEVICE.id, DEVICE]]);
  const pins: PinState[] = [];
  const trustTests: TrustTestState[] = [];
  const upstream: UpstreamEntry[] = [];
  let cases = 0;
  const change = (id: string, edit: (given: Case) => void) => {
    const given = store.case(id);
    if (given === null || given.closedAt !== null)
      return { ok: false as const, why: 'this case is closed: open a new one' };
    edit(given);
    store.putCase(given);
    return { ok: true as const, value: given };
  };
  const AT = '2026-11-22T10:00:00.000Z';
  return {
    store,
    now: () => Date.parse(AT),
    audits: store.audits,
    settings: () => ({
      databases: [],
      certificate: { name: 'Phonehome Lab CA', fingerprint: 'AA:BB', validFrom: AT, validTo: AT },
      retentionDays: 90,
      keep: 'findings',
      homeCountry: null,
      hasTls: false,
      devicesFile: null,
    }),
    takeDatabase: async ({ name }) => ({ ok: true, value: { changed: [name], databases: [] } }),
    rollBackDatabases: async () => ({ ok: true, value: { changed: [], databases: [] } }),
    waysIn: () => ({
      proxy: { host: '192.0.2.10', port: 8080 },
      page: 'http://192.0.2.10:8081/setup',
      wifi: null,
      hasTunnel: false,
    }),
    async scanUpload(body) {
      let bytes = 0;
      for await (const chunk of body) bytes += chunk.length;
      if (bytes > 100) return { status: 413, ...refused(text('refused.upload-large', { most: 100 })) };
      const lines = (async function* () {
        yield { type: 'end', entries: bytes, findings: 0, more: 0 } as const;
      })();
      return { ok: true, lines };
    },
    epoch: store.epoch,
    lastSeq: store.lastSeq,
    alerts: store.alerts,
    alert: store.alert,
    reveal: store.reveal,
    flows: store.flows,
    flow: store.flow,
    searchAlerts: async ({ q = '' }) => {
      const alerts = store.alerts({ newest: true }).filter(({ message }) => message.includes(q));
      return { alerts, total: alerts.length };
    },
    latestAlerts: async () => ({ alerts: store.alerts({ newest: true }) }),
    searchFlows: async () => ({ flows: store.flows({}), total: store.flows({}).length }),
    searchBodies: async () => ({ hits: [], bytes: 0, next: null }),
    openContent: async () => null,
    compareCases: async (a, b) => ({
      ok: true,
      value: { simulated: false, sides: [a, b], claims: [], changes: [], limit: '' },
    }),
    exportCase: async () => ({ ok: false, why: 'nothing is exported here' }),
    verifyPackage: async () => ({ ok: true, value: null }),
    caseReport: async (id, { format, language }) => ({ ok: true, value: `<p>${id} ${format} ${language}` }),
    appCoverage: async () => ({ apps: [], connections: 0, isAll: true }),
    groupFlows: async ({ by }) => ({ by, groups: [], total: 0, flows: 0 }),
    content: ({ id }, isRevealed) => orderContent(id, contentOf(id), [], isRevealed ? null : HIDDEN),
    contentPart: ({ id }, side, from, length) => partOf(contentOf(id), side, from, length),
    devices: () => [...devices.values()],
    putDevice(entry) {
      const { id } = entry as { id?: unknown };
      if (typeof id !== 'string') return { ok: false, why: 'devices[0].id is missing: give the phone a name' };
      const device = { ...DEVICE, id };
      devices.set(id, device);
      return { ok: true, value: { device, notes: [], texts: [] } };
    },
    putDevices(entries) {
      const given = entries.map((entry) => ({ ...DEVICE, id: String((entry as { id?: unknown }).id) }));
      for (const device of given) devices.set(device.id, device);
      return { ok: true, value: given.map((device) => ({ device, notes: [], texts: [] })) };
    },
    removeDevice: (id) => devices.delete(id),
    ignoredConnections: (id) => (devices.get(id)?.ignore ? 3 : null),
    forgetPhone: (device, { recordings }) => ({
      ok: true,
      value: {
        device,
        removed: { alerts: 1, connections: 0, cases: 0, comparisons: 0 },
        recordings,
        remains: ['The audit says who revealed what of it.'],
      },
    }),
    audit: (action, subject, who) => store.audit({ time: AT, action, subject, who }).ok,
    cases: store.cases,
    case: store.case,
    openCase({ plan: _plan, ...given }) {
      const value = { ...given, id: `case-${++cases}`, openedAt: AT, closedAt: null, marks: [] };
      store.putCase(value);
      return { ok: true, value };
    },
    plans: async () => [LAB_PLAN],
    casePlan: (id) => (store.case(id) === null ? null : LAB_VIEW),
    casePlanStep: (_id, number) =>
      number === 0 ? { ok: true, value: LAB_VIEW } : { ok: false, why: `step ${number} is not the one to be done now` },
    markCase: (id, mark) =>
      change(id, (given) => {
        if ('phase' in mark) given.marks.push({ phase: mark.phase, at: AT });
        else given.events = [...(given.events ?? []), { event: mark.event, at: AT }];
      }),
    casePage: async (view) => casePage(view),
    closeCase: (id) =>
      change(id, (given) => {
        given.closedAt = AT;
      }),
    removeCase: store.removeCase,
    coverage: () => [labCoverage({ deviceId: DEVICE.id, gaps: [GAP] })],
    gaps: () => [GAP],
    pins: () => pins,
    why: (host, device) => {
      const told = text('why.never', { phone: device ?? DEVICE.id, host });
      const about = { device: device ?? DEVICE.id, host, connections: 1, lastAt: 0 };
      return [{ ...about, sentence: say(told), text: told }];
    },
    whyFlow: () => text('why.open'),
    setPin(device, name, override) {
      const pin: PinState = {
        device,
        name,
        override,
        state: 'watching',
        rejections: 0,
        how: null,
        cause: null,
        proof: null,
        passes: 0,
        left: 0,
        since: 0,
        until: null,
      };
      pins.push(pin);
      return pin;
    },
    discovered: () => [
      {
        mac: '02:00:5e:10:00:01',
        addresses: ['10.77.0.100'],
        hostName: null,
        vendorClass: 'android-dhcp-14',
        fingerprint: '1,3,6',
        system: 'Android 14',
        maker: null,
        randomised: true,
        deviceId: null,
        firstSeen: '2026-11-22T10:00:00.000Z',
        lastSeen: '2026-11-22T10:00:00.000Z',
      },
    ],
    beacons: () => ({
      beacons: [
        {
          device: 'nokia-01',
          host: 'zzhc.vnet.cn',
          port: 80,
          contacts: 12,
          periodS: 900,
          jitter: 0.02,
          chance: 1e-5,
          firstSeen: '2026-11-22T10:00:00.000Z',
          lastSeen: '2026-11-22T13:00:00.000Z',
        },
      ],
      reactions: [
        {
          device: 'nokia-01',
          host: 'zzhc.vnet.cn',
          port: 80,
          phase: 'unlock',
          marks: 4,
          followed: 4,
          delayS: 2,
          usual: 0.01,
          chance: 1e-6,
        },
      ],
      idle: [{ device: 'nokia-01', host: 'zzhc.vnet.cn', port: 80, contacts: 3, idleHours: 2 }],
    }),
    trustTests: () => trustTests,
    requestTrustTest({ device, name, test, limitMs }) {
      const asked: TrustTestState = {
        id: `test-${trustTests.length + 1}`,
        device,
        name,
        test,
        state: 'waiting',
        how: null,
        requestedAt: 0,
        until: limitMs,
        decidedAt: null,
      };
      trustTests.unshift(asked);
      return asked;
    },
    cancelTrustTest: (given) => trustTests.some(({ id }) => id === given),
    upstreamMap: () => upstream,
    addUpstream: (entries) => void upstream.push(...entries),
    removeUpstream(host, port) {
      const index = upstream.findIndex((entry) => entry.host === host && entry.port === port);
      if (index !== -1) upstream.splice(index, 1);
      return index !== -1;
    },
    decoders: () => [{ name: 'wiko', description: 'RSA private key, 1024 bits' }],
    replays: async () => [{ name: 'nokia-7-plus', title: 'NRKbeta, 2019', label: null }],
    replay: async (names) =>
      names.map((name) => ({ case: name, expected: 'imei', seen: 'imei', ok: true, note: null })),
    stats: () => ({ alerts: store.counts().alerts }),
    metrics: () => [
      {
        name: 'phonehome_alerts_total',
        help: 'Alerts.',
        type: 'counter',
        samples: [{ labels: { severity: 'critical' }, value: 3 }],
      },
    ],
    notify: labNotify(),
    phonePage: async ({ path }) =>
      path === '/setup' ? { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<h1>Set-up</h1>' } : null,
  };
}

export type TestLab = LiveServer & {
  url: string;
  services: ReturnType<typeof labDependencies>;
  call: (path: string, init?: RequestInit) => Promise<Response>;
  show: (seq: number, changes?: Parameters<typeof labAlert>[1]) => void;
};

export async function startLab(options: Partial<LiveServerOptions> = {}): Promise<TestLab> {
  const services = labDependencies();
  const server = await startLiveServer({ services, tokens: labTokens(), host: '127.0.0.1', port: 0, ...options });
  const url = `http://127.0.0.1:${server.address.port}`;
  return {
    ...server,
    url,
    services,
    call: (path, init = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${TOKEN}`, ...(init.headers as Record<string, string>) },
      }),
    show(seq, changes) {
      const record = labRecord(seq, changes);
      services.store.putAlert(record);
      server.publish(record.alert);
    },
  };
}

const HIDDEN: ContentMask = { url: () => '…', header: ([name]) => [name, '…'], label: () => '…' };

/** What every flow of these tests said. */
function contentOf(flowId: string): ContentEvent[] {
  const common = { flowId, exchange: 0, time: 1 };
  return [
    {
      type: 'request-head',
      ...common,
      protocol: 'http/1.1',
      method: 'POST',
      target: '/x',
      scheme: 'http',
      authority: 'a.example',
      headers: [['X-Imei', '490154203237518']],
    },
    { type: 'body-chunk', ...common, direction: 'request', bytes: Buffer.from('imei=490154203237518') },
    { type: 'body-end', ...common, direction: 'request', trailers: [], complete: true },
  ];
}
