/**
 * The parts of a request head that hold values: segments of the path, parameters of the query, cookies, credentials.
 * Promise: nothing but separators is left out; linear in the length of the text. Whoever hears of the parts says whether to
 * go on.
 */
import { decodePercent } from './form.ts';

/** Segments of the path that are not empty, as written, each with the one before it. */
export function eachSegment(
  target: string,
  found: (index: number, segment: string, previous: string | null) => boolean,
): void {
  const question = target.indexOf('?');
  const end = question < 0 ? target.length : question;
  let at = originOf(target).length;
  let previous: string | null = null;
  for (let index = 0; at <= end; index++) {
    const slash = target.indexOf('/', at);
    const stop = slash < 0 || slash > end ? end : slash;
    if (stop > at) {
      const segment = target.slice(at, stop);
      if (!found(index, segment, previous)) return;
      previous = segment;
    }
    at = stop + 1;
  }
}

/** Scheme, login and host of a target in absolute form, else empty. */
export function originOf(target: string): string {
  return target.charCodeAt(0) === SLASH ? '' : (ORIGIN.exec(target)?.[0] ?? '');
}

const SLASH = 0x2f;
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i;

/**
 * Parameters of the query: names decoded, values as written. `+` stays: careless senders put raw base64 there, and
 * spellings with spaces are searched with `+` as well.
 */
export function eachParameter(target: string, found: (name: string | null, value: string) => boolean): void {
  let equals = 0;
  for (let at = target.indexOf('?') + 1; at > 0 && at <= target.length; ) {
    const and = target.indexOf('&', at);
    const stop = and < 0 ? target.length : and;
    // Searched again only once passed: parameters without a value must not cost a scan of the whole query each.
    if (equals >= 0 && equals < at) equals = target.indexOf('=', at);
    const isNamed = equals >= 0 && equals < stop;
    const name = isNamed ? nameOf(target.slice(at, equals)) : null;
    if (!found(name, target.slice(isNamed ? equals + 1 : at, stop))) return;
    at = stop + 1;
  }
}

function nameOf(text: string): string {
  return isPlain(text) ? text : bytesOf(text).toString('utf8');
}

/** Without escapes. Latin-1 beyond ASCII counts as bytes of UTF-8. */
export function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === PERCENT || code >= 0x80) return false;
  }
  return true;
}

const PERCENT = 0x25;

/** Escapes undone. */
export function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return text.includes('%') ? decodePercent(bytes) : bytes;
}

/** RFC 6265 4.2. */
export function eachCookie(cookies: string, found: (name: string | null, value: string) => boolean): void {
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=');
    const name = (equals < 0 ? '' : pair.slice(0, equals)).trim();
    if (!found(name === '' ? null : name, pair.slice(equals + 1).trim())) return;
  }
}

const BASIC = /^basic /i;

/** Of an Authorization field. */
export function isBasic(value: string): boolean {
  return BASIC.test(value);
}

/** RFC 7617: always base64, however short. */
export function credentialsOf(value: string): Buffer {
  return Buffer.from(value.slice('basic '.length).trim(), 'base64');
}
