/**
 * The relay for a conversation that may come to TLS: passes bytes on like `join` until both sides agreed to it or
 * anything else happens, and then lets go of both streams.
 * Promise: every byte is written and shown before it is judged; the verdict comes exactly once; nothing of this relay is
 * left on the streams then, and both are paused.
 */
import type { Leg, LiveFlow } from '../model/connection.ts';
import { createStartTlsWatch } from './start-tls.ts';

/** `agreed`: the phone's next bytes begin TLS. False: an ordinary connection from here on, for `join`. */
export function relayPreamble(
  client: Leg,
  server: Leg,
  flow: LiveFlow,
  early: Buffer,
  onVerdict: (agreed: boolean) => void,
): void {
  const watch = createStartTlsWatch(early.length > 0);
  const phone = client.stream;
  const far = server.stream;
  const settle = (agreed: boolean) => {
    for (const stream of [phone, far]) {
      stream.off('end', giveUp).off('error', giveUp).off('close', giveUp);
      stream.pause();
    }
    phone.off('data', up);
    far.off('data', down);
    onVerdict(agreed);
  };
  const giveUp = () => settle(false);
  const up = (chunk: Buffer) => {
    far.write(chunk);
    flow.up(chunk);
    if (watch.up(chunk) !== 'watching') settle(false);
  };
  const down = (chunk: Buffer) => {
    phone.write(chunk);
    flow.down(chunk);
    const verdict = watch.down(chunk);
    // A side with no room has no use for TLS now: `join` waits for room, this relay does not.
    if (verdict !== 'watching') settle(verdict === 'agreed' && !phone.writableNeedDrain);
  };
  for (const stream of [phone, far]) stream.on('end', giveUp).on('error', giveUp).on('close', giveUp);
  phone.on('data', up);
  far.on('data', down);
  if (early.length > 0) watch.up(early);
  if ([phone, far].some((stream) => stream.readableEnded || stream.errored || stream.closed)) giveUp();
  else for (const stream of [phone, far]) stream.resume();
}
