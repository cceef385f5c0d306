/** Publishing to a hub, seen from the lab's thread: starts the thread that does it, again when it dies, and tells when it fails. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { privacyProblem } from '../ca/private-file.ts';
import { say } from '../formats/say.ts';
import { keyText } from '../formats/signed-head.ts';
import { phonesOf } from '../model/case.ts';
import { faultOf } from '../model/fault.ts';
import type { HubState } from '../model/hub.ts';
import { type Text, text } from '../model/text.ts';
import { readPublicKey } from '../sinks/evidence/key-file.ts';
import { type HubConfig, isBrokerAddress, readHubConfig } from '../sinks/hub/config.ts';
import { prepareForReader } from '../sinks/hub/reader.ts';
import type { PassHints } from '../wire/pass-hints.ts';
import { connectCalls } from './calls.ts';
import { openFeedInForce } from './feed.ts';
import type { Firmwares, HubCalls, HubTells, HubThreadData } from './hub-worker.ts';
import type { Knowledge } from './knowledge.ts';
import { ownVersion } from './own-version.ts';

export interface HubPublishing {
  state(): HubState;
  /** What the feed in force says of names of servers; null: nothing. */
  hints(): PassHints | null;
  close(): Promise<void>;
}

type Models = HubThreadData['models'];

const RESTART_MS = 5000;
/** A broker that is away for less is no news. */
const PATIENCE_MS = 30_000;
const TICK_MS = 1000;
/** The latest of them say where something is found: there no hint is believed. */
const MAX_FINDINGS = 10_000;

export interface HubCallers {
  notify: (subject: string, message: Text, severity: 'info' | 'medium') => void;
  /** Tells the relay. */
  setHints: (hints: PassHints | null) => void;
}

/**
 * @param given a file, or the broker's address: what else publishing needs then stands in `hub.yaml` of the data directory
 * @throws LabError naming file, line and field
 */
export function openHub(
  { paths, keys, devices, guests, cases, geo, evidence, log }: Knowledge,
  given: string,
  { notify, setHints }: HubCallers,
): HubPublishing {
  const isAddress = isBrokerAddress(given);
  const config = readHubConfig(
    isAddress ? paths.hubFile : given,
    (path) => privacyProblem(path, { kind: 'file', keep: 'secret', otherwise: 'inside' }),
    isAddress ? given : null,
  );
  prepareForReader(paths.evidence);
  const signingKey = readPublicKey(paths.signingKey);
  let hints: PassHints | null = null;
  function giveHints(names: PassHints['names'], source: PassHints['source']): void {
    const found = names.length === 0 ? [] : evidence.alerts({ type: 'leak', newest: true, limit: MAX_FINDINGS });
    const except = found.flatMap(({ destination }) => destination?.host ?? []);
    hints = names.length === 0 ? null : { names, source, except: [...new Set(except)] };
    setHints(hints);
  }
  const feed =
    config.feedKey === null
      ? null
      : openFeedInForce({
          ...{ key: config.feedKey, file: paths.feed, geo: paths.geo, organisation: config.organisation },
          reopenPlaces: () => geo.reopen(),
          giveHints,
        });
  let running: { worker: Worker; calls: ReturnType<typeof connectCalls<HubCalls, HubTells>> } | null = null;
  let state = stateBefore(config);
  let isClosed = false;
  let failingSince: number | null = null;
  let isTold = false;
  let models = modelsOf();
  let firmwares = firmwaresOf();

  function modelsOf(): Models {
    return [...devices.list(), ...guests.values()].map(({ id, model }) => [id, model ?? null]);
  }

  function firmwaresOf(): Firmwares {
    return cases.list().flatMap((one) => {
      const firmware = one.about?.firmware?.trim();
      return firmware ? [{ phones: phonesOf(one), since: Date.parse(one.openedAt), firmware }] : [];
    });
  }

  function heard(now: HubState): void {
    state = now;
    if (now.state === 'failing') failingSince ??= performance.now();
    if (now.state !== 'publishing') return;
    failingSince = null;
    if (isTold) notify('hub', text('hub.works-again', { url: config.url }), 'info');
    isTold = false;
  }

  function tables(bytes: Uint8Array): void {
    const became = feed?.take(bytes) ?? null;
    const { version = 0, problem = null, text: why } = feed?.state() ?? {};
    if (became === 'taken') notify('hub', text('feed.taken', { version }), 'info');
    if (became === 'refused') notify('hub', text('feed.refused', { problem: why ?? problem ?? '', version }), 'medium');
  }

  function start(): void {
    const data: HubThreadData = {
      config,
      evidence: paths.evidence,
      cursor: paths.hub,
      version: ownVersion(),
      ...{ evidenceKey: keys.key, phoneKeys: paths.phoneKeys },
      signingKey: signingKey && keyText(signingKey),
      models,
      firmwares,
    };
    const worker = new Worker(new URL(`./hub-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: data,
      name: 'hub',
    });
    worker.on('error', (error) => log.error({ ...faultOf(error) }, 'publishing to the hub failed'));
    worker.once('exit', () => {
      running = null;
      if (isClosed) return;
      heard({ ...state, state: 'failing', problem: say(text('hub.thread')), since: new Date().toISOString() });
      setTimeout(() => void (isClosed || start()), RESTART_MS).unref();
    });
    running = { worker, calls: connectCalls<HubCalls, HubTells>(worker, { state: heard, feed: tables }) };
  }

  const timer = setInterval(() => {
    const now = [modelsOf(), firmwaresOf()] as const;
    if (JSON.stringify(now) !== JSON.stringify([models, firmwares])) {
      [models, firmwares] = now;
      void running?.calls.models(models, firmwares);
    }
    if (isTold || failingSince === null || performance.now() - failingSince < PATIENCE_MS) return;
    isTold = true;
    notify('hub', text('hub.failing', { url: config.url, problem: state.problem ?? '' }), 'medium');
  }, TICK_MS).unref();
  start();

  return {
    hints: () => hints,
    state: () => ({ ...state, ...(feed ? { feed: feed.state() } : {}) }),
    async close() {
      isClosed = true;
      clearInterval(timer);
      const ending = running;
      if (ending === null) return;
      const ended = new Promise<void>((resolve) => ending.worker.once('exit', () => resolve()));
      void ending.calls.stop().catch(() => {});
      await ended;
    },
  };
}

/** Until its thread says more. */
const stateBefore = ({ url, organisation, lab }: HubConfig): HubState => ({
  url,
  organisation,
  lab,
  state: 'connecting',
  problem: null,
  since: new Date().toISOString(),
  head: 0,
  confirmed: 0,
});
