/**
 * Tables that a hub hands to labs, signed as a whole with Ed25519 (RFC 8032). Promise: never throws for what it is given; what does
 * not verify is not looked into, so that nobody without the key reaches a reader of tables.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { type Text, text } from '../model/text.ts';

export interface Feed {
  /** Counts up: an older one is never taken. */
  version: number;
  /** ISO 8601. */
  made: string;
  /** By name, e.g. `owners.json`: their text. */
  files: Record<string, string>;
}

export type OpenedFeed = { ok: true; feed: Feed } | { ok: false; why: Text };

/** Brokers take a megabyte unless told otherwise. */
export const MAX_FEED_BYTES = 1_000_000;

/** @param key PEM. Throws for what is no Ed25519 key. */
export function sealFeed(feed: Feed, key: string): Uint8Array {
  const signed = JSON.stringify(feed);
  const signature = sign(null, Buffer.from(signed), createPrivateKey(key)).toString('base64');
  return Buffer.from(JSON.stringify({ signature, signed }));
}

/** @param key PEM of the public half */
export function openFeed(bytes: Uint8Array, key: string): OpenedFeed {
  if (bytes.length > MAX_FEED_BYTES) return { ok: false, why: text('feed.large', { most: MAX_FEED_BYTES }) };
  try {
    const { signature, signed } = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    if (typeof signature !== 'string' || typeof signed !== 'string') return { ok: false, why: text('feed.unsigned') };
    if (!verify(null, Buffer.from(signed), createPublicKey(key), Buffer.from(signature, 'base64')))
      return { ok: false, why: text('feed.stranger') };
    const feed = JSON.parse(signed) as Partial<Feed>;
    const isWhole =
      Number.isSafeInteger(feed.version) &&
      (feed.version ?? 0) > 0 &&
      typeof feed.made === 'string' &&
      typeof feed.files === 'object' &&
      feed.files !== null &&
      Object.values(feed.files).every((content) => typeof content === 'string');
    return isWhole ? { ok: true, feed: feed as Feed } : { ok: false, why: text('feed.shape') };
  } catch {
    return { ok: false, why: text('feed.unread') };
  }
}
