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
import type { PinState } from '../model/pin.ts';
import type { Text } from '../model/text.ts';
import type { RelayEnd } from '../ring/relay-end.ts';
import { createHintBook, type PassHints } from '../wire/pass-hints.ts';
import { createPins } from '../wire/pins.ts';
import { createTrustTests } from '../wire/trust-tests.ts';
import { createWire } from '../wire/wire.ts';
import type { LabCalls, LabReady } from './calls.ts';
import { openCarrier } from './carrier.ts';
import { readClientCertificates } from './client-certificates.ts';
import type { Closers } from './closers.ts';
import { descriptorLimit, sharesOf } from './descriptors.ts';
import { openGatewayView } from './gateway-view.ts';
import { createLoginConflicts } from './login-conflicts.ts';
import { openLookUps } from './look-ups.ts';
import { createScavenger, trimMalloc } from './memory.ts';
import type { News } from './news.ts';
import { readCertificates } from './opening.ts';
import { createPolicy } from './policy.ts';
import { isPortal, portalUpstream } from './portal.ts';
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
  const phones = openPhones(ready(), tell);
  const { pins, setHints } = openPins(ready(), lab, now);
  const trustTests = createTrustTests({ now, newId });
  const gateway = openGatewayView(options.data, now);
  closers.add(gateway.close);
  const ownPorts: (() => number)[] = [() => ready().uiPort];
  const ownPortNumbers = (): number[] => ownPorts.map((port) => port());
  const { allowClients, allowDestinations } = options;
  const { isIgnored } = phones;
  const policy = createPolicy({
    isIgnored,
    allowClients,
    allowDestinations,
    ownPorts: ownPortNumbers,
    pins,
    trustTests,
    now,
  });
  const identify = ({ ip, proxyUser }: { ip: string; proxyUser: string | null }): string | null =>
    phones.resolve({ ip, proxyUser, peer: gateway.peerOf(ip) })?.id ?? null;
  const lookUps = await openLookUps({
    gateway,
    host: options.host,
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
  function troubled(subject: string, line: Text | null, severity: 'high' | 'medium' | 'info'): void {
    tell({ type: 'trouble', subject, line, severity });
  }
  const upstreamCa = createUpstreamCa(authority, options);
  const wire = await openWire(
    { options, authority, end, ready, warnings, log },
    { policy, pins, trustTests, upstreamMap, upstreamCa, tell },
  );
  closers.add(wire.close);
  const shares = sharesOf(descriptorLimit(), options.phoneConnections);
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
    places: shares,
    onCrowded: (ip) => tell({ type: 'crowded', ip, most: shares.perPhone }),
    now,
    log,
  }).catch(refuse);
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
    wayIn: gateway.wayIn,
    phones,
    pins,
    setHints,
    trustTests,
    upstreamMap,
    newId,
    trust: upstreamCa.trust,
    distrust: upstreamCa.distrust,
  };
}

type Relaying = Omit<PortsOptions, 'lab'>;
interface WireParts {
  policy: ReturnType<typeof createPolicy>;
  pins: ReturnType<typeof createPins>;
  trustTests: ReturnType<typeof createTrustTests>;
  upstreamMap: ReturnType<typeof createUpstreamMap>;
  upstreamCa: ReturnType<typeof createUpstreamCa>;
  tell(news: News): void;
}

/** Both legs of a connection, and what passes between them. */
async function openWire({ options, authority, end, ready, warnings, log }: Relaying, parts: WireParts) {
  const { policy, pins, trustTests, upstreamMap, upstreamCa, tell } = parts;
  const now = Date.now;
  return createWire({
    observe: observed(end),
    leafFor: authority.leafFor,
    upstream: (host, port) => portalUpstream(ready().portal, host, port) ?? upstreamMap.resolve(host, port),
    mayConnect: policy.mayConnect,
    pins,
    trustTests: { ...trustTests, leafFor: authority.trustTestLeaf },
    ...(options.capture ? { onKeylog: (line: Buffer) => tell({ type: 'key', line: line.toString('latin1') }) } : {}),
    upstreamCa: upstreamCa.list,
    clientCertificate: readClientCertificates(options.clientCert ?? []),
    fetchesIssuers: options.fetchIntermediates ?? false,
    ...(await openCarrier(options.engine, { now, log }, warnings)),
    now,
    log,
  });
}

function openPins({ pins: initial, trusting, hints: given }: LabReady, lab: PortsOptions['lab'], now: () => number) {
  const hints = createHintBook();
  hints.give(given);
  const onChange = (state: PinState): void => void lab.pinChanged(state);
  const pins = createPins({ now, initial, trusting, isOwn: isPortal, hints, onChange });
  function setHints(others: PassHints | null): void {
    hints.give(others);
    pins.hintsChanged();
  }
  return { pins, setHints };
}

function openPhones({ phones }: LabReady, tell: (news: News) => void) {
  const conflicts = createLoginConflicts((conflict) => tell({ type: 'login-conflict', ...conflict }));
  const table = createMatchTable(createNeighbourTable({ now: () => performance.now() }), conflicts);
  table.set(phones);
  return table;
}

function refuse(error: unknown): never {
  throw error instanceof LabError ? error : new LabError(error instanceof Error ? error.message : String(error));
}

/** What goes to the lab; this thread's garbage is collected by how much of it there is. */
function observed(end: RelayEnd): RelayEnd {
  const scavenger = createScavenger(undefined, undefined, trimMalloc);
  scavenger.started();
  return {
    ...end,
    event(event) {
      end.event(event);
      if (event.type === 'flow-opened' || event.type === 'flow-closed') scavenger.connection();
    },
    bytes(flowId, direction, chunk, time) {
      end.bytes(flowId, direction, chunk, time);
      scavenger.relayed(chunk.length);
    },
  };
}

/** Certificates trusted for servers: the lab's own root, for the https page of the self-test, and what was given. */
function createUpstreamCa(authority: Authority, options: LabOptions) {
  let pems: readonly string[] = [
    authority.root.certificatePem,
    ...(options.upstreamCa ? [readCertificates(options.upstreamCa)] : []),
  ];
  return {
    list: () => pems,
    trust(pem: string): void {
      pems = [...pems, pem];
    },
    distrust(pem: string): void {
      const at = pems.lastIndexOf(pem);
      pems = pems.filter((_, index) => index !== at);
    },
  };
}
