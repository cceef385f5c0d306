/**
 * Contacts a phone makes by itself, over all flows of the lab: relayed, refused, past the relay. Look-ups are not contacts,
 * replays are not phones.
 * Promise: a new beacon is told once; host names are masked before they are kept.
 */
import { createBeacons } from '../beacons/beacon.ts';
import { saidHost } from '../formats/said-host.ts';
import type { Beacon, IdleContact, Reaction } from '../model/beacon.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';

export interface Beaconing {
  consume(event: FlowEvent): void;
  /** A phase of a test run began. */
  mark(deviceId: string | null, phase: string): void;
  all(): { beacons: Beacon[]; reactions: Reaction[]; idle: IdleContact[] };
}

export function openBeaconing(options: {
  /** Id under which a flow's phone is known, as in its alerts. */
  deviceOf: (flow: Flow) => string;
  maskHost: (host: string, deviceId: string | null) => string;
  now: () => number;
  onBeacon: (beacon: Beacon, flow: Flow, sentence: string) => void;
}): Beaconing {
  const { deviceOf, maskHost, now, onBeacon } = options;
  const beacons = createBeacons();
  return {
    consume(event) {
      if (event.type !== 'flow-opened') return;
      const { flow } = event;
      if (flow.protocol === 'dns' || flow.continues || flow.simulated || flow.destination.port === 0) return;
      const host = saidHost(flow.destination, maskHost(flow.destination.host, flow.deviceId));
      const beacon = beacons.contact(deviceOf(flow), host, flow.destination.port, event.time);
      if (beacon) onBeacon(beacon, flow, sentenceOf(beacon));
    },
    mark: (deviceId, phase) => beacons.mark(deviceId, phase, now()),
    all: () => ({ beacons: beacons.beacons(), reactions: beacons.reactions(now()), idle: beacons.idle(now()) }),
  };
}

/** e.g. `contacts zzhc.vnet.cn every 15 minutes, give or take 2 %: 12 times so far; by chance less than once in 10,000`. */
function sentenceOf({ host, periodS, jitter, contacts, chance }: Beacon): string {
  const times = 10 ** Math.min(9, Math.floor(-Math.log10(Math.max(chance, 1e-9))));
  return `contacts ${host} every ${spanOf(periodS)}, give or take ${Math.ceil(jitter * 100)} %: ${contacts} times so far; by chance less than once in ${times.toLocaleString('en')}`;
}

function spanOf(seconds: number): string {
  const [value, unit] =
    seconds < 120 ? [seconds, 'second'] : seconds < 7200 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  const rounded = Math.round(value * 10) / 10;
  return rounded === 1 ? unit : `${rounded} ${unit}s`;
}
