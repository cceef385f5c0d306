/**
 * Signs what a webhook gets, as Standard Webhooks 1.0 has it: HMAC-SHA256 over `id.timestamp.body`, so that a receiver knows who
 * sent it, that nobody changed it, and refuses what is replayed later. The id is the alert's: a receiver that has met it
 * before drops the copy.
 */
import { createHmac } from 'node:crypto';

/** @param secret `whsec_` and base64, or any text of at least 16 characters, whose bytes are the key */
export function signatureHeaders(given: {
  id: string;
  /** Milliseconds since the epoch. */
  now: number;
  body: string;
  secret: string;
}): Record<string, string> {
  const { id, now, body, secret } = given;
  const timestamp = String(Math.floor(now / 1000));
  const hmac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${hmac}` };
}

const PREFIX = 'whsec_';

const keyOf = (secret: string): Buffer =>
  secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
