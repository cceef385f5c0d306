/**
 * The trust tests that were asked for: which one the next connection of a phone to a name gets, and how it went.
 * Promise: nothing is tested unasked; one test takes one connection, others of the app go on as usual; a test nobody
 * came for ends by itself; at most `MAX_TESTS` are kept, oldest go first.
 */
import type { TrustTest, TrustTestState } from '../model/trust-test.ts';

export interface TrustTestsOptions {
  now: () => number;
  newId: (time: number) => string;
}

export interface TrustTestRequest {
  device: string;
  name: string;
  test: TrustTest;
  /** How long it waits for a connection, milliseconds. Default ten minutes. */
  limitMs?: number;
}

export type TrustOutcome =
  | { outcome: 'accepted' }
  /** TLS alert name, or `silent-close`. */
  | { outcome: 'refused'; how: string }
  /** The network failed, or the server did: the test waits on. */
  | { outcome: 'unclear' };

export interface TrustTests {
  /** Takes the place of one that still waits for the same phone and name. */
  request(given: TrustTestRequest): TrustTestState;
  /** The test for this connection, or null. It must be settled. */
  take(device: string, name: string): TrustTestState | null;
  settle(id: string, outcome: TrustOutcome): void;
  /** False when it does not wait (any more). */
  cancel(id: string): boolean;
  /** Newest first. */
  list(): TrustTestState[];
}

const LIMIT_MS = 600_000;
const MAX_TESTS = 200;

export function createTrustTests({ now, newId }: TrustTestsOptions): TrustTests {
  const tests = new Map<string, TrustTestState>();
  const sameCase = (name: string) => name.toLowerCase();

  /** A test that waits longer than it may is over, whoever looks. */
  const expire = (): void => {
    const time = now();
    for (const test of tests.values()) {
      if (test.state !== 'waiting' || time < test.until) continue;
      test.state = 'expired';
      test.decidedAt = test.until;
    }
  };
  const waitingFor = (device: string, name: string): TrustTestState | undefined => {
    // Asked for every TLS connection: most labs test nothing.
    if (tests.size === 0) return undefined;
    expire();
    return [...tests.values()].find(
      (test) => test.state === 'waiting' && test.device === device && test.name === sameCase(name),
    );
  };

  return {
    request({ device, name, test, limitMs = LIMIT_MS }) {
      const time = now();
      const earlier = waitingFor(device, name);
      if (earlier) Object.assign(earlier, { state: 'cancelled', decidedAt: time });
      const state: TrustTestState = {
        id: newId(time),
        device,
        name: sameCase(name),
        test,
        state: 'waiting',
        how: null,
        requestedAt: time,
        until: time + limitMs,
        decidedAt: null,
      };
      tests.set(state.id, state);
      if (tests.size > MAX_TESTS) tests.delete(tests.keys().next().value as string);
      return { ...state };
    },
    take(device, name) {
      const test = waitingFor(device, name);
      if (!test) return null;
      test.state = 'running';
      return { ...test };
    },
    settle(id, result) {
      const test = tests.get(id);
      if (test?.state !== 'running') return;
      if (result.outcome === 'unclear') {
        test.state = 'waiting';
        return;
      }
      test.state = result.outcome;
      test.how = result.outcome === 'refused' ? result.how : null;
      test.decidedAt = now();
    },
    cancel(id) {
      expire();
      const test = tests.get(id);
      if (test?.state !== 'waiting') return false;
      test.state = 'cancelled';
      test.decidedAt = now();
      return true;
    },
    list() {
      expire();
      return [...tests.values()].map((test) => ({ ...test })).toReversed();
    },
  };
}
