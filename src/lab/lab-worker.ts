/**
 * The lab's thread: everything that reads, finds, stores and answers. Opened in steps, each of which uses only what stands above
 * it: knowledge → detection → network → api, and at last the ring, from which the relay's copy comes.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { told } from '../formats/refusal.ts';
import { faultOf } from '../model/fault.ts';
import { type Text, text } from '../model/text.ts';
import { createLabEnd } from '../ring/lab-end.ts';
import { openApi, type Relay } from './api.ts';
import { connectCalls, type LabCalls, type LabThreadData, type RelayCalls } from './calls.ts';
import { createClosers } from './closers.ts';
import { openKnowledge } from './knowledge.ts';
import { openLiveDetection } from './live-detection.ts';
import { createScavenger } from './memory.ts';
import { openNetwork } from './network.ts';
import { takeNote } from './news.ts';
import { openNotifying } from './notifying.ts';
import { stepBehind } from './priority.ts';
import { createReplayEnvironment } from './replay-environment.ts';
import type { Replaying } from './replaying.ts';
import type { Between } from './services.ts';
import { createShownPins } from './shown-pins.ts';

const { options, ring, restart } = workerData as LabThreadData;
const closers = createClosers();
let calls: LabCalls | null = null;
/** Called before the lab stands, they wait for it. */
const opening = Promise.withResolvers<LabCalls>();
const lab = async (): Promise<LabCalls> => calls ?? (await opening.promise);
const relay = connectCalls<RelayCalls, LabCalls>(parentPort as NonNullable<typeof parentPort>, {
  opened: async (ports) => (await lab()).opened(ports),
  pinChanged: async (state) => (await lab()).pinChanged(state),
  checkMarker: async () => (await lab()).checkMarker(),
  replays: async () => (await lab()).replays(),
  replay: async (run, names) => (await lab()).replay(run, names),
  stop: async () => {
    await closers.close();
    parentPort?.close();
  },
}) as unknown as Relay;

async function openLab(): Promise<void> {
  const knowledge = await openKnowledge(options, closers, restart !== null);
  const { log, devices, guests } = knowledge;
  const late: { consume?: Parameters<typeof openLiveDetection>[2]['consume'] } = {};
  const detection = await openLiveDetection(
    knowledge,
    closers,
    { consume: (...seen) => late.consume?.(...seen) },
    (alert) => void relay.alert(alert),
  );
  const notifying = await openNotifying(knowledge, detection.notify, closers);
  closers.add(detection.feed.onAlert(notifying.take));
  // Loaded by a lab that publishes: one without a hub pays nothing for it.
  const hub = options.hub
    ? (await import('./hub.ts')).openHub(knowledge, options.hub, {
        notify: detection.notify,
        setHints: (hints) => void relay.setHints(hints),
      })
    : null;
  if (hub) closers.add(hub.close);
  const network = await openNetwork(knowledge, detection, closers);
  late.consume = network.consume;
  const phones = () =>
    [...devices.list(), ...guests.values()].map(({ id, match, ignore }) => ({
      id,
      match,
      ...(ignore ? { ignore } : {}),
    }));
  const between: Between = async (work) => {
    await relay.barrier();
    const value = work();
    await relay.setPhones(phones());
    return value;
  };
  let proxyPort = 0;
  const environment = createReplayEnvironment({ knowledge, detection, relay, between, proxyPort: () => proxyPort });
  // Loaded when somebody plays a case: the scripts and their vendors cost 6 MB.
  let replaying: Replaying | null = null;
  const openReplaying = async (): Promise<Replaying> => {
    const { createReplaying } = await import('./replaying.ts');
    replaying ??= createReplaying(environment);
    return replaying;
  };
  const api = await openApi(
    {
      knowledge,
      detection,
      network,
      notifying,
      hub,
      relay,
      between,
      replaying: openReplaying,
      proxyPort: () => proxyPort,
    },
    closers,
  );
  const scavenger = createScavenger();
  const end = createLabEnd({
    shared: ring,
    road: {
      ...detection.road,
      event(event, turn) {
        if (event.type === 'flow-opened' || event.type === 'flow-closed') scavenger.connection();
        return detection.road.event(event, turn);
      },
      bytes(flowId, direction, chunk, time, turn) {
        scavenger.relayed(chunk.length);
        return detection.road.bytes(flowId, direction, chunk, time, turn);
      },
    },
    note: (value) => takeNote(value, { detection, network }),
    passed: (barrier) => void relay.passed(barrier),
    onFault: (error) => log.error({ ...faultOf(error) }, 'internal fault'),
  });
  closers.add(end.stop);
  const { isPlain } = createShownPins(relay, detection.masking);
  calls = {
    async opened(ports) {
      proxyPort = ports.proxyPort;
    },
    async pinChanged(state) {
      if (isPlain(state)) knowledge.pinBook.note(state);
    },
    async checkMarker() {
      if (detection.marker.wasFound()) return true;
      detection.notify('marker', text('lab.deaf-to-marker'), 'critical');
      return false;
    },
    replays: async () => (await openReplaying()).list(),
    replay: async (run, names) =>
      (await openReplaying()).play(
        names,
        (outcome) => void relay.replayed(run, { outcome }),
        (step) => void relay.replayed(run, { step }),
      ),
    stop: async () => {},
  };
  opening.resolve(calls);
  if (restart) tellRestart(detection.notify, restart);
  scavenger.started();
  stepBehind();
  const { pinBook, warnings } = knowledge;
  await relay.ready({
    uiPort: api.port,
    portal: api.portal,
    pins: pinBook.initial,
    trusting: detection.coverage.all().flatMap(({ deviceId, trust }) => (trust === 'trusts' ? [deviceId] : [])),
    hints: hub?.hints() ?? null,
    phones: phones(),
    marker: detection.marker.serial,
    warnings,
  });
}

function tellRestart(
  notify: (subject: string, message: Text, severity: 'critical') => void,
  { reason, openFlows }: NonNullable<LabThreadData['restart']>,
): void {
  notify(`restart ${Date.now()}`, text('lab.restarted', { reason, count: openFlows }), 'critical');
}

openLab().catch(async (error: unknown) => {
  await relay.failed(told(error));
  await closers.close();
  parentPort?.close();
});
