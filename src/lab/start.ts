/**
 * Starts the lab: opens every room, joins them along the road, and takes all of it down again in the opposite order.
 * Promise: a lab that starts is whole; one that cannot start says in one line why, and leaves no port open.
 */
import { monotonicFactory } from 'ulid';
import { createAlerter } from '../alert/alerter.ts';
import { createHeadTable } from '../alert/head-table.ts';
import { createSecretTest, maskHost } from '../alert/masked-url.ts';
import { openAuthority } from '../ca/authority.ts';
import { createCases } from '../cases/cases.ts';
import { createCoverage } from '../coverage/coverage.ts';
import { createDoor } from '../door/door.ts';
import { openVendors } from '../enrich/vendors.ts';
import { createInspector } from '../inspect/inspector.ts';
import { judgeImage } from '../inspect/photo/photo-judge.ts';
import { captureFiles } from '../lan/recording/capture.ts';
import { createKeyLog } from '../lan/recording/keys.ts';
import type { Alert, AlertDevice } from '../model/alert.ts';
import type { Device } from '../model/device.ts';
import { faultOf } from '../model/fault.ts';
import type { Flow } from '../model/flow.ts';
import { type Lab, LabError, type LabOptions } from '../model/lab.ts';
import { text } from '../model/text.ts';
import { createReader } from '../readers/reader.ts';
import { createAlertFeed } from '../sinks/alert-feed.ts';
import { createFlowLog } from '../sinks/evidence/flow-log.ts';
import { readOrCreateKey } from '../sinks/evidence/key-file.ts';
import { openSqliteStore } from '../sinks/evidence/sqlite.ts';
import { readOrCreateToken } from '../sinks/live/access.ts';
import type { LiveDependencies } from '../sinks/live/dependencies.ts';
import { startLiveServer } from '../sinks/live/server.ts';
import { createPins } from '../wire/pins.ts';
import { createTrustTests } from '../wire/trust-tests.ts';
import { createWire } from '../wire/wire.ts';
import { createAdmission, createDestinationGuard } from './access.ts';
import { openAttribution } from './attribution.ts';
import { openBeaconing } from './beaconing.ts';
import { openCarrier } from './carrier.ts';
import { openComparison } from './comparing.ts';
import { openDecoders } from './decoders.ts';
import { openTransparentPort, type TransparentPort } from './gateway.ts';
import { hiddenLookUps, type LanWatch, openLanWatch } from './lan-watch.ts';
import { openLog } from './log.ts';
import { collectAfterStart, createScavenger } from './memory.ts';
import { makeDirectory, openPlaces, openRegistry, pathsIn, readCertificates, secretWordsOf } from './opening.ts';
import { openPinBook } from './pin-book.ts';
import { openPortal } from './portal.ts';
import { createReplayGround } from './replay-ground.ts';
import type { Replaying } from './replaying.ts';
import { createRoad } from './road.ts';
import { openSearchTables } from './search-tables.ts';
import { caseServices, deviceServices, metricsOf } from './services.ts';
import { createUpstreamMap, readUpstreamMap } from './upstream-map.ts';

/** Counts of running alerts are shown, and a full disk is tried again, at most this often. */
const TICK_MS = 1000;

/** Listening everywhere is reachable on loopback. */
const ANY_HOST = new Set(['0.0.0.0', '::']);

type Closer = () => void | Promise<void>;

/** @throws LabError: one line that says what to do. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const closers: Closer[] = [];
  const stop = async (): Promise<void> => {
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  };
  try {
    return await openLab(options, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openLab(options: LabOptions, closers: Closer[], stop: () => Promise<void>): Promise<Lab> {
  const now = Date.now;
  const newId = monotonicFactory();
  const warnings: string[] = [];
  const paths = pathsIn(options.data);
  makeDirectory(options.data);
  const log = openLog(options.logFile);
  closers.push(() => log.flush());

  // What the lab knows before the first connection.
  const authority = openAuthority(paths.certs, { now });
  const evidenceKey = readOrCreateKey(paths.evidenceKey);
  const evidence = openSqliteStore({ file: paths.evidence, key: evidenceKey });
  closers.push(() => evidence.close());
  const devices = openRegistry(options, warnings);
  // Phones of a replay: known while it plays, never saved.
  const guests = new Map<string, Device>();
  const deviceOf = (id: string | null): Device | null => (id === null ? null : (guests.get(id) ?? devices.get(id)));
  const geo = await openPlaces(paths.geo, warnings);
  closers.push(() => geo.close());
  const vendors = openVendors(paths.geo);
  closers.push(() => vendors.close());
  const upstreamMap = createUpstreamMap();
  if (options.upstreamMap) upstreamMap.add(readUpstreamMap(options.upstreamMap));
  // The lab's own root, for the https page of the self-test.
  let upstreamCa: readonly string[] = [
    authority.root.certificatePem,
    ...(options.upstreamCa ? [readCertificates(options.upstreamCa)] : []),
  ];

  // The road, from its end to its beginning.
  const feed = createAlertFeed({
    put: (record) => evidence.putAlert(record),
    onTrouble: (trouble) => notify('storage', trouble?.message ?? 'alerts are stored again', trouble ? 'high' : 'info'),
  });
  const cases = createCases(evidence, newId);
  const describeDevice = (flow: Flow): AlertDevice => ({
    id: flow.deviceId ?? flow.client.ip,
    model: deviceOf(flow.deviceId)?.model ?? null,
    ip: flow.client.ip,
    mac: devices.macOf(flow.client.ip),
  });
  const alerter = createAlerter({
    newId,
    lastSeq: evidence.lastSeq(),
    policy: options.homeCountry ? { homeCountry: options.homeCountry } : {},
    secretWords: (deviceId) => secretWordsOf(deviceOf(deviceId)),
    hiddenLookUps,
  });
  function tell(subject: string, message: string, severity: Alert['severity'], device: AlertDevice): void {
    const record = alerter.system({ subject, text: text('notice', { line: message }), severity, device, time: now() });
    if (record) feed.publish(record);
  }
  // By its words: that something works again, or is wrong in another way, is no repeat.
  const notify = (subject: string, message: string, severity: Alert['severity']): void =>
    tell(`${subject} ${message}`, message, severity, { id: 'lab', model: null, ip: '', mac: null });
  const flushAlerts = (): void => {
    for (const record of alerter.flush(now())) feed.publish(record);
  };
  let lanWatch: LanWatch | null = null;
  const heads = createHeadTable();
  const attribution = openAttribution();
  const secretsOf = (deviceId: string | null) => createSecretTest(secretWordsOf(deviceOf(deviceId)));
  const maskHostOf = (host: string, deviceId: string | null): string => maskHost(host, secretsOf(deviceId), false);
  const coverage = createCoverage({
    deviceOf: (flow) => describeDevice(flow).id,
    hostOf: (flow) => maskHostOf(flow.destination.host, flow.deviceId),
    hides: (flow) => hiddenLookUps(flow) !== null,
  });
  const flowLog = createFlowLog({
    write: (flows) => evidence.putFlows(flows),
    maskHost: maskHostOf,
    onTrouble: (result) => {
      if (!result.ok) notify('flow log', result.message, 'medium');
    },
  });
  closers.push(() => flowLog.close());
  const beaconing = openBeaconing({
    deviceOf: (flow) => describeDevice(flow).id,
    maskHost: maskHostOf,
    now,
    onBeacon(beacon, flow, sentence) {
      const device = describeDevice(flow);
      tell(`beacon ${beacon.host} ${beacon.port}`, `${device.model ?? device.id} ${sentence}.`, 'info', device);
    },
  });
  const decoders = await openDecoders(options.decoders, options.data);
  const comparison = openComparison({
    evidence,
    key: evidenceKey,
    devices: () => [...devices.list(), ...guests.values()],
    now,
  });
  closers.push(comparison.save, devices.onChange(comparison.devicesChanged));
  const tables = await openSearchTables(devices, deviceOf, log);
  closers.push(tables.stop);
  const inspector = createInspector({
    deviceFor: tables.deviceFor,
    decoders,
    judgeImage,
    onToken: comparison.token,
  });
  const road = createRoad({
    openReader: createReader,
    inspect: (event) => inspector.push(event),
    compare: comparison.take,
    remark: comparison.remark,
    locate: geo.locate,
    describeDevice,
    secretsOf,
    caseAt: (deviceId, time) => cases.phaseAt(deviceId, time),
    headOf: heads.of,
    attribute: attribution.attribute,
    alertFinding: alerter.finding,
    alertEvent: alerter.flowEvent,
    witnesses: [
      { consume: heads.note, inspected: () => {} },
      { consume: attribution.note, inspected: () => {} },
      coverage,
      flowLog,
      { consume: (event) => lanWatch?.consume(event), inspected: () => {} },
      { consume: beaconing.consume, inspected: () => {} },
    ],
    record: feed.publish,
    log,
  });
  const tick = setInterval(() => {
    flushAlerts();
    feed.retry();
    comparison.save();
  }, TICK_MS).unref();
  closers.push(() => {
    clearInterval(tick);
    flushAlerts();
  });

  // The two ports.
  const portal = await openPortal({
    authority,
    host: options.host,
    proxyPort: () => door.port,
    uiPort: () => live.address.port,
  });
  closers.push(() => portal.close());
  const pinBook = openPinBook(paths.pins, warnings);
  closers.push(() => pinBook.close());
  const pins = createPins({ now, initial: pinBook.initial, onChange: pinBook.note });
  const trustTests = createTrustTests({ now, newId });
  const ownPorts: number[] = [];
  const scavenger = createScavenger();
  const keyLog = options.capture
    ? createKeyLog(captureFiles(paths.capture).keys, { onTrouble: (line) => notify('recording', line, 'medium') })
    : null;
  if (keyLog) closers.push(keyLog.close);
  const wire = createWire({
    observe: {
      ...road,
      event(event) {
        road.event(event);
        if (event.type === 'flow-opened') scavenger.opened();
      },
      bytes(flowId, direction, chunk, time) {
        road.bytes(flowId, direction, chunk, time);
        scavenger.relayed(chunk.length);
      },
    },
    leafFor: authority.leafFor,
    upstream: (host, port) => portal.upstream(host, port) ?? upstreamMap.resolve(host, port),
    mayConnect: createDestinationGuard({
      allowDestinations: options.allowDestinations,
      ownPorts: () => [...ownPorts, transparent?.port() ?? 0],
      now,
    }),
    pins,
    trustTests: { ...trustTests, leafFor: authority.trustTestLeaf },
    ...(keyLog ? { onKeylog: keyLog.write } : {}),
    upstreamCa: () => upstreamCa,
    ...(await openCarrier(options.engine, { now, log }, warnings)),
    now,
    log,
  });
  closers.push(() => wire.close());
  let transparent: TransparentPort | null = null;
  const admit = createAdmission(options.allowClients);
  const identify = ({ ip, proxyUser }: { ip: string; proxyUser: string | null }): string | null => {
    const user = proxyUser ?? transparent?.peerOf(ip) ?? null;
    return (guests.get(user ?? '') ?? devices.resolve({ ip, proxyUser: user }))?.id ?? null;
  };
  const door = await createDoor({
    host: options.host,
    port: options.proxyPort,
    engine: wire,
    admit,
    decide: () => ({ treatment: 'intercept', reason: null }),
    identify,
    nameOf: (clientIp, address) => lanWatch?.nameOf(clientIp, address) ?? null,
    now,
    log,
  }).catch((error: unknown) => {
    throw new LabError(error instanceof Error ? error.message : String(error));
  });
  closers.push(() => door.close());
  transparent = await openTransparentPort({
    requestedPort: options.transparentPort,
    dataDir: options.data,
    door,
    now,
    log,
    warnings,
    onEnd: (leg) => lanWatch?.relayed(leg),
    notify: (message, severity) => notify('gateway', message, severity),
  });
  const { close: closeTransparent } = transparent;
  closers.push(closeTransparent);
  lanWatch = await openLanWatch({
    gateway: transparent.gateway,
    resolvers: options.resolvers ?? [],
    admit,
    identify: (ip) => identify({ ip, proxyUser: null }),
    macOf: devices.macOf,
    makerOf: vendors.vendorOf,
    deviceOfMac: (mac) => devices.list().find(({ match }) => match.mac === mac)?.id ?? null,
    dataDir: options.data,
    capture: options.capture ? { ...options.capture, directory: paths.capture } : null,
    onPhone: ({ addresses: [ip = ''], ...phone }) => {
      if (phone.deviceId !== null) return;
      const what = [phone.maker, phone.system].filter((one) => one !== null).join(', ');
      const message = `A phone without a name joined the lab's network${what && ` (${what})`}: name it with "phonehome device name ${ip} NAME".`;
      tell(`phone ${phone.mac}`, message, 'info', { id: ip, model: null, ip, mac: phone.mac });
    },
    emit: road.event,
    newId,
    now,
    log,
    notify: (subject, line) => notify(subject, line ?? `${subject}: works again`, line === null ? 'info' : 'medium'),
  });
  closers.push(() => lanWatch?.close());

  const ground = createReplayGround({
    proxyPort: () => door.port,
    caPem: authority.root.certificatePem,
    dataDir: options.data,
    upstreamMap,
    trust(pem) {
      upstreamCa = [...upstreamCa, pem];
      return () => {
        upstreamCa = upstreamCa.filter((one) => one !== pem);
      };
    },
    receive(device) {
      guests.set(device.id, device);
      return () => {
        guests.delete(device.id);
        inspector.forget(device.id);
      };
    },
    cases,
    evidence,
    openFlows: road.openFlows,
    flush: flushAlerts,
    decoders,
    now,
  });
  // Loaded when somebody plays a case: the scripts and their vendors cost 6 MB.
  let replaying: Replaying | null = null;
  const openReplaying = async (): Promise<Replaying> => {
    const { createReplaying } = await import('./replaying.ts');
    replaying ??= createReplaying(ground);
    return replaying;
  };

  const services: LiveDependencies = {
    now,
    lastSeq: () => evidence.lastSeq(),
    alerts: evidence.alerts,
    alert: evidence.alert,
    reveal: evidence.reveal,
    flows: evidence.flows,
    flow: evidence.flow,
    ...deviceServices(devices, options.data),
    audit: (action, subject, who) => evidence.audit({ time: new Date(now()).toISOString(), action, subject, who }).ok,
    ...caseServices(cases, evidence, now, (marked, phase) => beaconing.mark(marked.deviceId, phase)),
    discovered: () => lanWatch?.discovered() ?? [],
    coverage: coverage.all,
    beacons: beaconing.all,
    pins: pins.list,
    setPin: pins.override,
    trustTests: trustTests.list,
    requestTrustTest: trustTests.request,
    cancelTrustTest: trustTests.cancel,
    upstreamMap: upstreamMap.list,
    addUpstream: upstreamMap.add,
    removeUpstream: upstreamMap.remove,
    decoders: () => decoders.map(({ name, description }) => ({ name, description })),
    replays: async () => (await openReplaying()).list(),
    replay: async (names) => (await openReplaying()).play(names),
    stats: () => ({
      openFlows: road.openFlows(),
      rssBytes: process.memoryUsage.rss(),
      alerts: feed.stats(),
      flowLog: flowLog.stats(),
      comparison: comparison.stats(),
      live: live.stats(),
      lan: lanWatch?.stats() ?? {},
    }),
    metrics: () => metricsOf({ openFlows: road.openFlows(), feed: feed.stats(), flowLog: flowLog.stats() }),
    phonePage: portal.page,
  };
  const live = await startLiveServer({
    services,
    token: readOrCreateToken(paths.token),
    host: options.host,
    port: options.uiPort,
    admit,
    onError: (error) => log.error({ ...faultOf(error) }, 'an answer of the API failed'),
  }).catch((error: NodeJS.ErrnoException) => {
    throw new LabError(portProblem(error, options));
  });
  closers.push(() => live.close());
  closers.push(feed.onAlert(live.publish));
  ownPorts.push(door.port, live.address.port);
  collectAfterStart();

  return {
    proxy: { host: options.host, port: door.port },
    transparent: transparent.port() === null ? null : { port: transparent.port() as number },
    ui: { url: `http://${ANY_HOST.has(options.host) ? '127.0.0.1' : options.host}:${live.address.port}` },
    ca: { pem: authority.root.pemPath },
    token: paths.token,
    onAlert: feed.onAlert,
    replay: async (names, onOutcome, onStep) => (await openReplaying()).play(names, onOutcome, onStep),
    stop,
    warnings,
  };
}

function portProblem(error: NodeJS.ErrnoException, { host, uiPort }: LabOptions): string {
  if (error.code === 'EADDRINUSE')
    return `port ${uiPort} is in use: stop the program that uses it or choose another one with --ui-port`;
  if (error.code === 'EACCES') return `port ${uiPort} needs root: choose one above 1023 with --ui-port`;
  return `cannot listen on ${host}:${uiPort}: ${error.message}`;
}
