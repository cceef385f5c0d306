/**
 * What happens to a connection, decided in one place and asked at three moments: who calls (before anything is read), what the
 * phone's first bytes are (before TLS is answered), and where it leads (when the address is known, just before it is dialled).
 *
 * | | asked with | answers |
 * |---|---|---|
 * | `admit` | the client's address | served, or refused |
 * | `decide` | phone, name, whether it speaks TLS | intercept · pass through (a bystander's phone; the app refuses the lab; the operator says so) · test |
 * | `mayConnect` | the resolved address and port | dialled, or refused |
 */
import type { Decide, Decision } from '../model/connection.ts';
import { text } from '../model/text.ts';
import type { Pins } from '../wire/pins.ts';
import type { TrustTests } from '../wire/trust-tests.ts';
import { createAdmission, createDestinationGuard } from './access.ts';

export interface Policy {
  admit(clientIp: string): boolean;
  decide: Decide;
  mayConnect: ReturnType<typeof createDestinationGuard>;
}

export interface PolicyOptions {
  /** CIDR ranges served besides the private ones. */
  allowClients: readonly string[];
  /** CIDR ranges reachable although they are loopback or the lab's own network. */
  allowDestinations: readonly string[];
  /** Ports this process listens on. */
  ownPorts: () => readonly number[];
  pins: Pick<Pins, 'decide'>;
  trustTests: Pick<TrustTests, 'take'>;
  /** A bystander's phone. */
  isIgnored?: (deviceId: string) => boolean;
  now: () => number;
}

const INTERCEPT: Decision = { treatment: 'intercept', reason: null };
const BYSTANDER: Decision = { treatment: 'passthrough', reason: text('treated.ignored'), cause: 'operator' };

/** @throws LabError naming the flag and the range */
export function createPolicy(options: PolicyOptions): Policy {
  const { allowDestinations, ownPorts, now } = options;
  return {
    admit: createAdmission(options.allowClients),
    decide: createDecide(options),
    mayConnect: createDestinationGuard({ allowDestinations, ownPorts, now }),
  };
}

/** Every connection that can be read is read, unless the app or the operator decided otherwise. */
export function createDecide({
  pins,
  trustTests,
  isIgnored = () => false,
}: Pick<PolicyOptions, 'pins' | 'trustTests' | 'isIgnored'>): Decide {
  return ({ host, sni, deviceId, clientIp, isTls }) => {
    if (deviceId !== null && isIgnored(deviceId)) return BYSTANDER;
    if (!isTls) return INTERCEPT;
    const device = deviceId ?? clientIp;
    const name = sni ?? host;
    const test = trustTests.take(device, name);
    if (test) return { ...INTERCEPT, test };
    const pin = pins.decide(device, name);
    if (!pin.passthrough) return INTERCEPT;
    const { cause, reason, watched } = pin;
    return { treatment: 'passthrough', reason, cause, ...(watched ? { watched } : {}) };
  };
}
