/** A time stamp by somebody else (RFC 3161): asked for over HTTP, and not believed when it is about something else. */
import { hash, randomBytes } from 'node:crypto';
import { boolean, children, decode, encode, integer, nothing, octets, oid, sequence, smallInteger } from '../ca/der.ts';
import { labError } from '../formats/refusal.ts';
import { LabError } from '../model/lab.ts';
import { type Text, text } from '../model/text.ts';

const SHA256 = '2.16.840.1.101.3.4.2.1';
const LIMIT_MS = 30_000;
const MAX_BYTES = 1 << 20;

/** TimeStampReq (RFC 3161 2.4.1) with the certificate asked for. */
export function timestampRequest(data: Uint8Array, nonce: Uint8Array): Buffer {
  const imprint = sequence(sequence(oid(SHA256), nothing()), octets(hash('sha256', data, 'buffer')));
  return encode(sequence(smallInteger(1), imprint, integer(nonce), boolean(true)));
}

/** The server's answer, as `openssl ts` takes it. @throws LabError of one line */
export async function askTimestamp(url: string, data: Uint8Array): Promise<Buffer> {
  // Positive as an integer.
  const nonce = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const refused = (why: string | Text): LabError => labError(text('timestamp.refused', { url, why }));
  let bytes: Buffer;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query' },
      body: new Uint8Array(timestampRequest(data, nonce)),
      redirect: 'error',
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    if (!answer.ok) throw refused(`HTTP ${answer.status}`);
    bytes = Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    if (error instanceof LabError) throw error;
    const { cause, message } = error as Error & { cause?: { code?: string } };
    throw refused(cause?.code ?? message);
  }
  if (bytes.length > MAX_BYTES || !isGranted(bytes)) throw refused(text('timestamp.not-granted'));
  // What it says is signed; whether that is about this list is seen without its certificate.
  if (!bytes.includes(hash('sha256', data, 'buffer')) || !bytes.includes(nonce)) throw refused(text('timestamp.other'));
  return bytes;
}

/** PKIStatus 0 or 1 (RFC 3161 2.4.2). */
function isGranted(answer: Buffer): boolean {
  try {
    const status = children(children(decode(answer))[0])[0];
    return typeof status?.value === 'string' && ['\0', '\x01'].includes(status.value);
  } catch {
    return false;
  }
}
