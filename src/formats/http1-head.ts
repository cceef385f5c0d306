/**
 * HTTP/1 heads and trailer sections (RFC 9112 2 to 5): where one ends, and what stands in it. The door, the forwarder and
 * the reader all ask here, so that none of them sees another message than the others.
 * Promise: nothing the phone wrote is dropped but white space, the version and the reason phrase. A line that is no
 * field is kept as a field with an empty value; odd spaces, bare LF and obs-fold are accepted; every field that frames
 * the body but is not written plainly makes `suspect` true, so that no one guesses where the body ends.
 * All scans are linear in the head's length.
 */

export interface Fields {
  headers: [string, string][];
  /** A line that is no proper field speaks of content-length or transfer-encoding. */
  suspect: boolean;
}

/** One head, or one trailer section, bytes. Servers take 8 to 64 KB; sloppy SDKs send big cookies. */
export const MAX_SECTION_BYTES = 256 * 1024;

export interface RequestLine {
  method: string;
  target: string;
  /** As written. */
  version: string;
  /** Minor version of HTTP/1. */
  minor: number;
}

export interface RequestHead extends RequestLine, Fields {}

export interface ResponseHead extends Fields {
  status: number;
  minor: number;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VERSION = /^HTTP\/1\.[0-9]$/i;
const STATUS_LINE = /^HTTP\/1\.([0-9])[ \t]+([1-9][0-9][0-9])(?:[ \t]|$)/i;
const FRAMING_WORD = /content-length|transfer-encoding/i;
const SHORTEST_FRAMING_WORD = 'content-length'.length;
/** Some servers take a CR alone for the end of a line. */
const BEHIND_CR = /\r[^\r\n]*(?:content-length|transfer-encoding)/i;
/** In a line without its LF: any CR but the last byte. */
const BARE_CR = /\r(?!$)/;

/** Looks for the empty line that ends a section, in the pieces it comes in: LF, any CRs, LF. */
export class SectionEnd {
  /** Only CRs since the last LF. */
  #empty: boolean;

  /** `empty`: the section may be over with its first line, as trailers may. */
  constructor(empty: boolean) {
    this.#empty = empty;
  }

  /** For another section. */
  reset(empty: boolean): void {
    this.#empty = empty;
  }

  /** Offset after the section's end in `bytes[from, to)`, or -1. */
  find(bytes: Buffer, from: number, to: number): number {
    let at = from;
    if (!this.#empty) at = afterLf(bytes, at, to);
    while (at >= 0) {
      while (at < to && bytes[at] === CR) at += 1;
      this.#empty = at === to;
      if (at === to) return -1;
      if (bytes[at] === LF) return at + 1;
      at = afterLf(bytes, at, to);
    }
    return -1;
  }
}

/** Lines are rarely longer; up to here looking at each byte is cheaper than a call. */
const NEAR = 160;

/** Offset after the next LF before `to`, or -1. */
function afterLf(bytes: Buffer, from: number, to: number): number {
  const near = Math.min(to, from + NEAR);
  for (let at = from; at < near; at++) if (bytes[at] === LF) return at + 1;
  if (near === to) return -1;
  const lf = bytes.indexOf(LF, from);
  return lf < 0 || lf >= to ? -1 : lf + 1;
}

/** Empty lines before a request line are to be ignored (RFC 9112 2.2); old clients send one after a POST. Offset after them. */
export function skipEmptyLines(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] === CR || bytes[at] === LF)) at += 1;
  return at;
}

/** Null when the first line is no HTTP/1 request line. */
export function parseRequestHead(text: string): RequestHead | null {
  const lineEnd = text.indexOf('\n');
  const line = parseRequestLine(lineEnd < 0 ? text : text.slice(0, lineEnd));
  if (line === null) return null;
  const { method, target, version, minor } = line;
  const { headers, suspect } = parseFields(text, lineEnd + 1);
  return { method, target, version, minor, headers, suspect };
}

/** Null when it is no HTTP/1 request line. Between the first and the last blank everything is the target. */
export function parseRequestLine(text: string): RequestLine | null {
  const line = trimmed(text, 0, text.length);
  const methodEnd = nextSpace(line);
  const versionStart = lastSpace(line);
  if (methodEnd <= 0 || versionStart === methodEnd) return null;
  const version = line.slice(versionStart + 1);
  const method = line.slice(0, methodEnd);
  if (!VERSION.test(version) || !TOKEN.test(method)) return null;
  return {
    method,
    target: trimBlanks(line.slice(methodEnd, versionStart)),
    version,
    minor: version.charCodeAt(7) - 48,
  };
}

/** Null when the first line is no HTTP/1 status line. A missing reason phrase is fine. */
export function parseResponseHead(text: string): ResponseHead | null {
  const lineEnd = text.indexOf('\n');
  const match = STATUS_LINE.exec(trimmed(text, 0, lineEnd < 0 ? text.length : lineEnd));
  if (!match) return null;
  const fields = parseFields(text, lineEnd + 1);
  return {
    status: Number(match[2]),
    minor: Number(match[1]),
    headers: fields.headers,
    suspect: fields.suspect,
  };
}

/** Field lines from `from` to the end of `text`; empty lines are skipped. */
export function parseFields(text: string, from: number): Fields {
  const headers: [string, string][] = [];
  let suspect = BEHIND_CR.test(text);
  let colon = text.indexOf(':', from);
  for (let start = from; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const first = text.charCodeAt(start);
    if (first === SP || first === TAB) {
      const folded = trimmed(text, start, end);
      const previous = headers.at(-1);
      // RFC 9112 5.2: an obs-fold stands for a space. Folding the first line is a smuggling shape (2.2).
      if (previous) previous[1] = previous[1] === '' ? folded : `${previous[1]} ${folded}`;
      else if (folded !== '') headers.push([folded, '']);
      if (!previous && FRAMING_WORD.test(folded)) suspect = true;
      if (previous && FRAMING_WORD.test(previous[0])) suspect = true;
    } else {
      // Searched again only once passed: lines without a colon must not cost a scan of the whole head each.
      if (colon >= 0 && colon < start) colon = text.indexOf(':', start);
      if (colon < 0 || colon >= end) {
        const line = trimmed(text, start, end);
        if (line !== '') headers.push([line, '']);
        if (FRAMING_WORD.test(line)) suspect = true;
      } else {
        const name = trimmed(text, start, colon);
        const plain = name.length < SHORTEST_FRAMING_WORD || (colon - start === name.length && TOKEN.test(name));
        if (!plain && FRAMING_WORD.test(name)) suspect = true;
        if ((name.length === 14 || name.length === 17) && FRAMING_WORD.test(name) && isOddlyEnded(text, start, end))
          suspect = true;
        headers.push([name, trimmed(text, colon + 1, end)]);
      }
    }
    start = end + 1;
  }
  return { headers, suspect };
}

/**
 * The line `text[start, end)` ends with CR LF but begins behind a mere LF, or holds a CR: to some servers it is a part of
 * the line before, or two lines.
 */
function isOddlyEnded(text: string, start: number, end: number): boolean {
  const isMixed = start > 1 && text.charCodeAt(start - 2) !== CR && text.charCodeAt(end - 1) === CR;
  return isMixed || BARE_CR.test(text.slice(start, end));
}

const SP = 32;
const TAB = 9;
const CR = 13;
const LF = 10;

/** Without HTTP's own blanks around it (RFC 9110 5.6.3), and nothing else: to `trim()` VT, FF and 0xA0 are blanks too. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** The members of a comma-separated field, lower case; empty ones are left out. */
export function listOf(value: string): string[] {
  return value
    .split(',')
    .map((item) => trimBlanks(item).toLowerCase())
    .filter((item) => item !== '');
}

/** A request that names a protocol may turn the connection into something else, by 101 as its answer. */
export function asksUpgrade(headers: readonly [string, string][]): boolean {
  for (const [name, value] of headers)
    if (name.length === 7 && value !== '' && name.toLowerCase() === 'upgrade') return true;
  return false;
}

function isSpace(code: number): boolean {
  return code === SP || code === TAB;
}

/** `text[from, to)` without spaces and tabs around it, and without the CRs of its line end. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SP || code === TAB || code === CR;
}

function nextSpace(line: string): number {
  const space = line.indexOf(' ');
  const tab = line.indexOf('\t');
  if (space < 0 || tab < 0) return Math.max(space, tab);
  return Math.min(space, tab);
}

function lastSpace(line: string): number {
  return Math.max(line.lastIndexOf(' '), line.lastIndexOf('\t'));
}
