/**
 * Parses one HTTP/1 head or trailer section that is already complete (RFC 9112 2 to 5).
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

export interface RequestHead extends Fields {
  method: string;
  target: string;
  /** Minor version of HTTP/1. */
  minor: number;
}

export interface ResponseHead extends Fields {
  status: number;
  minor: number;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VERSION = /^HTTP\/1\.[0-9]$/i;
const STATUS_LINE = /^HTTP\/1\.([0-9])[ \t]+([1-9][0-9][0-9])(?:[ \t]|$)/i;
const FRAMING_WORD = /content-length|transfer-encoding/i;
const SHORTEST_FRAMING_WORD = 'content-length'.length;

/** Null when the first line is no HTTP/1 request line. */
export function parseRequestHead(text: string): RequestHead | null {
  const lineEnd = text.indexOf('\n');
  const line = trimmed(text, 0, lineEnd < 0 ? text.length : lineEnd);
  const methodEnd = nextSpace(line);
  const versionStart = lastSpace(line);
  if (methodEnd <= 0 || versionStart === methodEnd) return null;
  const version = line.slice(versionStart + 1);
  const method = line.slice(0, methodEnd);
  if (!VERSION.test(version) || !TOKEN.test(method)) return null;
  const fields = parseFields(text, lineEnd + 1);
  return {
    method,
    target: trimmed(line, methodEnd, versionStart),
    minor: version.charCodeAt(7) - 48,
    headers: fields.headers,
    suspect: fields.suspect,
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
  let suspect = false;
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
        headers.push([name, trimmed(text, colon + 1, end)]);
      }
    }
    start = end + 1;
  }
  return { headers, suspect };
}

const SP = 32;
const TAB = 9;
const CR = 13;

/** `text[from, to)` without spaces, tabs and CRs around it. */
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
