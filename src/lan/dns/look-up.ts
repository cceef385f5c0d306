/**
 * One look-up of a phone as a flow: opened with the question, the name as a message of protocol `dns`, closed with the
 * answer. So a look-up travels the same road as a request: searched for identifiers, placed, logged, counted.
 */
import type { EmitFlowEvent, Flow } from '../../model/flow.ts';
import { type Text, text } from '../../model/text.ts';
import { type AnswerFacts, type DnsQuery, RCODE, TYPE_NAMES } from './message.ts';

export interface LookUp {
  id: string;
  time: number;
  client: { ip: string; port: number };
  deviceId: string | null;
  query: DnsQuery;
  /** Bytes of the question. */
  bytesUp: number;
}

/** A DNS name of this many characters may carry data in several labels; ordinary ones are shorter. */
const LONG_NAME = 64;

export function openLookUp(emit: EmitFlowEvent, lookUp: LookUp): void {
  const { id, time, client, deviceId, query } = lookUp;
  const flow: Flow = {
    id,
    openedAt: time,
    engine: 'gateway',
    protocol: 'dns',
    client,
    deviceId,
    arrival: 'transparent',
    treatment: 'intercept',
    treatmentReason: null,
    // Who runs the name gets to read it: that is the receiver, not the resolver in between.
    destination: { host: query.name.toLowerCase(), port: 53, ip: null },
    encrypted: false,
    intercepted: true,
    hello: null,
    simulated: false,
  };
  emit({ type: 'flow-opened', flow, time });
  const label = TYPE_NAMES[query.type] ?? `TYPE${query.type}`;
  const message = { type: 'message', flowId: id, direction: 'request', time, protocol: 'dns', label } as const;
  emit({ ...message, exchange: 0, bytes: Buffer.from(query.name, 'latin1'), final: true });
  // Data longer than a label (63) is cut into several: joined it can be found again.
  if (query.name.length >= LONG_NAME)
    emit({ ...message, exchange: 1, bytes: Buffer.from(query.name.replaceAll('.', ''), 'latin1'), final: true });
}

/** RFC 1035 4.1.1. */
const FAILURES = [1, 2, 3, 4, 5] as const;

/** `answer` null: nobody answered. `own`: the lab answered by itself. */
export function closeLookUp(
  emit: EmitFlowEvent,
  lookUp: LookUp,
  end: { time: number; answer: AnswerFacts | null; bytesDown: number; own: boolean },
): void {
  const { answer } = end;
  const said = answer === null ? text('ended.dns.none') : saidOf(answer);
  emit({
    type: 'flow-closed',
    flowId: lookUp.id,
    time: end.time,
    reason: 'ended',
    detail: end.own ? text('ended.by-lab', { said }) : said,
    bytesUp: lookUp.bytesUp,
    bytesDown: end.bytesDown,
  });
}

function saidOf({ rcode, addresses }: AnswerFacts): Text {
  if (rcode === RCODE.ok)
    return addresses.length > 0
      ? text('ended.dns.addresses', { addresses: addresses.slice(0, 4).join(', ') })
      : text('ended.dns.nothing');
  const failure = FAILURES.find((code) => code === rcode);
  return failure ? text(`ended.dns.${failure}`) : text('ended.dns.code', { code: rcode });
}
