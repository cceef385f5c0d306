/**
 * An AES key as the operator writes it down (docs/decoders.md): YAML or JSON with key, mode, iv, padding.
 * Promise: reasons name the field and what it takes, never its value.
 */
import { say } from '../../formats/say.ts';
import { type Problem, readValues } from '../../formats/yaml-document.ts';
import { type Text, text } from '../../model/text.ts';
import { AES_MODES, AES_PADDINGS, type AesOptions } from './aes.ts';

export type AesFile = { ok: true; name: string | null; options: AesOptions } | { ok: false; why: Text };

const FIELDS = new Set(['cipher', 'name', 'key', 'mode', 'iv', 'ivBytes', 'padding', 'tagBytes']);
const NAME = /^[a-z0-9][a-z0-9_.-]{0,31}$/i;
const KEY_BYTES = [16, 24, 32];
const BLOCK = 16;

export function readAesKey(content: string): AesFile {
  // Every scalar stays text: `key: 00112233…` is a number to YAML.
  const read = readValues(content, 'text');
  if (!read.ok) return { ok: false, why: unread(read.problem) };
  const given = read.value;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { ok: false, why: text('aes.no-fields') };
  try {
    return optionsOf(given as Record<string, unknown>);
  } catch (error) {
    if (error instanceof FieldError) return { ok: false, why: error.why };
    throw error;
  }
}

class FieldError extends Error {
  readonly why: Text;

  constructor(why: Text) {
    super(say(why));
    this.why = why;
  }
}

const unread = ({ line, problem, text: why }: Problem): Text => text('aes.unread', { line, problem: why ?? problem });

function optionsOf(given: Record<string, unknown>): AesFile {
  const stray = Object.keys(given).find((field) => !FIELDS.has(field));
  if (stray !== undefined)
    throw new FieldError(text('aes.stray', { field: stray.slice(0, 32), known: [...FIELDS].join(', ') }));
  const written = (field: string): string | null => {
    const value = given[field];
    if (value === undefined) return null;
    if (typeof value !== 'string') throw new FieldError(text('aes.one-value', { field }));
    return value.trim();
  };
  const oneOf = <T extends string>(field: string, among: readonly T[], fallback: T | null): T => {
    const value = written(field)?.toLowerCase() ?? fallback;
    const found = among.find((one) => one === value);
    if (found === undefined) throw new FieldError(text('aes.one-of', { field, words: among.join(', ') }));
    return found;
  };
  const count = (field: string, fallback: number, from: number, to: number): number => {
    const value = written(field);
    const number = value === null ? fallback : Number(value);
    if (!Number.isInteger(number) || number < from || number > to)
      throw new FieldError(text('aes.count', { from, to, field }));
    return number;
  };

  oneOf('cipher', ['aes'], 'aes');
  const mode = oneOf('mode', AES_MODES, null);
  const key = bytesOf(written('key') ?? '');
  if (!key || !KEY_BYTES.includes(key.length)) throw new FieldError(text('aes.key'));
  const name = written('name');
  if (name !== null && !NAME.test(name)) throw new FieldError(text('aes.name'));
  const ivBytes = count(
    'ivBytes',
    mode === 'gcm' ? 12 : BLOCK,
    mode === 'gcm' ? 1 : BLOCK,
    mode === 'gcm' ? 64 : BLOCK,
  );
  const givenIv = written('iv');
  const iv = mode === 'ecb' ? null : ivOf(givenIv, ivBytes);
  if (iv && mode !== 'gcm' && iv.length !== BLOCK) throw new FieldError(text('aes.iv-length', { bytes: BLOCK, mode }));
  return {
    ok: true,
    name,
    options: {
      key,
      mode,
      iv,
      ivBytes,
      padding: oneOf('padding', AES_PADDINGS, 'pkcs7'),
      tagBytes: count('tagBytes', BLOCK, 12, BLOCK),
    },
  };
}

function ivOf(written: string | null, ivBytes: number): Buffer | null {
  if (written === 'prefix') return null;
  if (written === 'zero') return Buffer.alloc(ivBytes);
  const iv = written === null ? null : bytesOf(written);
  if (!iv || iv.length === 0) throw new FieldError(text('aes.iv'));
  return iv;
}

/** `hex:`, `base64:` or `text:` say which it is; without, hex digits are hex and the rest is base64. Null for neither. */
function bytesOf(written: string): Buffer | null {
  const [, form, rest] = /^(?:(hex|base64|text):)?(.*)$/s.exec(written) ?? [];
  const value = rest ?? '';
  if (form === 'text') return Buffer.from(value, 'utf8');
  if (form !== 'base64' && /^(?:[0-9a-f]{2})+$/i.test(value)) return Buffer.from(value, 'hex');
  if (form !== 'hex' && /^[\w+/-]+={0,2}$/.test(value)) return Buffer.from(value, 'base64');
  return null;
}
