/**
 * Datagrams of phones as flows on the lab's road: NTP, STUN, CoAP, syslog, telemetry. What a phone sends is handed over as
 * raw bytes and searched like everything else.
 * Promise: sans I/O; one flow per pair of addresses and ports, closed after a silence; exact byte counts; a call that goes on for
 * hours costs no more than its first `maxSearched` bytes, and the flow says so.
 */

import { say } from '../../formats/say.ts';
import type { EmitFlowEvent, Flow } from '../../model/flow.ts';
import { type Text, text } from '../../model/text.ts';
import { lookedUp } from '../looked-up.ts';
import type { Datagram } from './packet.ts';

export interface UdpFlowsOptions {
  isPhone: (ip: string) => boolean;
  emit: EmitFlowEvent;
  newId: (time: number) => string;
  /** `mac`: of the hardware that sent it; null where that is not known. */
  identify: (clientIp: string, mac: string | null) => string | null;
  nameOf: (clientIp: string, address: string) => string | null;
  /** Silence after which a flow is over, milliseconds. */
  idleMs?: number;
  maxFlows?: number;
  maxSearched?: number;
}

export interface UdpFlows {
  /** Between a phone and somebody else; anything else is left alone. `time` in milliseconds since the epoch, `uptimeMs` of a clock that never jumps. */
  datagram(datagram: Datagram, time: number, uptimeMs: number): void;
  /** The same, where it is known who is the phone. */
  between(client: Datagram['from'], server: Datagram['to'], sent: Sent, time: number, uptimeMs: number): void;
  /** Ends what was silent for too long. */
  tick(time: number, uptimeMs: number): void;
  /** These datagrams are searched. */
  has(flow: { client: { ip: string; port: number }; destination: { ip: string; port: number } }): boolean;
  open(): number;
  close(time: number): void;
}

export interface Sent extends Pick<Datagram, 'payload' | 'whole'> {
  mac?: string | null;
  /** By the phone. */
  up: boolean;
}

interface OpenFlow {
  id: string;
  /** Of the phone; null until it sent something. */
  mac: string | null;
  lastAt: number;
  bytesUp: number;
  bytesDown: number;
  searched: number;
  /** Said already that part of it is not searched. */
  said: boolean;
}

/** Of some 300 bytes, and the inspector's state of some 5 KB beside it. */
const MAX_FLOWS = 2000;
const IDLE_MS = 60_000;
/** Telemetry is short; what sends more is a call or a tunnel, and encrypted. */
const MAX_SEARCHED = 256 * 1024;
/** Ended flows are remembered a while, for the inventory, which learns of them later. */
const MAX_REMEMBERED = 4000;

export function createUdpFlows(options: UdpFlowsOptions): UdpFlows {
  const { isPhone, emit, idleMs = IDLE_MS, maxFlows = MAX_FLOWS, maxSearched = MAX_SEARCHED } = options;
  // In the order of the last datagram.
  const flows = new Map<string, OpenFlow>();
  const seen = new Set<string>();

  function openFlow(
    client: Datagram['from'],
    server: Datagram['to'],
    mac: string | null,
    key: string,
    time: number,
  ): OpenFlow {
    const id = options.newId(time);
    const flow: Flow = {
      id,
      openedAt: time,
      engine: 'gateway',
      protocol: 'udp',
      client: mac === null ? client : { ...client, mac },
      deviceId: options.identify(client.ip, mac),
      arrival: 'transparent',
      treatment: 'intercept',
      treatmentReason: null,
      destination: lookedUp(options.nameOf(client.ip, server.ip), server.ip, server.port),
      encrypted: false,
      intercepted: true,
      hello: null,
      simulated: false,
    };
    emit({ type: 'flow-opened', flow, time });
    seen.delete(key);
    seen.add(key);
    if (seen.size > MAX_REMEMBERED) for (const oldest of seen) if (seen.delete(oldest)) break;
    return { id, mac, lastAt: 0, bytesUp: 0, bytesDown: 0, searched: 0, said: false };
  }

  function closeFlow(key: string, flow: OpenFlow, time: number, detail: Text | null): void {
    flows.delete(key);
    const { id, bytesUp, bytesDown } = flow;
    emit({ type: 'flow-closed', flowId: id, time, reason: 'ended', detail, bytesUp, bytesDown });
  }

  function tell(flow: OpenFlow, time: number, why: Text): void {
    if (flow.said) return;
    flow.said = true;
    emit({ type: 'unreadable', flowId: flow.id, direction: 'request', time, reason: say(why), text: why });
  }

  function between(
    client: Datagram['from'],
    server: Datagram['to'],
    { up, payload, whole, mac = null }: Sent,
    time: number,
    uptimeMs: number,
  ): void {
    const key = keyOf(client, server);
    const known = flows.get(key);
    const isOther = known !== undefined && mac !== null && known.mac !== null && mac !== known.mac;
    // What another machine says from this address is not filed under the same name.
    if (isOther) closeFlow(key, known, time, text('ended.other-machine'));
    const flow = known && !isOther ? known : openFlow(client, server, mac, key, time);
    flow.mac ??= mac;
    flows.delete(key);
    flows.set(key, flow);
    flow.lastAt = uptimeMs;
    if (!up) {
      flow.bytesDown += payload.length;
      emit({ type: 'raw-bytes', flowId: flow.id, direction: 'response', time, bytes: payload });
    } else {
      flow.bytesUp += payload.length;
      if (flow.searched + payload.length > maxSearched) {
        tell(flow, time, text('unheard.datagrams', { most: maxSearched >> 10 }));
      } else {
        flow.searched += payload.length;
        emit({ type: 'raw-bytes', flowId: flow.id, direction: 'request', time, bytes: payload });
        if (!whole) tell(flow, time, text('unheard.datagram'));
      }
    }
    if (flows.size > maxFlows) {
      const [oldest] = flows;
      if (oldest) closeFlow(...oldest, time, text('ended.too-many'));
    }
  }

  return {
    datagram({ from, to, payload, whole, mac }, time, uptimeMs) {
      const up = isPhone(from.ip);
      if (up === isPhone(to.ip)) return;
      const [client, server] = up ? [from, to] : [to, from];
      between(client, server, { up, payload, whole, mac: up ? mac : null }, time, uptimeMs);
    },
    between,
    tick(time, uptimeMs) {
      for (const [key, flow] of flows) {
        if (uptimeMs - flow.lastAt < idleMs) break;
        closeFlow(key, flow, time, null);
      }
    },
    has: ({ client, destination }) => seen.has(keyOf(client, destination)),
    open: () => flows.size,
    close(time) {
      for (const [key, flow] of [...flows]) closeFlow(key, flow, time, text('ended.watch-over'));
    },
  };
}

const keyOf = (client: Datagram['from'], server: Datagram['to']): string =>
  `${client.ip} ${client.port} ${server.ip} ${server.port}`;
