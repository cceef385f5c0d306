/**
 * Does a value look like an id, and what is it called: by its characters alone.
 * Promise: linear time. Words, versions, build names, dates, times, addresses and sizes are none, because phones of one
 * model differ in settings as well, and a setting is no identifier.
 */

/** What stands for a time: seconds from 2001 to 2033, milli-, micro- and nanoseconds of the same. */
const TIME = /^1\d{9}(?:\.\d+|(?:\d{3}){0,3})$/;
const DATE =
  /^(?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])(?:$|[T_-]?[0-2]\d:?[0-5]\d(?::?[0-5]\d)?(?:\d{3})?(?:$|\D))/;
const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?$|^\[?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}\]?(?::\d+)?$/i;
const UUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i;
const MAC = /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;
/** `7.32.1`, `v2.0-rc1`, `TD1A.220804.031`, `okhttp/4.9.2`. */
const VERSION = /(?:^|[^0-9a-z])v?\d+\.\d+(?:\.|$|[^0-9])|^[A-Z0-9]{4}\.\d{6}\.\d{3}/i;
/** Storage is counted in blocks. */
const BLOCK = 4096n;

/** e.g. `UUID`, `40 hex digits`; null for what is no id. */
export function shapeOf(text: string): string | null {
  if (UUID.test(text)) return 'UUID';
  if (MAC.test(text)) return 'MAC address';
  if (DATE.test(text) || ADDRESS.test(text)) return null;
  if (/^[0-9a-f]{12,}$/i.test(text) && !/^\d+$/.test(text)) return isHexId(text) ? `${text.length} hex digits` : null;
  if (/^\d+$/.test(text)) return isNumberId(text) ? `${text.length} digits` : null;
  if (isVersion(text)) return null;
  const parts = text.split(/[^0-9A-Za-z]+/);
  return parts.some(isId) || isCutId(text, parts) ? `${text.length} characters` : null;
}

function isVersion(text: string): boolean {
  return text.length < 64 && VERSION.test(text);
}

/** A part without separators. */
function isId(part: string): boolean {
  if (part.length < 10) return false;
  if (/^\d+$/.test(part)) return isNumberId(part);
  if (part.length >= 12 && /^[0-9a-f]+$/i.test(part) && isHexId(part)) return true;
  const { turns, digits, isMixed } = measure(part);
  // Random letters of both cases and digits change class at 62 % of their places, camelCase words below 35 %.
  if (isMixed && part.length >= 12)
    return turns >= 0.4 * (part.length - 1) || (digits >= 2 && turns >= 0.36 * (part.length - 1));
  return !isMixed && digits >= 3 && turns >= 3;
}

/** Base64 with its two separators in unlucky places. */
function isCutId(text: string, parts: readonly string[]): boolean {
  if (text.length < 16 || parts.length > 5 || !/^[\w+/-]+={0,2}$/.test(text)) return false;
  let turns = 0;
  let digits = 0;
  let places = 0;
  let isMixed = false;
  for (const part of parts) {
    const own = measure(part);
    turns += own.turns;
    digits += own.digits;
    places += Math.max(0, part.length - 1);
    isMixed ||= own.isMixed;
  }
  return isMixed && digits > 0 && places >= 10 && turns >= 0.42 * places;
}

function isHexId(text: string): boolean {
  const { turns, digits } = measure(text);
  return digits > 0 && (text.length >= 16 || turns >= 3) && new Set(text).size >= 5;
}

/** Twelve digits and more that are neither a time nor a number of blocks. */
function isNumberId(text: string): boolean {
  return text.length >= 12 && !TIME.test(text) && new Set(text).size >= 4 && BigInt(text.slice(0, 40)) % BLOCK !== 0n;
}

/** Changes between upper case, lower case and digits. */
function measure(text: string): { turns: number; digits: number; isMixed: boolean } {
  let turns = 0;
  let digits = 0;
  let classes = 0;
  let before = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 0x3a ? 1 : code < 0x5b ? 2 : 4;
    if (kind === 1) digits++;
    if (i > 0 && kind !== before) turns++;
    before = kind;
    classes |= kind;
  }
  return { turns, digits, isMixed: (classes & 6) === 6 };
}

/** Names of what lives as long as a session: the same for a while, and no identifier of a phone for that. */
const PASSING =
  /auth|token|sess|(?:^|[_.:-])sid\b|jwt|csrf|xsrf|nonce|ticket|trace|span|request_?id|correlation|transaction|sign|(?:^|[_.:-])sig\b|^code$|^state$|cursor|etag|match|challenge|cache|boundary|websocket-key/i;

/** True for a name that promises nothing beyond this session. */
export function isPassingName(key: string | null): boolean {
  return key !== null && PASSING.test(key);
}
