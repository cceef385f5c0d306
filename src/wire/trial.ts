/**
 * One connection with a bad certificate on purpose: what the phone is shown, and what becomes of it.
 * Promise: told exactly once, as an event of the flow and to the list of tests; only data sent by the app counts as
 * accepting, because in TLS 1.3 a refusal comes after the handshake.
 */
import type { SecureContext } from 'node:tls';
import type { LiveFlow } from '../model/connection.ts';
import type { TrustTestState } from '../model/trust-test.ts';
import type { TrustOutcome } from './trust-tests.ts';

export interface Trial {
  /** Of its own: no session of another certificate can be resumed into it, which would test nothing. */
  readonly context: SecureContext;
  accepted(): void;
  refused(how: string): void;
  /** Safe to call after one of the others: it then does nothing. */
  unclear(): void;
}

export function createTrial(
  given: TrustTestState,
  context: SecureContext,
  flow: LiveFlow,
  settle: (id: string, outcome: TrustOutcome) => void,
  now: () => number,
): Trial {
  let open = true;
  const decide = (outcome: TrustOutcome) => {
    if (!open) return;
    open = false;
    settle(given.id, outcome);
    if (outcome.outcome === 'unclear') return;
    flow.emit({
      type: 'trust-test-result',
      flowId: flow.flow.id,
      time: now(),
      test: given.test,
      name: given.name,
      accepted: outcome.outcome === 'accepted',
      how: outcome.outcome === 'refused' ? outcome.how : null,
    });
  };
  return {
    context,
    accepted: () => decide({ outcome: 'accepted' }),
    refused: (how) => decide({ outcome: 'refused', how }),
    unclear: () => decide({ outcome: 'unclear' }),
  };
}
