/**
 * Some content events of one flow as one sealed piece: AES-256-GCM under the key of the phone, a fresh random nonce each time, flow
 * and number as additional data, so that no piece can stand in the place of another.
 * Layout: 12 bytes nonce, 16 bytes tag, ciphertext of: 4 bytes length of the JSON, the events as JSON, their bytes one after the other.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { ContentEvent } from '../../model/content.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** An event whose bytes may lie in several buffers. */
export interface HeldEvent {
  event: ContentEvent;
  bytes: Buffer[];
  length: number;
}

interface Place {
  flowId: string;
  number: number;
}

const placeOf = ({ flowId, number }: Place): Buffer => Buffer.from(`content ${flowId} ${number}`);

export function sealPiece(key: Buffer, place: Place, held: readonly HeldEvent[]): Buffer {
  const events = held.map(({ event, length }) => ({
    ...event,
    flowId: undefined,
    ...('bytes' in event && event.type !== 'not-kept' ? { bytes: length } : {}),
  }));
  const json = Buffer.from(JSON.stringify(events));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(json.length);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(placeOf(place));
  const sealed = [size, json, ...held.flatMap(({ bytes }) => bytes)].map((part) => cipher.update(part));
  cipher.final();
  return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]);
}

/** Null when the key does not fit or the piece was changed. */
export function openPiece(key: Buffer, place: Place, sealed: Uint8Array): ContentEvent[] | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
      .setAAD(placeOf(place))
      .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const plain = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return eventsIn(plain, place.flowId);
  } catch {
    return null;
  }
}

function eventsIn(plain: Buffer, flowId: string): ContentEvent[] {
  const end = 4 + plain.readUInt32BE(0);
  const events = JSON.parse(plain.toString('utf8', 4, end)) as (ContentEvent & { bytes?: number })[];
  let at = end;
  return events.map((event) => {
    if (event.type === 'not-kept' || typeof event.bytes !== 'number') return { ...event, flowId } as ContentEvent;
    const bytes = plain.subarray(at, at + event.bytes);
    at += event.bytes;
    return { ...event, flowId, bytes } as ContentEvent;
  });
}
