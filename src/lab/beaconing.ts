/**
 * Contacts a phone makes by itself, over all flows of the lab: relayed, refused, past the relay. Look-ups are not contacts,
 * replays are not phones.
 * Promise: a new beacon is told once; host names are masked before they are kept.
 */
import { createBeacons } from '../beacons/beacon.ts';
import { saidHost } from '../formats/said-host.ts';
import type { Beacon, IdleContact, Reaction } from '../model/beacon.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';
import { type Text, text } from '../model/text.ts';

export interface Beaconing {
  consume(event: FlowEvent): void;
  /** A phase of a test run began. */
  mark(deviceId: string | null, phase: string): void;
  forget(deviceId: string): void;
  all(): { beacons: Beacon[]; reactions: Reaction[]; idle: IdleContact[] };
}

export function openBeaconing(options: {
  /** Id under which a flow's phone is known, as in its alerts. */
  deviceOf: (flow: Flow) => string;
  maskHost: (host: string, deviceId: string | null) => string;
  now: () => number;
  onBeacon: (beacon: Beacon, flow: Flow) => void;
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
      if (beacon) onBeacon(beacon, flow);
    },
    mark: (deviceId, phase) => beacons.mark(deviceId, phase, now()),
    forget: beacons.forget,
    all: () => ({ beacons: beacons.beacons(), reactions: beacons.reactions(now()), idle: beacons.idle(now()) }),
  };
}

/** e.g. `Lab Phone contacts zzhc.vnet.cn every 15 minutes, give or take 2 %: 12 times so far; by chance less than once in 10,000.` */
export function sayBeacon(phone: string, { host, periodS, jitter, contacts, chance }: Beacon): Text {
  const times = 10 ** Math.min(9, Math.floor(-Math.log10(Math.max(chance, 1e-9))));
  return text('beacon', {
    phone,
    host,
    period: spanOf(periodS),
    jitter: Math.ceil(jitter * 100),
    contacts,
    times: times.toLocaleString('en'),
  });
}

function spanOf(seconds: number): Text {
  const [value, key] =
    seconds < 120
      ? [seconds, 'span.seconds' as const]
      : seconds < 7200
        ? [seconds / 60, 'span.minutes' as const]
        : [seconds / 3600, 'span.hours' as const];
  return text(key, { count: Math.round(value * 10) / 10 });
}
