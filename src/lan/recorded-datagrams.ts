/**
 * Datagrams of a capture on the road that live ones take: a look-up becomes a flow with its name, everything else raw bytes
 * that are searched.
 * Promise: sans I/O; time is the capture's own, so that a silence in it ends a flow as it would have live.
 */

import type { EmitFlowEvent } from '../model/flow.ts';
import type { DatagramReader, RecordedDatagram } from '../model/recording.ts';
import { createUdpFlows } from './datagrams/flows.ts';
import { createDnsHistory } from './dns/history.ts';
import { closeLookUp, type LookUp, openLookUp } from './dns/look-up.ts';
import { isReplyTo, parseQuery, readAnswer } from './dns/message.ts';

/** Questions that nobody answered within so many others are over. */
const MAX_OPEN = 1000;

export function openDatagrams({ emit, newId }: { emit: EmitFlowEvent; newId: () => string }): DatagramReader {
  let now = 0;
  const history = createDnsHistory({ now: () => now, phoneOf: () => null });
  const flows = createUdpFlows({
    emit,
    newId,
    isPhone: () => false,
    identify: () => null,
    nameOf: history.nameOf,
  });
  const open = new Map<string, { lookUp: LookUp; asked: Buffer }>();

  function answered(key: string, time: number, reply: Buffer | null): void {
    const { lookUp } = open.get(key) ?? {};
    if (!lookUp) return;
    open.delete(key);
    const answer = reply && readAnswer(reply);
    if (answer) history.learn(lookUp.client.ip, lookUp.query.name, answer.addresses, answer.ttlS);
    closeLookUp(emit, lookUp, { time, answer, bytesDown: reply?.length ?? 0, own: false });
  }

  /** False: it is no ordinary question or answer, and is searched as bytes. */
  function lookUp({ client, server, direction, payload, time }: RecordedDatagram): boolean {
    const key = `${client.ip} ${client.port} ${server.ip} ${payload.toString('hex', 0, 2)}`;
    if (direction === 'response') {
      const known = open.get(key);
      if (!known || !isReplyTo(payload, known.lookUp.query.id, known.asked, known.lookUp.query)) return false;
      answered(key, time, payload);
      return true;
    }
    const parsed = parseQuery(payload);
    if (!parsed.ok) return false;
    answered(key, time, null);
    const question: LookUp = {
      id: newId(),
      time,
      client,
      deviceId: null,
      query: parsed.query,
      bytesUp: payload.length,
    };
    openLookUp(emit, question);
    open.set(key, { lookUp: question, asked: payload });
    const [oldest] = open.keys();
    if (open.size > MAX_OPEN && oldest !== undefined) answered(oldest, time, null);
    return true;
  }

  return {
    datagram(datagram) {
      const { client, server, direction, payload, isWhole, time } = datagram;
      now = Math.max(now, time);
      flows.tick(time, now);
      if (datagram.isLookUp && lookUp(datagram)) return;
      flows.between(client, server, { up: direction === 'request', payload, whole: isWhole }, time, now);
    },
    nameOf: history.nameOf,
    close(time) {
      for (const key of [...open.keys()]) answered(key, time, null);
      flows.close(time);
    },
  };
}
