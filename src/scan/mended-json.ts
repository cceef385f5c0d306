/**
 * JSON as half-finished writers leave it, mended: `NaN` and other words that are no values, commas too many, line breaks and
 * unknown escapes in texts, comments, an end in the middle.
 * Promise: linear, whatever the text; valid JSON keeps its meaning; a beginning of a JSON document becomes a document that
 * holds what was there. What cannot be mended stays broken: the parser says so.
 */

/** What may come next in the innermost open object or list. */
type Next = 'key' | 'colon' | 'value' | 'comma';

interface Level {
  close: '}' | ']';
  next: Next;
}

const WORDS: Partial<Record<string, string>> = {
  NaN: 'null',
  Infinity: 'null',
  '-Infinity': 'null',
  '+Infinity': 'null',
  undefined: 'null',
  None: 'null',
  True: 'true',
  False: 'false',
};
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const TOKEN = /[^\s,:{}[\]"]+/y;
const SHORT: Partial<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export function mendJson(text: string): string {
  const out: string[] = [];
  const levels: Level[] = [];
  let at = 0;

  /** A comma is written with what follows it, so that none is left over. */
  const put = (piece: string): void => {
    const level = levels.at(-1);
    if (level?.next === 'comma') {
      out.push(',');
      level.next = level.close === '}' ? 'key' : 'value';
    }
    out.push(piece);
  };
  const done = (): void => {
    const level = levels.at(-1);
    if (level) level.next = level.next === 'key' ? 'colon' : 'comma';
  };
  const close = (): void => {
    const level = levels.pop();
    if (!level) return;
    if (level.next === 'colon') out.push(':null');
    else if (level.close === '}' && level.next === 'value') out.push('null');
    out.push(level.close);
    done();
  };

  while (at < text.length) {
    const character = text[at]!;
    const level = levels.at(-1);
    if (character === '"') {
      const end = endOfText(text, at + 1);
      put(`"${mendText(text.slice(at + 1, end))}"`);
      done();
      at = end + 1;
    } else if (character === '{' || character === '[') {
      put(character);
      levels.push(character === '{' ? { close: '}', next: 'key' } : { close: ']', next: 'value' });
      at++;
    } else if (character === '}' || character === ']') {
      if (level?.close !== character) return text;
      close();
      at++;
    } else if (character === ':') {
      if (level?.next !== 'colon') return text;
      out.push(':');
      level.next = 'value';
      at++;
    } else if (character === ',' || character.trim() === '') at++;
    else if (character === '/' && (text[at + 1] === '/' || text[at + 1] === '*')) at = endOfComment(text, at);
    else {
      TOKEN.lastIndex = at;
      const [token = character] = TOKEN.exec(text) ?? [];
      put(SCALAR.test(token) && level?.next !== 'key' ? token : (WORDS[token] ?? JSON.stringify(token)));
      done();
      at += token.length;
    }
  }
  while (levels.length > 0) close();
  return out.join('');
}

/** Place of the quote that ends it, or the text's end. */
function endOfText(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = at;
    while (backslashes > from && text[backslashes - 1] === '\\') backslashes--;
    if ((at - backslashes) % 2 === 0) return at;
  }
  return text.length;
}

function mendText(body: string): string {
  return body
    .replace(/\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?/g, (whole, known?: string) => (known === undefined ? '\\\\' : whole))
    .replace(/\p{Cc}/gu, (control) =>
      control > '\u001f' ? control : (SHORT[control] ?? `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`),
    );
}

function endOfComment(text: string, at: number): number {
  const end = text[at + 1] === '/' ? text.indexOf('\n', at) : text.indexOf('*/', at + 2);
  return end < 0 ? text.length : end + (text[at + 1] === '/' ? 1 : 2);
}
