/** Fourth step: the API, the live push and the phone-facing page, on the UI port. */
import { hostname } from 'node:os';
import type { Authority } from '../ca/authority.ts';
import { privacyProblem } from '../ca/private-file.ts';
import { listenProblem } from '../door/listen-problem.ts';
import { say } from '../formats/say.ts';
import { type Case, phonesOf } from '../model/case.ts';
import { faultOf } from '../model/fault.ts';
import { RETENTION_DAYS, type ReplayOutcome } from '../model/lab.ts';
import type { LiveDependencies } from '../sinks/live/dependencies.ts';
import { startLiveServer } from '../sinks/live/server.ts';
import { createTokens, openTokenFiles } from '../sinks/live/tokens.ts';
import type { RelayCalls } from './calls.ts';
import { type CaseFiles, createCaseFiles } from './case-files.ts';
import type { Closers } from './closers.ts';
import { contentServices } from './content.ts';
import { TOKEN_FILE } from './data-directory.ts';
import { descriptorLimit, sharesOf } from './descriptors.ts';
import { forgetInLab, forgetInSteps } from './forgetting.ts';
import type { HubPublishing } from './hub.ts';
import type { Knowledge } from './knowledge.ts';
import type { LiveDetection } from './live-detection.ts';
import type { Network } from './network.ts';
import type { Notifying } from './notifying.ts';
import { openKept } from './opened-content.ts';
import { removePhoneRecords } from './phone-records.ts';
import { planServices } from './plan-runs.ts';
import { openPortal } from './portal.ts';
import type { Replaying } from './replaying.ts';
import { openSearching, type Searching } from './searching.ts';
import { attempt, type Between, caseServices, deviceServices, metricsOf } from './services.ts';
import { type SetUpServices, setUpServices } from './settings.ts';
import { createShownPins } from './shown-pins.ts';
import { explain, explainFlow } from './why.ts';

/** The relay's functions, from the lab's thread. */
export type Relay = {
  [Name in keyof RelayCalls]: (...args: Parameters<RelayCalls[Name]>) => Promise<Awaited<ReturnType<RelayCalls[Name]>>>;
};

export interface ApiOptions {
  knowledge: Knowledge;
  detection: LiveDetection;
  network: Network;
  notifying: Notifying;
  /** Null: it publishes to none. */
  hub: HubPublishing | null;
  relay: Relay;
  between: Between;
  replaying: () => Promise<Replaying>;
  proxyPort: () => number;
}

/** @throws LabError when the port cannot be had */
export async function openApi(options: ApiOptions, closers: Closers) {
  const { knowledge, detection, network } = options;
  const { log, paths } = knowledge;
  const { host, uiPort } = knowledge.options;
  const portal = await openPortal({
    authority: knowledge.authority,
    host,
    hasTls: knowledge.options.uiTls ?? false,
    proxyPort: options.proxyPort,
    uiPort: () => live.address.port,
    selfTest: detection.selfTest,
    wayIn: () => network.wayIn(live.address.port),
  });
  closers.add(portal.close);
  const tokens = createTokens(
    openTokenFiles({
      files: paths.tokens,
      problemOf: (file) => privacyProblem(file, TOKEN_FILE),
      onProblem: (problem) => log.warn({}, say(problem)),
    }),
  );
  const searching = openSearching(knowledge.options.data);
  closers.add(searching.close);
  const services = servicesOf(options, portal.page);
  const live = await startLiveServer({
    services: {
      ...services,
      ...searching.services,
      ...createCaseFiles({
        data: knowledge.options.data,
        devicesFile: knowledge.options.devicesFile,
        passphrase: knowledge.options.caPassphrase ?? null,
        flush() {
          detection.flowLog.flush();
          detection.content.keeper?.flush();
        },
        sign: () => knowledge.evidence.checkpoint(),
      }),
      ...setUpServices(knowledge, network.gateway, portal),
      searchBodies(query) {
        // What waits to be written is looked through, too.
        detection.flowLog.flush();
        detection.content.keeper?.flush();
        return searching.services.searchBodies(query);
      },
      openContent: (...asked) => openKept({ content: services, ...knowledge, open: searching.open }, ...asked),
      async forgetPhone(...asked) {
        const result = await services.forgetPhone(...asked);
        // What it read of the phone goes with it.
        await searching.close();
        return result;
      },
    },
    tokens,
    host,
    port: uiPort,
    admit: network.admit,
    strangers: sharesOf(descriptorLimit()).strangers,
    ...(knowledge.options.uiTls ? { leafFor: uiCertificate(knowledge.authority) } : {}),
    onError: (error) => log.error({ ...faultOf(error) }, 'an answer of the API failed'),
  }).catch((error: NodeJS.ErrnoException) => {
    throw listenProblem(error, knowledge.options.host, knowledge.options.uiPort, '--ui-port');
  });
  closers.add(live.close);
  closers.add(detection.feed.onAlert(live.publish));
  return { port: live.address.port, portal: portal.ports() };
}

/** Of the UI port, for whichever of the machine's addresses it was reached at. */
function uiCertificate(authority: Pick<Authority, 'leafFor'>) {
  const mirror = { names: ['phonehome.lab', 'localhost', hostname()] };
  return (address: string) => authority.leafFor({ host: address, mirror, untrusted: false });
}

/** Connections that an answer to "why" looks at. */
const WHY_FLOWS = 50;

function servicesOf(
  options: ApiOptions,
  phonePage: LiveDependencies['phonePage'],
): Omit<LiveDependencies, keyof Searching['services'] | keyof SetUpServices | keyof CaseFiles | 'openContent'> {
  const { knowledge, detection, network, notifying, hub, relay, between, replaying } = options;
  const { now, evidence, devices, cases, decoders } = knowledge;
  const { feed, flowLog, beaconing } = detection;
  const shownPins = createShownPins(relay, detection.masking);
  const onMark = (marked: Case, name: string): void => {
    for (const phone of phonesOf(marked) ?? [null]) beaconing.mark(phone, name);
  };
  const withRelay = async () => ({
    relay: await relay.stats(),
    feed: feed.stats(),
    waiting: evidence.waiting(),
    flowLog: flowLog.stats(),
  });
  return {
    now,
    epoch: evidence.epoch,
    lastSeq: evidence.lastSeq,
    alerts: evidence.alerts,
    alert: evidence.alert,
    reveal: evidence.reveal,
    flows: evidence.flows,
    flow: evidence.flow,
    ...contentServices(detection.content, detection.masking),
    ...deviceServices(devices, knowledge.options.data, between),
    audit: (action, subject, who) => evidence.audit({ time: new Date(now()).toISOString(), action, subject, who }).ok,
    ...caseServices(cases, evidence, now, between, onMark, (id) => removePhoneRecords(knowledge.options.data, [id])),
    ...planServices({
      cases,
      now,
      between,
      isRegistered: (id) => devices.list().some((device) => device.id === id),
      onMark,
      evidence,
      flush: flowLog.flush,
      settle: detection.settle,
    }),
    ignoredConnections: detection.bystanders.connectionsOf,
    async forgetPhone(device, { recordings, who }) {
      const destroyed = await forgetInSteps(evidence, detection.content.store, device);
      const given = { knowledge, detection, device, recordings, who, destroyed };
      const result = await between(() => attempt(() => forgetInLab(given)));
      if (result.ok) await relay.forgetPhone(device);
      return result;
    },
    casePage: async (view) => (await import('../portal/case-page.ts')).casePage(view),
    discovered: network.discovered,
    coverage: detection.coverage.all,
    gaps: () => detection.coverage.gaps.since(0),
    beacons: beaconing.all,
    pins: shownPins.pins,
    async why(host, device) {
      flowLog.flush();
      const flows = evidence.flows({ host, limit: WHY_FLOWS, ...(device === null ? {} : { device }) });
      return explain({
        host,
        flows,
        pins: await shownPins.pins(),
        trustOf: (id) => detection.coverage.of(id)?.trust ?? 'unknown',
      });
    },
    whyFlow: async (flow) =>
      explainFlow(flow, {
        pins: await shownPins.pins(),
        trustOf: (id) => detection.coverage.of(id)?.trust ?? 'unknown',
      }),
    setPin: shownPins.setPin,
    trustTests: relay.trustTests,
    requestTrustTest: relay.requestTrustTest,
    cancelTrustTest: relay.cancelTrustTest,
    upstreamMap: relay.upstreamMap,
    addUpstream: relay.addUpstream,
    removeUpstream: relay.removeUpstream,
    decoders: () => decoders.map(({ name, description }) => ({ name, description })),
    notify: notifying,
    replays: async () => (await replaying()).list(),
    replay: async (names): Promise<ReplayOutcome[]> => (await replaying()).play(names),
    async stats() {
      const { relay: relayed, feed: alerts, waiting, flowLog: records } = await withRelay();
      return {
        openFlows: relayed.openFlows,
        relay: relayed,
        rssBytes: process.memoryUsage.rss(),
        alerts: { ...alerts, ...waiting },
        flowLog: records,
        comparison: detection.comparison.stats(),
        lan: network.stats(),
        hub: hub?.state() ?? null,
        retentionDays: knowledge.options.retentionDays ?? RETENTION_DAYS,
      };
    },
    metrics: async () => metricsOf(await withRelay()),
    phonePage,
  };
}
