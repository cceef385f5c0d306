/** A door and a wire on loopback with everything they need injected, and a record of what they told. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDoor, type Door, type DoorOptions } from '../../src/door/door.ts';
import { createDecide } from '../../src/lab/policy.ts';
import type { Log } from '../../src/model/connection.ts';
import type { Flow, FlowEvent } from '../../src/model/flow.ts';
import type { Observer } from '../../src/wire/flows.ts';
import { createPins, type Pins } from '../../src/wire/pins.ts';
import type { TrustTests } from '../../src/wire/trust-tests.ts';
import { createWire, type Wire, type WireOptions } from '../../src/wire/wire.ts';
import { createAuthority } from './certificates.ts';

/** The lab's own authority, and one the world (and so the wire) trusts. */
export const labCa = createAuthority('Test Lab CA');
export const worldCa = createAuthority('Test World CA');
const rogueCa = createAuthority('Test Nobody');

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

export type Closed = FlowEvent & { type: 'flow-closed' };

export interface TestLab {
  door: Door;
  wire: Wire;
  pins: Pins;
  /** `http://127.0.0.1:PORT`. */
  proxy: string;
  /** PEM file of the lab's authority. */
  caFile: string;
  events: FlowEvent[];
  /** `host:port` → local port, as the upstream map. */
  map: Map<string, number>;
  flows(): Flow[];
  /** Concatenated copies of one direction. */
  copied(flowId: string, direction: 'request' | 'response'): Buffer;
  /** The n-th flow to close, from 0; waits for it. */
  closed(n?: number): Promise<{ flow: Flow; closed: Closed; events: FlowEvent[] }>;
  eventsOf(flowId: string): FlowEvent[];
  /** Waits until some event fulfils `test`. */
  seen(test: (event: FlowEvent) => boolean): Promise<FlowEvent>;
  stop(): Promise<void>;
}

export interface LabSettings {
  wire?: Partial<WireOptions>;
  door?: Partial<DoorOptions>;
  /** Keep no copies (large transfers). */
  countOnly?: boolean;
  /** Nor events: those of some engines hold bytes. */
  /** The trust test for a connection. */
  take?: TrustTests['take'];
  keepNoEvents?: boolean;
  /** Shown everything besides. */
  tap?: Observer;
}

export async function startLab(settings: LabSettings = {}): Promise<TestLab> {
  const directory = mkdtempSync(join(tmpdir(), 'phonehome-door-'));
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, labCa.pem);
  const events: FlowEvent[] = [];
  const copies = new Map<string, Buffer[]>();
  const map = new Map<string, number>();
  const waiting = new Set<() => void>();
  const pins = settings.wire?.pins ?? createPins({ now: Date.now });
  const leaves = new Map<string, { key: string; cert: string }>();
  const trusted = [worldCa.pem];
  const wire = createWire({
    observe: {
      event(event) {
        settings.tap?.event(event);
        if (!settings.keepNoEvents) events.push(event);
        for (const check of [...waiting]) check();
      },
      bytes(flowId, direction, chunk, time) {
        settings.tap?.bytes(flowId, direction, chunk, time);
        if (settings.countOnly) return;
        const key = `${flowId} ${direction}`;
        const list = copies.get(key);
        if (list) list.push(Buffer.from(chunk));
        else copies.set(key, [Buffer.from(chunk)]);
      },
      end: (flowId, direction, time) => settings.tap?.end?.(flowId, direction, time),
    },
    leafFor({ host, untrusted }) {
      const key = `${host} ${untrusted}`;
      const leaf = leaves.get(key) ?? (untrusted ? rogueCa : labCa).issue([host]);
      leaves.set(key, leaf);
      return leaf;
    },
    upstream(host, port) {
      const mapped = map.get(`${host}:${port}`);
      return mapped === undefined
        ? null
        : { dialHost: '127.0.0.1', dialPort: mapped, address: '203.0.113.10', simulated: true };
    },
    mayConnect: () => ({ ok: true }),
    resolve: (host) =>
      host.endsWith('.test') || host === 'localhost'
        ? Promise.resolve(['127.0.0.1'])
        : Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' })),
    upstreamCa: () => trusted,
    now: Date.now,
    log: silentLog,
    pins,
    ...settings.wire,
  });
  const door = await createDoor({
    host: '127.0.0.1',
    port: 0,
    engine: wire,
    admit: () => true,
    decide: createDecide({ pins, trustTests: { take: settings.take ?? (() => null) } }),
    identify: ({ proxyUser }) => proxyUser,
    now: Date.now,
    log: silentLog,
    ...settings.door,
  });
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const check = () => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  const flows = () => events.filter((event) => event.type === 'flow-opened').map((event) => event.flow);
  const eventsOf = (flowId: string) =>
    events.filter((event) => (event.type === 'flow-opened' ? event.flow.id : event.flowId) === flowId);
  return {
    door,
    wire,
    pins,
    proxy: `http://127.0.0.1:${door.port}`,
    caFile,
    events,
    map,
    flows,
    eventsOf,
    copied: (flowId, direction) => Buffer.concat(copies.get(`${flowId} ${direction}`) ?? []),
    seen: (test) => until(() => events.find(test)),
    closed: (n = 0) =>
      until(() => {
        const closed = events.filter((event) => event.type === 'flow-closed')[n];
        const flow = closed && flows().find(({ id }) => id === closed.flowId);
        return flow && { flow, closed, events: eventsOf(flow.id) };
      }),
    async stop() {
      await door.close();
      wire.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
