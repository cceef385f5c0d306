/**
 * Bytes that a recorder put into a JSON string, turned back into bytes. Recorders of text lose nothing as UTF-8; those that
 * meet binary bodies write base64, one character per byte (Latin-1, Windows-1252), or lone surrogates (Python's
 * `surrogateescape`).
 * Promise: never throws; text that a person wrote stays what it was; what cannot be turned back is named.
 */
import { isUtf8 } from 'node:buffer';

export interface RecordedBytes {
  bytes: Buffer;
  /** Characters stood for bytes: the body is as it was on the wire, not as a decoder left it. */
  isBinary: boolean;
  /** Bytes that the recorder replaced by U+FFFD. */
  isDamaged: boolean;
}

/** @param namesBytes the content type is one of bytes, not of text. */
export function bytesOfText(text: string, encoding: unknown, namesBytes: boolean): RecordedBytes {
  const declared =
    typeof encoding === 'string' ? ENCODINGS[encoding.toLowerCase().replace(/[^a-z0-9]/g, '')] : undefined;
  if (declared !== undefined) return { bytes: Buffer.from(text, declared), isBinary: true, isDamaged: false };
  switch (formOf(text, namesBytes)) {
    case 'bytes':
      return { bytes: Buffer.from(asLatin1(text), 'latin1'), isBinary: true, isDamaged: false };
    case 'surrogates':
      return { bytes: bytesOfSurrogates(text), isBinary: true, isDamaged: false };
    case 'text':
      return { bytes: Buffer.from(text, 'utf8'), isBinary: false, isDamaged: text.includes('\ufffd') };
  }
}

const ENCODINGS: Partial<Record<string, 'base64' | 'hex' | 'latin1'>> = {
  base64: 'base64',
  base64url: 'base64',
  hex: 'hex',
  binary: 'latin1',
  latin1: 'latin1',
  iso88591: 'latin1',
};

/** How the characters of a text stand for bytes, judged by all of it, or by its beginning. */
export function formOf(text: string, namesBytes: boolean): 'text' | 'bytes' | 'surrogates' {
  if (ESCAPED_BYTE.test(text)) return 'surrogates';
  if (!/[^\0-\x7f]/.test(text)) return 'text';
  if (!NOT_LATIN1.test(text)) {
    if (namesBytes || CONTROL.test(text) || MAGIC.some((magic) => text.startsWith(magic))) return 'bytes';
    // UTF-8 that was read as Latin-1: no text is by chance the one and the other.
    return isUtf8(Buffer.from(text, 'latin1')) ? 'bytes' : 'text';
  }
  const bytes = asLatin1(text);
  if (NOT_LATIN1.test(bytes)) return 'text';
  return isUtf8(Buffer.from(bytes, 'latin1')) || MAGIC.some((magic) => bytes.startsWith(magic)) ? 'bytes' : 'text';
}

/** U+DC80 to U+DCFF without the high half before it. */
const ESCAPED_BYTE = /(?<![\ud800-\udbff])[\udc80-\udcff]/;
const NOT_LATIN1 = /[^\0-\xff]/;
/** The upper controls of ISO 8859: no text has them, and of random bytes every eighth is one. */
const CONTROL = /[\x80-\x9f]/;
/** gzip, zstd, JPEG, PNG, zip. */
const MAGIC = ['\u001f\u008b', '\u0028\u00b5\u002f\u00fd', '\u00ff\u00d8\u00ff', '\u0089PNG', 'PK\u0003\u0004'];

/** What Windows-1252 has between 0x80 and 0x9f. */
const WINDOWS = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function asLatin1(text: string): string {
  if (!NOT_LATIN1.test(text)) return text;
  return text.replace(/[^\0-\xff]/g, (character) => {
    const at = WINDOWS.indexOf(character);
    return at < 0 ? character : String.fromCharCode(0x80 + at);
  });
}

function bytesOfSurrogates(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const piece of text.split(/((?<![\ud800-\udbff])[\udc80-\udcff]+)/)) {
    const first = piece.charCodeAt(0);
    const isBytes = first >= 0xdc80 && first <= 0xdcff;
    parts.push(
      isBytes ? Buffer.from(Array.from(piece, (unit) => unit.charCodeAt(0) & 0xff)) : Buffer.from(piece, 'utf8'),
    );
  }
  return Buffer.concat(parts);
}
