/**
 * Follows each flow just enough to say, when it matters, that nobody could look into it: pinned apps, bad certificates,
 * refused phones, servers that never answered, watched receivers with nothing readable, a phone without the lab's CA.
 * State per open flow is two booleans; their table is bounded, because a flow whose end was lost must not stay for ever.
 */
import { say } from '../formats/say.ts';
import type { AlertType, Severity } from '../model/alert.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';
import { type Text, type TextValue, text } from '../model/text.ts';
import type { AlertContext } from './context.ts';
import { lookedUpElsewhere } from './name-mismatch.ts';
import { type AlertPolicy, decideSeverity } from './policy.ts';
import { isWatched, UNKNOWN_FACTS } from './receiver.ts';
import { nameDevice } from './sentence.ts';

export interface FlowNotice {
  type: AlertType;
  severity: Severity;
  /** What makes a repeat the same, besides phone, type and case. */
  fold: string[];
  /** False when the lab never got as far as a destination. */
  aboutDestination: boolean;
  /** The sentence, given the receiver's name, the masked host, and `An app` with what it probably is. */
  write: (receiver: TextValue, host: TextValue, app: Text) => Text;
}

/** Events that may say something by themselves. */
const RAISING = new Set<FlowEvent['type']>([
  'flow-opened',
  'certificate-rejected',
  'pass-through',
  'upstream-certificate-invalid',
  'trust-test-result',
  'flow-closed',
]);

export const mayRaise = (event: FlowEvent): boolean => RAISING.has(event.type);

export interface FlowWatch {
  consume(event: FlowEvent, context: AlertContext): FlowNotice[];
  /** The same for an event that raises nothing by itself (`mayRaise`): it needs no context. */
  heard(event: FlowEvent): void;
  /** Something in this flow was found: it was readable. */
  found(flowId: string): void;
}

const MAX_OPEN_FLOWS = 20_000;
const NOTHING: FlowNotice[] = [];

const FAILED = ['upstream-refused', 'upstream-unresolvable', 'upstream-timeout', 'upstream-tls-failed'] as const;

/** What a phone tried when the gateway refused it. */
const REFUSED_TRIES = { quic: 'quic', dot: 'coverage', doq: 'coverage' } as const;
const isRefusedTry = (protocol: string): protocol is keyof typeof REFUSED_TRIES => protocol in REFUSED_TRIES;

export function createFlowWatch(
  policy: AlertPolicy,
  hiddenLookUps: (flow: Flow) => string | null = () => null,
  trusts: (flow: Flow) => boolean = () => false,
): FlowWatch {
  // A Map: the cache's `delete` of its last entry clears room for all 20,000, which a quiet lab pays per connection.
  const flows = new Map<string, { readable: boolean; told: boolean }>();

  const flowState = (id: string) => {
    let state = flows.get(id);
    if (state) return state;
    state = { readable: false, told: false };
    flows.set(id, state);
    if (flows.size > MAX_OPEN_FLOWS) flows.delete(flows.keys().next().value ?? '');
    return state;
  };

  function heard(event: FlowEvent): void {
    if (event.type === 'request-head' || event.type === 'message') flowState(event.flowId).readable = true;
  }

  function rejected(
    { how }: Extract<FlowEvent, { type: 'certificate-rejected' }>,
    context: AlertContext,
  ): FlowNotice[] {
    if (how === 'silent-close' || trusts(context.flow)) return [];
    const phone = nameDevice(context.device);
    return [
      {
        type: 'system',
        severity: 'medium',
        fold: ['certificate-not-installed', context.flow.client.ip],
        aboutDestination: false,
        write: () => text('trust.not-yet', { phone }),
      },
    ];
  }

  function passedThrough(event: Extract<FlowEvent, { type: 'pass-through' }>, context: AlertContext): FlowNotice[] {
    const { cause, proof, name } = event;
    if (cause === 'operator' || cause === 'silent') return [];
    flowState(event.flowId).told = true;
    const phone = nameDevice(context.device);
    if (cause === 'no-certificate') {
      return [
        {
          type: 'coverage',
          severity: 'medium',
          fold: [cause, context.flow.client.ip],
          aboutDestination: false,
          write: () => text('passing.no-certificate', { phone, proof }),
        },
      ];
    }
    const isApps = cause === 'pinned' || cause === 'own-root';
    const watched = isWatched(policy, context.facts ?? UNKNOWN_FACTS);
    return [
      {
        type: isApps ? 'pinned' : 'coverage',
        severity: watched ? 'medium' : 'low',
        fold: isApps ? [name] : [name, cause],
        aboutDestination: true,
        write(receiver, _host, app) {
          if (cause === 'pinned') return text('pinned', { app, phone, receiver, proof });
          if (cause === 'client-certificate') return text('passing.client-certificate', { phone, receiver });
          if (cause === 'own-root' || cause === 'phone-tls')
            return text(`passing.${cause}`, { app, phone, receiver, proof });
          return text(`passing.${cause}`, { phone, receiver, proof });
        },
      },
    ];
  }

  function weakTls(
    event: Extract<FlowEvent, { type: 'upstream-certificate-invalid' }>,
    context: AlertContext,
  ): FlowNotice[] {
    const phone = nameDevice(context.device);
    return [
      {
        type: 'weak-tls',
        severity: event.acceptedByClient ? 'critical' : 'low',
        fold: [context.flow.destination.host, event.problem],
        aboutDestination: true,
        write: (_receiver, host, app) =>
          event.acceptedByClient
            ? text('weak-tls.accepted', { app, phone, host, problem: event.problem })
            : text('weak-tls.server', { phone, host, problem: event.problem }),
      },
    ];
  }

  function trustTest(event: Extract<FlowEvent, { type: 'trust-test-result' }>, context: AlertContext): FlowNotice[] {
    const phone = nameDevice(context.device);
    const shown = text(`trust-test.${event.test}`);
    if (event.accepted) {
      return [
        {
          type: 'weak-tls',
          severity: 'critical',
          fold: ['trust-test', event.name, event.test],
          aboutDestination: true,
          write: (_receiver, host, app) => text('trust-test.accepted', { app, phone, shown, host }),
        },
      ];
    }
    return [
      {
        type: 'system',
        severity: 'info',
        fold: ['trust-test', event.name, event.test],
        aboutDestination: true,
        write: (_receiver, host) =>
          text('trust-test.refused', { phone, shown, host, how: event.how ?? text('trust-test.no-reason') }),
      },
    ];
  }

  function closed(event: Extract<FlowEvent, { type: 'flow-closed' }>, context: AlertContext): FlowNotice[] {
    const state = flowState(event.flowId);
    flows.delete(event.flowId);
    const { flow } = context;
    const phone = nameDevice(context.device);
    const watched = isWatched(policy, context.facts ?? UNKNOWN_FACTS);
    const group = 'contact' as const;
    const contact = (severity: Severity, write: FlowNotice['write']): FlowNotice => ({
      type: 'contact',
      severity,
      fold: [flow.destination.host, String(flow.destination.port), severity],
      aboutDestination: true,
      write,
    });

    const tried = flow.engine === 'gateway' ? (flow.protocol ?? '') : '';
    if (isRefusedTry(tried)) {
      return [
        {
          type: REFUSED_TRIES[tried],
          severity: 'info',
          fold: [tried, flow.destination.host],
          aboutDestination: true,
          write: (receiver) => text(`tried.${tried}`, { phone, receiver }),
        },
      ];
    }
    if (event.reason === 'refused-by-policy') {
      const why = flow.treatmentReason ?? event.detail ?? null;
      return [
        {
          type: 'system',
          severity: 'low',
          fold: ['refused', flow.client.ip, why === null ? '' : say(why)],
          aboutDestination: false,
          write: () => text('refused', { ip: flow.client.ip, why: why ?? text('refused.not-allowed') }),
        },
      ];
    }
    const failed = FAILED.find((reason) => reason === event.reason);
    if (failed !== undefined) {
      const failure = text(`tried.${failed}`);
      if (watched) return [contact('low', (receiver) => text('tried', { phone, receiver, failure }))];
      return [
        {
          type: 'system',
          severity: 'info',
          fold: ['upstream', flow.destination.host, event.reason],
          aboutDestination: true,
          write: (_receiver, host) => text('tried', { phone, receiver: host, failure }),
        },
      ];
    }
    if (!watched && isPast(flow) && event.bytesUp > 0) {
      const way = flow.protocol?.toUpperCase() ?? null;
      return [
        {
          type: 'coverage',
          severity: 'info',
          fold: ['past', flow.destination.host, way ?? ''],
          aboutDestination: true,
          write: (receiver) =>
            text('past-the-lab', {
              phone,
              receiver,
              bytes: event.bytesUp,
              protocol: way ?? text('past-the-lab.unknown'),
            }),
        },
      ];
    }
    if (!watched || state.readable || state.told) return [];
    // A connection that was opened and dropped without a byte told nobody anything but that it happened.
    if (event.bytesUp === 0 && event.bytesDown === 0 && event.reason !== 'client-rejected-certificate') return [];
    const { severity } = decideSeverity({
      group,
      confidence: 'certain',
      clear: !flow.encrypted,
      response: false,
      phase: context.case?.phase ?? null,
      abroad: true,
      firstParty: false,
      watched,
    });
    const bytes = event.bytesUp;
    return [
      contact(severity, (receiver) =>
        bytes === 0
          ? text('contact.nothing-sent', { phone, receiver })
          : text('contact.unread', { phone, receiver, bytes }),
      ),
    ];
  }

  /** Said as soon as it is known: from now on names are missing from the list of look-ups. */
  function opened({ flow, device }: AlertContext): FlowNotice[] {
    const notices: FlowNotice[] = [];
    const phone = nameDevice(device);
    const operator = hiddenLookUps(flow);
    if (operator !== null)
      notices.push({
        type: 'coverage',
        severity: 'info',
        fold: ['hidden-look-ups', operator],
        aboutDestination: true,
        write: () => text('hidden-look-ups', { phone, operator }),
      });
    const elsewhere = lookedUpElsewhere(flow);
    if (elsewhere !== null)
      notices.push({
        type: 'contact',
        severity: 'info',
        fold: ['looked-up-elsewhere', flow.destination.host, elsewhere],
        aboutDestination: true,
        write: (_receiver, host) =>
          text('looked-up-elsewhere', { phone, ip: flow.destination.ip ?? '', elsewhere, host }),
      });
    return notices;
  }

  return {
    consume(event, context) {
      switch (event.type) {
        case 'flow-opened':
          return opened(context);
        case 'certificate-rejected':
          return rejected(event, context);
        case 'pass-through':
          return passedThrough(event, context);
        case 'upstream-certificate-invalid':
          return weakTls(event, context);
        case 'trust-test-result':
          return trustTest(event, context);
        case 'flow-closed':
          return closed(event, context);
        default:
          heard(event);
          return NOTHING;
      }
    },
    heard,
    found(flowId) {
      flowState(flowId).readable = true;
    },
  };
}

/** Seen by the gateway's inventory only. Pings say nothing by themselves. */
const isPast = (flow: Flow): boolean =>
  flow.engine === 'gateway' && flow.treatment === 'passthrough' && !flow.protocol?.startsWith('icmp');
