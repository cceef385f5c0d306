/** What can leave a phone: the closed list of kinds, and the shape of one finding. */
import type { Direction } from './flow.ts';

export const KINDS = [
  'imei',
  'imsi',
  'iccid',
  'phone_number',
  'serial',
  'wifi_mac',
  'bluetooth_mac',
  'android_id',
  'advertising_id',
  'vendor_id',
  'email',
  'location',
  'cell',
  'ssid',
  'bssid',
  'contact',
  'message',
  'call_log',
  'photo',
  'installed_apps',
  'browsing',
  'device_name',
  'clipboard',
  'local_ip',
  'opaque',
] as const;
export type Kind = (typeof KINDS)[number];

export type Confidence = 'certain' | 'likely' | 'possible';

export type Where = 'path' | 'query' | 'header' | 'cookie' | 'body' | 'message' | 'dns' | 'sni' | 'raw';

export interface Identifier {
  kind: Kind;
  /** Never more than the first 6 and last 2 characters of the value. */
  masked: string;
  /** True when it is a registered value of this phone. */
  known: boolean;
  confidence: Confidence;
  /** One sentence: how the lab knows. Never contains the value. */
  reasoning: string;
}

export interface Evidence {
  flow: string;
  direction: Direction;
  where: Where;
  /** Locator: `$.a[0].b`, `header:X-Imei`, `part:photo`, `field 3.1`, `[2]` for the third path segment; null when none. */
  path: string | null;
  /** Layers opened to see it, outermost first, e.g. `["gzip","json:$.data[0].id","base64"]`. */
  decoding: string[];
  /** e.g. `sha1[:16 base64url]`; null when the value itself was seen. */
  hash: string | null;
  /** Byte offset in the innermost readable bytes. */
  offset: number;
}

/** One identifier seen in one place. Holds the secret itself: it never leaves the process unencrypted. */
export interface Finding {
  identifier: Identifier;
  evidence: Evidence;
  exchange: number;
  /** The value as a person would write it, e.g. `490154203237518`. Secret. */
  value: string;
  /** The text that stood there, still encoded, at most 256 characters. Secret. */
  seen: string;
  /** Bytes around the finding in the innermost readable layer, at most 512. Secret. */
  window: Buffer;
  /** What earlier requests add to the reasoning, one sentence without the value; told once per alert. */
  remark?: string;
}

/**
 * A short value of a request as it stands in a readable layer, whatever it means: what phones and runs are compared by.
 * Secret: only for as long as the call.
 */
export interface Token {
  flow: string;
  exchange: number;
  where: Where;
  /** As in `Evidence`. */
  path: string | null;
  /** Nearest name; of a path segment the one before it. */
  key: string | null;
  decoding: readonly string[];
  /** 8 to 256 characters without blanks. */
  text: string;
}

export type InspectEvent =
  | { type: 'finding'; finding: Finding }
  | {
      /** Part of this exchange was not looked into: said once per reason, never silent. */
      type: 'partially-scanned';
      flowId: string;
      exchange: number;
      reason: string;
    };

/**
 * `first 6 … last 2`, and less of short values: at most half of a value (rounded up) is ever shown.
 * Email and other texts are masked alike.
 */
export function mask(value: string): string {
  const chars = [...value];
  if (chars.length < 4) return '*'.repeat(chars.length);
  const shown = Math.min(8, Math.ceil(chars.length / 2));
  const tail = Math.min(2, Math.floor(shown / 4));
  const head = shown - tail;
  return `${chars.slice(0, head).join('')}${'*'.repeat(chars.length - shown)}${tail ? chars.slice(-tail).join('') : ''}`;
}
