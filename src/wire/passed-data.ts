/**
 * Whether a phone said anything under TLS that the lab passes through: told by the records' types and lengths alone
 * (RFC 8446 5.1, RFC 5246 6.2.1). Sans-I/O, over a copy of the phone's bytes.
 * Promise: told exactly once, when the app's first data goes by or at the end; holds five bytes; never throws.
 */
import type { LiveFlow } from '../model/connection.ts';

const APPLICATION_DATA = 23;
/** An alert of two bytes, its type and the tag of TLS 1.3's suites: a goodbye, no data. */
const ALERT_LENGTH = 19;

/** The same flow, which tells whether the phone spoke. */
export function watchForData(flow: LiveFlow, early: Buffer, tell: (spoke: boolean) => void): LiveFlow {
  const header = Buffer.alloc(5);
  let have = 0;
  let left = 0;
  let sealed = 0;
  let isTls13 = false;
  let told = false;
  const once = (spoke: boolean) => {
    if (told) return;
    told = true;
    tell(spoke);
  };
  const record = (type: number, length: number) => {
    if (type !== APPLICATION_DATA) return;
    sealed++;
    // In TLS 1.3 the first sealed record is the end of the handshake.
    if (!isTls13 || (sealed > 1 && length !== ALERT_LENGTH)) once(true);
  };
  const feed = (chunk: Buffer) => {
    let at = 0;
    while (!told && at < chunk.length) {
      if (left > 0) {
        const skipped = Math.min(left, chunk.length - at);
        left -= skipped;
        at += skipped;
        continue;
      }
      header[have++] = chunk[at++]!;
      if (have < 5) continue;
      have = 0;
      left = header.readUInt16BE(3);
      record(header[0]!, left);
    }
  };
  feed(early);
  return {
    ...flow,
    up(chunk) {
      flow.up(chunk);
      feed(chunk);
    },
    emit(event) {
      if (event.type === 'tls-established') isTls13 = event.version === 'TLSv1.3';
      flow.emit(event);
    },
    close(reason, detail) {
      once(false);
      flow.close(reason, detail);
    },
  };
}
