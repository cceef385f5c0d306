/** Texts in which every character is written as an escape: entities, those of programming languages, `%u0034`, quoted-printable. */
import { decodeQuoted } from '../anchors/escapes.ts';
import type { Opened } from './opened-text.ts';

const ENTITY = /&(?:amp;)?(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(quot|amp|lt|gt|apos|nbsp));/gi;
const NAMED: Record<string, string> = { quot: '"', amp: '&', lt: '<', gt: '>', apos: "'", nbsp: ' ' };
/**
 * Of JavaScript (ECMA-262 12.9.4, and its annex B.2.1 for `%u`), Rust and Swift (`\\u{34}`), Python (`\\U00000034`), Perl (`\\x{34}`,
 * `\\o{64}`), C (`\\64`), style sheets (`\\34 `, `\\000034`); written into a string, the backslash is there twice.
 */
const BACKSLASH =
  /\\{1,2}(?:[ux]\{([0-9a-f]{1,6})\}|U([0-9a-f]{8})|u([0-9a-f]{4})|x([0-9a-f]{2})|o\{([0-7]{1,3})\}|(0{2,4}[0-9a-f]{2} ?)(?![0-9a-f])|([0-9a-f]{2} )|([0-3]?[0-7]{2})(?![0-7])|(["'\\/]))/gi;
const PERCENT_U = /%(?:u([0-9a-f]{4})|([0-9a-f]{2}))/gi;

/** Null when it does not begin with an escape. */
export function withoutEscapes(text: string): Opened | null {
  if (/^[\s\S]{0,15}&(?:#|quot;|amp;#)/i.test(text))
    return read(
      'entities',
      text,
      ENTITY,
      (_, dec, hex, name) => codePoint(dec, hex) ?? NAMED[String(name).toLowerCase()]!,
    );
  if (/^b?["']?\\{1,2}[uxo0-7]/i.test(text))
    return read('string escapes', text, BACKSLASH, (_, brace, long, u, x, octal, padded, css, short, own) => {
      const eight = octal ?? short;
      if (eight !== undefined) return String.fromCharCode(Number.parseInt(eight, 8));
      return codePoint(undefined, brace ?? long ?? u ?? x ?? padded ?? css) ?? String(own);
    });
  if (/^%u[0-9a-f]{4}/i.test(text)) return read('percent', text, PERCENT_U, (_, u, x) => codePoint(undefined, u ?? x)!);
  if (/^(?:=[0-9A-F]{2}){4}/.test(text))
    return { name: 'quoted-printable', bytes: decodeQuoted(Buffer.from(text, 'latin1')) };
  return null;
}

function codePoint(decimal: string | undefined, hex: string | undefined): string | null {
  const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : -1;
  return code < 0 ? null : code > 0x10ffff ? '' : String.fromCodePoint(code);
}

function read(
  name: string,
  text: string,
  escapes: RegExp,
  meaning: (...found: (string | undefined)[]) => string,
): Opened | null {
  const plain = Buffer.from(text, 'latin1')
    .toString('utf8')
    .replace(escapes, meaning as (found: string) => string);
  return { name, bytes: Buffer.from(plain) };
}
