/**
 * An AES key as the operator writes it down (docs/decoders.md): YAML or JSON with key, mode, iv, padding.
 * Promise: reasons name the field and what it takes, never its value.
 */
import { readValues } from '../../formats/yaml-document.ts';
import { AES_MODES, AES_PADDINGS, type AesOptions } from './aes.ts';

export type AesFile = { ok: true; name: string | null; options: AesOptions } | { ok: false; why: string };

const FIELDS = new Set(['cipher', 'name', 'key', 'mode', 'iv', 'ivBytes', 'padding', 'tagBytes']);
const NAME = /^[a-z0-9][a-z0-9_.-]{0,31}$/i;
const KEY_BYTES = [16, 24, 32];
const BLOCK = 16;

export function readAesKey(text: string): AesFile {
  // Every scalar stays text: `key: 00112233…` is a number to YAML.
  const read = readValues(text, 'text');
  if (!read.ok) return { ok: false, why: `cannot be read (line ${read.problem.line}): ${read.problem.problem}` };
  const given = read.value;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { ok: false, why: 'holds no fields: key and mode are needed (docs/decoders.md)' };
  try {
    return optionsOf(given as Record<string, unknown>);
  } catch (error) {
    if (error instanceof FieldError) return { ok: false, why: error.message };
    throw error;
  }
}

class FieldError extends Error {}

function optionsOf(given: Record<string, unknown>): AesFile {
  const stray = Object.keys(given).find((field) => !FIELDS.has(field));
  if (stray !== undefined)
    throw new FieldError(`has a field "${stray.slice(0, 32)}" that means nothing: known are ${[...FIELDS].join(', ')}`);
  const text = (field: string): string | null => {
    const value = given[field];
    if (value === undefined) return null;
    if (typeof value !== 'string') throw new FieldError(`needs one value for ${field}`);
    return value.trim();
  };
  const oneOf = <T extends string>(field: string, among: readonly T[], fallback: T | null): T => {
    const value = text(field)?.toLowerCase() ?? fallback;
    const found = among.find((one) => one === value);
    if (found === undefined) throw new FieldError(`needs a ${field}: one of ${among.join(', ')}`);
    return found;
  };
  const count = (field: string, fallback: number, from: number, to: number): number => {
    const value = text(field);
    const number = value === null ? fallback : Number(value);
    if (!Number.isInteger(number) || number < from || number > to)
      throw new FieldError(`needs a whole number from ${from} to ${to} for ${field}`);
    return number;
  };

  oneOf('cipher', ['aes'], 'aes');
  const mode = oneOf('mode', AES_MODES, null);
  const key = bytesOf(text('key') ?? '');
  if (!key || !KEY_BYTES.includes(key.length))
    throw new FieldError('needs a key of 16, 24 or 32 bytes: hex digits, base64, or text: before its characters');
  const name = text('name');
  if (name !== null && !NAME.test(name))
    throw new FieldError('has a name that is not letters, digits, dots and dashes');
  const ivBytes = count(
    'ivBytes',
    mode === 'gcm' ? 12 : BLOCK,
    mode === 'gcm' ? 1 : BLOCK,
    mode === 'gcm' ? 64 : BLOCK,
  );
  const written = text('iv');
  const iv = mode === 'ecb' ? null : ivOf(written, ivBytes);
  if (iv && mode !== 'gcm' && iv.length !== BLOCK) throw new FieldError(`needs an iv of ${BLOCK} bytes in ${mode}`);
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
  if (!iv || iv.length === 0)
    throw new FieldError('needs an iv: zero, prefix (it stands before the ciphertext), hex digits, or base64');
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
