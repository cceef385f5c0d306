/**
 * The content of a JSON string that comes in pieces, as the bytes it stands for (RFC 8259 section 7).
 * Promise: the same bytes for every cutting; no more than one escape is kept between two pieces; what is no valid escape is
 * passed on as it stands, because recordings are read for what they hold.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const U = 0x75;
/** `\ud83d\ude00`: two escapes make one character. */
const LONGEST_ESCAPE = 12;
const SHORT: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

export interface JsonText {
  /** `rest`: where in `bytes` the string had ended, behind its quote; null while it goes on. */
  push(bytes: Buffer): { text: Buffer; rest: number | null };
}

/** Starts behind the opening quote. */
export function createJsonText(): JsonText {
  let kept: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      const keptBefore = kept.length;
      const input = keptBefore === 0 ? bytes : Buffer.concat([kept, bytes]);
      // No escape is shorter than what it stands for.
      const out = Buffer.allocUnsafe(input.length);
      let length = 0;
      let at = 0;
      while (at < input.length) {
        const from = at;
        while (at < input.length && input[at] !== QUOTE && input[at] !== BACKSLASH) at++;
        length += input.copy(out, length, from, at);
        if (at === input.length) break;
        if (input[at] === QUOTE) {
          kept = Buffer.alloc(0);
          return { text: out.subarray(0, length), rest: at + 1 - keptBefore };
        }
        const escaped = escapeAt(input, at);
        if (escaped === null) break;
        if (typeof escaped.text === 'string') length += out.write(escaped.text, length, 'utf8');
        else out[length++] = escaped.text;
        at += escaped.length;
      }
      kept = Buffer.from(input.subarray(at));
      return { text: out.subarray(0, length), rest: null };
    },
  };
}

/** Null when more bytes must be there to tell. `text` as a number is a byte (Python's `surrogateescape`). */
function escapeAt(bytes: Buffer, at: number): { text: string | number; length: number } | null {
  if (bytes.length - at < 2) return null;
  if (bytes[at + 1] !== U) {
    const char = String.fromCharCode(bytes[at + 1]!);
    return { text: SHORT[char] ?? char, length: 2 };
  }
  if (bytes.length - at < 6) return null;
  const unit = unitAt(bytes, at);
  if (unit === null) return { text: 'u', length: 2 };
  const isHigh = unit >= 0xd800 && unit < 0xdc00;
  if (unit >= 0xdc80 && unit <= 0xdcff) return { text: unit & 0xff, length: 6 };
  if (!isHigh) return { text: String.fromCharCode(unit), length: 6 };
  if (bytes.length - at < LONGEST_ESCAPE && couldBeEscape(bytes, at + 6)) return null;
  const low = unitAt(bytes, at + 6);
  if (low === null || low < 0xdc00 || low > 0xdfff) return { text: '\ufffd', length: 6 };
  return { text: String.fromCharCode(unit, low), length: LONGEST_ESCAPE };
}

function unitAt(bytes: Buffer, at: number): number | null {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== U) return null;
  const digits = bytes.toString('latin1', at + 2, at + 6);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : null;
}

function couldBeEscape(bytes: Buffer, at: number): boolean {
  return (bytes[at] ?? BACKSLASH) === BACKSLASH && (bytes[at + 1] ?? U) === U;
}
