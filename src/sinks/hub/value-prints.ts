/**
 * Pseudonyms of values that nobody registered, so that a hub can compare them over units without seeing one. Promise: the same value
 * has the same print in every lab with the organisation's key; nothing of a phone that was forgotten is held here.
 */
import { createHmac } from 'node:crypto';
import type { Alert } from '../../model/alert.ts';
import { openPhoneKeys } from '../evidence/phone-keys.ts';
import { createSealer } from '../evidence/sealer.ts';
import type { HubReader } from './reader.ts';

const PRINT_DIGITS = 24;

export interface PrintOptions {
  reader: Pick<HubReader, 'sealedOf'>;
  /** Of the evidence store, and where the phones' own lie. */
  installation: Buffer;
  phoneKeys: string;
  /** The organisation's. */
  key: Buffer;
}

/** @returns null for a registered value, and for one that is not stored or cannot be opened */
export function createPrints({ reader, installation, phoneKeys, key }: PrintOptions): (alert: Alert) => string | null {
  return ({ id, device, identifier }) => {
    if (identifier === null || identifier.known) return null;
    const sealed = reader.sealedOf(id);
    if (sealed === null) return null;
    // Keys are read anew each time: none stays in this thread when a phone is forgotten.
    const sealer = createSealer(installation, openPhoneKeys(phoneKeys, installation));
    const secret = sealer.unseal(device.id, id, Buffer.from(sealed));
    return secret && printOf(key, identifier.kind, secret.value);
  };
}

/** HMAC-SHA256 (RFC 2104), cut to 96 bits. */
const printOf = (key: Buffer, kind: string, value: string): string =>
  createHmac('sha256', key).update(`value ${kind} ${value}`).digest('hex').slice(0, PRINT_DIGITS);
