/**
 * What phones tried and were refused, QUIC and encrypted DNS, and what they sent past the relay: counted by the kernel per
 * phone and destination in the dynamic sets of its rules. Tells what is new since the reading before.
 * Promise: pure; a counter that began anew (an entry timed out, the rules were reloaded) counts from zero, never negative.
 */
import type { EmitFlowEvent, Flow } from '../../model/flow.ts';
import type { RefusedAttempts } from '../../model/gateway.ts';
import { text } from '../../model/text.ts';
import { lookedUp } from '../looked-up.ts';

/** What was counted since the call before; the first call tells what is not in `before`. */
export function createDifference<Count extends { packets: number; bytes: number }>(
  keyOf: (count: Count) => string,
  initial: readonly Count[] = [],
): (counts: readonly Count[]) => Count[] {
  const tableOf = (counts: readonly Count[]) => new Map(counts.map((count) => [keyOf(count), count]));
  let before = tableOf(initial);
  return (counts) => {
    const now = tableOf(counts);
    const fresh: Count[] = [];
    for (const [key, count] of now) {
      const known = before.get(key);
      const since = known !== undefined && known.packets <= count.packets ? known : { packets: 0, bytes: 0 };
      if (count.packets > since.packets)
        fresh.push({ ...count, packets: count.packets - since.packets, bytes: Math.max(0, count.bytes - since.bytes) });
    }
    before = now;
    return fresh;
  };
}

/** A refused attempt as a flow that never got anywhere: nothing of it reached the destination, so it counts no bytes. */
export function tellRefused(
  emit: EmitFlowEvent,
  count: RefusedAttempts,
  about: { id: string; time: number; deviceId: string | null; host: string | null },
): void {
  const { id, time, deviceId } = about;
  const flow: Flow = {
    id,
    openedAt: time,
    engine: 'gateway',
    protocol: count.what,
    client: { ip: count.client, port: 0 },
    deviceId,
    arrival: 'transparent',
    treatment: 'refuse',
    treatmentReason: text(`treated.${count.what}`),
    destination: lookedUp(about.host, count.destination, count.port),
    encrypted: true,
    intercepted: false,
    hello: null,
    simulated: false,
  };
  emit({ type: 'flow-opened', flow, time });
  const detail = text('ended.refused-packets', { count: count.packets, bytes: count.bytes });
  emit({ type: 'flow-closed', flowId: id, time, reason: 'refused-by-policy', detail, bytesUp: 0, bytesDown: 0 });
}
