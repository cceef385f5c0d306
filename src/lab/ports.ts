/**
 * The relay's half: the ports phones come to, and everything between them and the servers. Runs in the main thread, because only
 * a worker can be ended and started again: what may hang is in the other thread. Never runs a detector, a query or a program.
 */
import { monotonicFactory } from 'ulid';
import type { Authority } from '../ca/authority.ts';
import { createMatchTable } from '../devices/match-table.ts';
import { createNeighbourTable } from '../devices/neighbours.ts';
import { createDoor } from '../door/door.ts';
import type { Log } from '../model/connection.ts';
import { LabError, type LabOptions } from '../model/lab.ts';
import type { RelayEnd } from '../ring/relay-end.ts';
import { createPins } from '../wire/pins.ts';
import { createTrustTests } from '../wire/trust-tests.ts';
import { createWire } from '../wire/wire.ts';
import type { LabCalls, LabReady } from './calls.ts';
import { openCarrier } from './carrier.ts';
import { readClientCertificates } from './client-certificates.ts';
import type { Closers } from './closers.ts';
import { openGatewayView } from './gateway-view.ts';
import { createLoginConflicts } from './login-conflicts.ts';
import { openLookUps } from './look-ups.ts';
import { createScavenger } from './memory.ts';
import type { News } from './news.ts';
import { readCertificates } from './opening.ts';
import { createPolicy } from './policy.ts';
import { portalUpstream } from './portal.ts';
import { openTransparentPort } from './transparent-port.ts';
import { createUpstreamMap, readUpstreamMap } from './upstream-map.ts';

export interface PortsOptions {
  options: LabOptions;
  authority: Authority;
  end: RelayEnd;
  /** What the lab knows now; another one after it was started again. */
  ready: () => LabReady;
  lab: Pick<LabCalls, 'pinChanged'>;
  warnings: string[];
  log: Log;
}

export type Ports = Awaited<ReturnType<typeof openPorts>>;

/** @throws LabError when a port cannot be had */
export async function openPorts(
  { options, authority, end, ready, lab, warnings, log }: PortsOptions,
  closers: Closers,
) {
  const now = Date.now;
  const newId = monotonicFactory();
  const tell = (news: News): void => end.note(news);
  const upstreamMap = createUpstreamMap();
  if (options.upstreamMap) upstreamMap.add(readUpstreamMap(options.upstreamMap));
  // The lab's own root, for the https page of the self-test.
  let upstreamCa: readonly string[] = [
    authority.root.certificatePem,
    ...(options.upstreamCa ? [readCertificates(options.upstreamCa)] : []),
  ];
  const conflicts = createLoginConflicts((conflict) => tell({ type: 'login-conflict', ...conflict }));
  const phones = createMatchTable(createNeighbourTable({ now: () => performance.now() }), conflicts);
  phones.set(ready().phones);
  const pins = createPins({
    now,
    initial: ready().pins,
    trusting: ready().trusting,
    onChange: (state) => void lab.pinChanged(state),
  });
  const trustTests = createTrustTests({ now, newId });
  const gateway = openGatewayView(options.data, now);
  closers.add(gateway.close);
  const ownPorts: (() => number)[] = [() => ready().uiPort];
  const { allowClients, allowDestinations } = options;
  const policy = createPolicy({
    allowClients,
    allowDestinations,
    ownPorts: () => ownPorts.map((port) => port()),
    pins,
    trustTests,
    now,
  });
  const identify = ({ ip, proxyUser }: { ip: string; proxyUser: string | null }): string | null =>
    phones.resolve({ ip, proxyUser, peer: gateway.peerOf(ip) })?.id ?? null;
  const lookUps = await openLookUps({
    gateway,
    resolvers: options.resolvers ?? [],
    admit: policy.admit,
    identify: (ip) => identify({ ip, proxyUser: null }),
    macOf: phones.macOf,
    emit: end.event,
    learned: (name) => tell({ type: 'learned', ...name }),
    newId,
    now,
    log,
    notify: (line) => troubled('look-ups', line, 'medium'),
  });
  closers.add(lookUps.close);
  function troubled(subject: string, line: string | null, severity: 'high' | 'medium' | 'info'): void {
    tell({ type: 'trouble', subject, line, severity });
  }
  const scavenger = createScavenger();
  const wire = createWire({
    observe: {
      ...end,
      event(event) {
        end.event(event);
        if (event.type === 'flow-opened' || event.type === 'flow-closed') scavenger.connection();
      },
      bytes(flowId, direction, chunk, time) {
        end.bytes(flowId, direction, chunk, time);
        scavenger.relayed(chunk.length);
      },
    },
    leafFor: authority.leafFor,
    upstream: (host, port) => portalUpstream(ready().portal, host, port) ?? upstreamMap.resolve(host, port),
    mayConnect: policy.mayConnect,
    pins,
    trustTests: { ...trustTests, leafFor: authority.trustTestLeaf },
    ...(options.capture ? { onKeylog: (line: Buffer) => tell({ type: 'key', line: line.toString('latin1') }) } : {}),
    upstreamCa: () => upstreamCa,
    clientCertificate: readClientCertificates(options.clientCert ?? []),
    ...(await openCarrier(options.engine, { now, log }, warnings)),
    now,
    log,
  });
  closers.add(wire.close);
  const door = await createDoor({
    host: options.host,
    port: options.proxyPort,
    engine: wire,
    admit: policy.admit,
    decide: policy.decide,
    identify,
    macOf: phones.macOf,
    meet: phones.meet,
    nameOf: lookUps.nameOf,
    now,
    log,
  }).catch((error: unknown) => {
    throw new LabError(error instanceof Error ? error.message : String(error));
  });
  closers.add(door.close);
  const transparent = await openTransparentPort({
    requestedPort: options.transparentPort,
    gateway,
    door,
    now,
    log,
    warnings,
    onEnd: (leg) => tell({ type: 'relayed', leg }),
    notify: (message, severity) => troubled('gateway', message, severity),
  });
  closers.add(transparent.close);
  ownPorts.push(
    () => door.port,
    () => transparent.port() ?? 0,
  );
  return {
    proxyPort: door.port,
    transparentPort: transparent.port,
    phones,
    pins,
    trustTests,
    upstreamMap,
    newId,
    trust(pem: string): void {
      upstreamCa = [...upstreamCa, pem];
    },
    distrust(pem: string): void {
      const at = upstreamCa.lastIndexOf(pem);
      upstreamCa = upstreamCa.filter((_, index) => index !== at);
    },
  };
}
