/**
 * What a phone made of the certificate it was shown: gathered from both handshakes, told once to who counts it.
 * Promise: a refusal is counted for the app that refused and for nothing else, and apart where the certificate was an
 * untrusted one; what is proven by it is an event of the flow.
 */
import type { LiveFlow, Tunnel } from '../model/connection.ts';
import type { ClientHelloFacts } from '../model/flow.ts';
import type { Failure, Pins } from './pins.ts';
import type { Trial } from './trial.ts';

export interface PhoneVerdict {
  /** False when it does not count as a refusal. `how`: a TLS alert name, or `SILENT`. */
  refused(how: string): boolean;
  /** The phone said its first words. */
  spoke(): void;
  failed(failure: Failure): void;
  /** The connection is over: what was not decided stays undecided. */
  over(): void;
  /** Of the server's certificate; null: it is good. May turn out when the phone was already answered. */
  problem: string | null;
}

export interface VerdictOptions {
  pins: Pins;
  now: () => number;
  tunnel: Tunnel;
  hello: ClientHelloFacts;
  flow: LiveFlow;
  /** A bad certificate on purpose in place of the usual one. */
  trial: Trial | null;
}

/** Under which name a connection's failures are counted. */
export const countedAs = (tunnel: Tunnel, hello: ClientHelloFacts): [device: string, name: string] => [
  tunnel.deviceId ?? tunnel.from.ip,
  hello.sni ?? tunnel.host,
];

export function createVerdict(options: VerdictOptions, problem: string | null): PhoneVerdict {
  const { pins, now, tunnel, hello, flow, trial } = options;
  const [device, name] = countedAs(tunnel, hello);
  /** Of a bad server certificate: said once, when it is clear what the phone made of it. */
  let isSaid = false;
  let hasSpoken = false;
  const say = (acceptedByClient: boolean) => {
    if (isSaid || verdict.problem === null) return;
    isSaid = true;
    const about = { flowId: flow.flow.id, time: now(), problem: verdict.problem, acceptedByClient };
    flow.emit({ type: 'upstream-certificate-invalid', ...about });
  };
  const count = (failure: Failure): number => {
    const judged = pins.failed(device, name, failure);
    if (failure.kind === 'refused' && !failure.untrusted && judged.count > 0) {
      const { how } = failure;
      const about = { flowId: flow.flow.id, time: now(), sni: hello.sni, how, count: judged.count };
      flow.emit({ type: 'certificate-rejected', ...about });
    }
    if (judged.proven) flow.emit({ type: 'pass-through', flowId: flow.flow.id, time: now(), name, ...judged.proven });
    return judged.count;
  };
  const verdict: PhoneVerdict = {
    problem,
    refused(how) {
      say(false);
      if (trial) {
        trial.refused(how);
        return true;
      }
      const untrusted = verdict.problem !== null;
      // Refusing a certificate that is bad is what an app should do, however often.
      return count({ kind: 'refused', how, untrusted }) > 0 || untrusted;
    },
    spoke() {
      hasSpoken = true;
      say(true);
      if (trial) trial.accepted();
      else if (verdict.problem === null) pins.accepted(device, name);
    },
    failed: (failure) => void count(failure),
    over() {
      say(hasSpoken);
      trial?.unclear();
    },
  };
  return verdict;
}
