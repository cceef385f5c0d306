/** Second step, in the running lab: detection with its sinks, what watches beside it, and the lab's own notices. */
import type { LoginConflict } from '../devices/match-table.ts';
import { saidHost } from '../formats/said-host.ts';
import type { Alert } from '../model/alert.ts';
import { KEEP_MEGABYTES } from '../model/content.ts';
import type { Flow } from '../model/flow.ts';
import { RETENTION_DAYS } from '../model/lab.ts';
import { type Text, text } from '../model/text.ts';
import { createSelfTest, SELF_TEST_ID } from '../portal/self-test.ts';
import { createVisits } from '../portal/visits.ts';
import { createAlertFeed } from '../sinks/alert-feed.ts';
import { createFlowLog } from '../sinks/evidence/flow-log.ts';
import { openBeaconing, sayBeacon } from './beaconing.ts';
import { openBystanders } from './bystanders.ts';
import type { Closers } from './closers.ts';
import { openComparison } from './comparing.ts';
import { openLabContent } from './content.ts';
import { openCoverage } from './coverage.ts';
import { openAlerter, openDetection } from './detection.ts';
import type { Knowledge } from './knowledge.ts';
import { hiddenLookUps } from './lan-watch.ts';
import { conflictDevice, loginNotice } from './login-conflicts.ts';
import { createMarker } from './marker.ts';
import { createMasking, type Masking } from './masking.ts';
import { createNotices } from './notices.ts';
import { prunePhoneRecords } from './phone-records.ts';
import { isPortal } from './portal.ts';
import type { Witness } from './road.ts';
import { openSearchTables } from './search-tables.ts';
import { openUpkeep } from './upkeep.ts';

/** Counts of running alerts are shown, and a full disk is tried again, at most this often. */
const TICK_MS = 1000;

export type LiveDetection = Awaited<ReturnType<typeof openLiveDetection>>;

function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function storageText(trouble: { why: string; message: string } | null): Text {
  if (trouble === null) return text('lab.stored-again');
  return trouble.why === 'disk-full' ? text('lab.disk-full') : text('lab.not-stored', { reason: trouble.message });
}

/**
 * @param lateWitness hears of every event as well; it may be opened later
 * @param onAlert hears of every alert, from the first on
 */
export async function openLiveDetection(
  knowledge: Knowledge,
  closers: Closers,
  lateWitness: Witness,
  onAlert: (alert: Alert) => void,
) {
  const { now, log, evidence, devices, guests, deviceOf, describeDevice } = knowledge;
  const masking = createMasking(deviceOf);
  const phoneOf = (flow: Flow): string => describeDevice(flow).id;
  const coverage = openLiveCoverage(knowledge, masking, phoneOf);
  closers.add(coverage.close);
  const { alerter, feed, tell, notify } = openAlerts(knowledge, masking, coverage, closers, onAlert);
  coverage.onTrust((flow) => {
    const device = describeDevice(flow);
    tell(`trust ${device.id}`, text('trust.now', { phone: device.model ?? device.id }), 'info', device);
  });
  /** A watcher says what is wrong, or null when it works again. */
  function troubled(subject: string, line: Text | null, severity: Alert['severity'] = 'medium'): void {
    coverage.heard(subject, line);
    notify(subject, line ?? text('lab.works-again', { subject }), line === null ? 'info' : severity);
  }
  function loggedInAs(conflict: LoginConflict): void {
    const { subject, text: told } = loginNotice(conflict);
    tell(subject, told, 'medium', conflictDevice(conflict, deviceOf(conflict.filed)?.model ?? null));
  }
  const content = openLabContent({
    ...knowledge.options,
    keep: knowledge.options.keep ?? 'findings',
    maxMegabytes: knowledge.options.keepMb ?? KEEP_MEGABYTES,
    phoneKeys: knowledge.keys.phoneKeys,
    deviceOf: phoneOf,
    now,
    warn: (told) => notify('content', told, 'medium'),
  });
  closers.add(() => content.store?.close());
  closers.add(() => content.keeper?.close());
  const flowLog = createFlowLog({
    contentOf: content.noteOf,
    write: evidence.putFlows,
    maskHost: masking.maskHost,
    appOf: (flow, exchange) => detection.attribute(flow, exchange)?.name ?? null,
    onTrouble: (result) => void (result.ok || notify('flow log', storageText(result), 'medium')),
  });
  closers.add(() => flowLog.close());
  const { data, retentionDays } = knowledge.options;
  closers.add(
    openUpkeep(evidence, retentionDays, now, content.store, (time) =>
      prunePhoneRecords(data, retentionDays ?? RETENTION_DAYS, time),
    ),
  );
  const beaconing = openBeaconing({
    deviceOf: phoneOf,
    maskHost: masking.maskHost,
    now,
    onBeacon(beacon, flow) {
      const device = describeDevice(flow);
      tell(`beacon ${beacon.host} ${beacon.port}`, sayBeacon(device.model ?? device.id, beacon), 'info', device);
    },
  });
  const phones = () => [...devices.list(), ...guests.values()];
  const comparison = openComparison({ evidence, key: knowledge.keys.key, devices: phones, masking, now });
  closers.add(comparison.save);
  closers.add(devices.onChange(comparison.devicesChanged));
  const tables = await openSearchTables(devices, deviceOf, log);
  closers.add(tables.stop);
  const marker = createMarker();
  const selfTest = createSelfTest(createVisits());
  const detection = openDetection({
    alerter,
    masking,
    deviceFor: (id) => marker.deviceOf(id) ?? selfTest.deviceOf(id) ?? tables.deviceFor(id),
    describeDevice,
    caseAt: (deviceId, time) => knowledge.cases.phaseAt(deviceId, time),
    locate: knowledge.geo.locate,
    comparison,
    decoders: knowledge.decoders,
    // The log asks the keeper about a connection that closes: before the keeper lets go of it.
    witnesses: [coverage, flowLog, ...(content.keeper ? [content.keeper] : []), beaconing, lateWitness],
    record: feed.publish,
    marker,
    selfTest: {
      isPart: ({ destination }) => isPortal(destination.host),
      deviceId: SELF_TEST_ID,
      found: selfTest.found,
    },
    clock: processorMs,
    log,
  });
  const flush = (): void => {
    for (const record of alerter.flush(now())) feed.publish(record);
  };
  const tick = setInterval(() => {
    detection.road.lookAtQuiet(now());
    flush();
    feed.retry();
    comparison.save();
    coverage.keep();
  }, TICK_MS).unref();
  const settle = (): void => {
    flush();
    feed.settle();
  };
  closers.add(() => {
    clearInterval(tick);
    settle();
  });
  const bystanders = openBystanders({
    devices,
    deviceOf,
    road: detection.road,
    // What waits of connections is written before it is let go of: it is counted with what is destroyed.
    rooms: [
      alerter,
      coverage,
      { forget: flowLog.flush },
      flowLog,
      ...(content.keeper ? [content.keeper] : []),
      beaconing,
      comparison,
    ],
  });
  closers.add(bystanders.close);
  return {
    ...detection,
    road: bystanders.road,
    masking,
    feed,
    coverage,
    flowLog,
    content,
    beaconing,
    comparison,
    marker,
    selfTest,
    tell,
    notify,
    troubled,
    loggedInAs,
    settle,
    bystanders,
  };
}

/** What is told: findings put together by the alerter, notices of the lab's own; numbered, stored, then handed on. */
function openAlerts(
  { evidence, newId, now, options, salvaged }: Knowledge,
  masking: Masking,
  coverage: ReturnType<typeof openLiveCoverage>,
  closers: Closers,
  onAlert: (alert: Alert) => void,
) {
  const alerter = openAlerter({
    newId,
    lastSeq: evidence.lastSeq(),
    homeCountry: options.homeCountry,
    masking,
    trusts: (flow) => coverage.trustOf(flow.id) === 'trusts',
  });
  const { tell, notify, publishTo } = createNotices(alerter, now);
  const feed = createAlertFeed({
    writeAhead: evidence.writeAhead,
    settle: evidence.settle,
    put: evidence.putAlert,
    late: evidence.late,
    retry: evidence.retry,
    onTrouble: (trouble) => notify('storage', storageText(trouble), trouble ? 'high' : 'info'),
  });
  closers.add(feed.onAlert(onAlert));
  publishTo(feed.publish);
  if (salvaged) notify('storage', salvaged, 'critical');
  return { alerter, feed, tell, notify };
}

function openLiveCoverage(
  { evidence, authority, isRestart, now }: Knowledge,
  masking: Masking,
  deviceOf: (flow: Flow) => string,
) {
  return openCoverage({
    evidence,
    root: authority.root.fingerprint256,
    isRestart,
    now,
    deviceOf,
    hostOf: ({ destination, deviceId }) => saidHost(destination, masking.maskHost(destination.host, deviceId)),
    hides: (flow) => hiddenLookUps(flow) !== null,
  });
}
