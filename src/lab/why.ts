/**
 * What happened to the last connections of a phone to a server, why, and what can be done: one paragraph for people.
 * Pure: filed connections, pass-through states and trust in, texts out.
 */
import { say } from '../formats/say.ts';
import type { Trust } from '../model/coverage.ts';
import type { FlowRecord } from '../model/flow.ts';
import type { PinState } from '../model/pin.ts';
import { type Text, text } from '../model/text.ts';
import type { Why } from '../model/why.ts';

export interface WhyFacts {
  host: string;
  /** Newest first; of any name that holds `host`. */
  flows: readonly FlowRecord[];
  pins: readonly PinState[];
  trustOf: (device: string) => Trust;
}

/** One answer per phone, the one seen last first; of phones that never came there is none. */
export function explain({ host, flows, pins, trustOf }: WhyFacts): Why[] {
  const wanted = host.toLowerCase();
  const namesOf = (flow: FlowRecord) =>
    [flow.destination.host, flow.hello?.sni ?? ''].map((name) => name.toLowerCase());
  const exact = flows.filter((flow) => namesOf(flow).includes(wanted));
  const byPhone = Map.groupBy(exact.length > 0 ? exact : flows, (flow) => flow.deviceId ?? flow.client.ip);
  return [...byPhone].map(([device, own]) => {
    const last = own[0] as FlowRecord;
    const name = last.hello?.sni ?? last.destination.host;
    const pin = pins.find((one) => one.device === device && one.name === name.toLowerCase());
    const reason = reasonOf(last, { phone: device, host: name, pin, trusts: trustOf(device) === 'trusts' });
    const at = new Date(last.openedAt).toISOString();
    const told = text('why', { phone: device, host: name, at, count: own.length, reason });
    return { device, host: name, connections: own.length, lastAt: last.openedAt, sentence: say(told), text: told };
  });
}

/** The same of one connection. */
export function explainFlow(flow: FlowRecord, { pins, trustOf }: Pick<WhyFacts, 'pins' | 'trustOf'>): Text {
  const phone = flow.deviceId ?? flow.client.ip;
  const host = flow.hello?.sni ?? flow.destination.host;
  const pin = pins.find((one) => one.device === phone && one.name === host.toLowerCase());
  return reasonOf(flow, { phone, host, pin, trusts: trustOf(phone) === 'trusts' });
}

interface About {
  phone: string;
  host: string;
  pin: PinState | undefined;
  trusts: boolean;
}

function reasonOf(flow: FlowRecord, about: About): Text {
  if (flow.treatment === 'passthrough') return passed(flow, about);
  if (flow.treatment === 'refuse') return text('why.refused', { why: treatedFor(flow) || endedWith(flow) });
  if (flow.reason === null) return text('why.open');
  if (flow.requests > 0) return text('why.read', { count: flow.requests });
  return failed(flow, about) ?? (flow.bytesUp > 0 ? text('why.bytes') : text('why.nothing-said'));
}

/** Records of earlier versions have the English sentence alone. */
const treatedFor = (flow: FlowRecord): Text | string => flow.treatmentReasonText ?? flow.treatmentReason ?? '';
const endedWith = (flow: FlowRecord): Text | string => flow.detailText ?? flow.detail ?? '';

function passed(flow: FlowRecord, { pin, host, phone }: About): Text {
  const proof = pin?.proofText ?? pin?.proof ?? treatedFor(flow);
  const { passCause } = flow;
  switch (passCause) {
    case 'operator':
      return text('why.operator', { host, phone });
    case 'silent':
      return text('why.silent');
    case 'client-certificate':
      return text('why.client-certificate', { host });
    case 'pinned':
    case 'no-certificate':
    case 'own-root':
    case 'phone-tls':
    case 'server-tls':
      return text(`why.${passCause}`, { proof });
    default:
      return text('why.passed', { why: treatedFor(flow) });
  }
}

function failed(flow: FlowRecord, { trusts, host }: About): Text | null {
  switch (flow.reason) {
    case 'client-rejected-certificate':
      if (flow.detail === 'silent-close' || flow.detail === null) return text('why.left-in-silence');
      if (flow.certificate?.problem) return text('why.refused-untrusted', { problem: flow.certificate.problem });
      return trusts ? text('why.refused-certificate') : text('why.no-trust');
    case 'upstream-tls-failed':
      return flow.detail === say(text('ended.asks-certificate'))
        ? text('why.client-certificate', { host })
        : text('why.server-tls', { proof: endedWith(flow) });
    case 'upstream-refused':
    case 'upstream-unresolvable':
    case 'upstream-timeout':
      return text(`why.${flow.reason}`);
    case 'refused-by-policy':
      return text('why.refused', { why: endedWith(flow) });
    case 'error':
      return flow.encrypted ? text('why.phone-tls', { proof: endedWith(flow) }) : null;
    case 'client-reset':
      return text('why.phone-left');
    case 'server-reset':
      return text('why.server-left');
    case 'idle-timeout':
      return text('why.idle');
    case 'lab-stopped':
    case 'lab-killed':
      return text('why.lab-ended');
    default:
      return null;
  }
}
