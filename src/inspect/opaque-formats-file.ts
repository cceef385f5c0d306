/** The file `opaque-formats.yaml` of a feed. */
import { z } from 'zod';
import { readValues } from '../formats/yaml-document.ts';
import { LabError } from '../model/lab.ts';
import type { OpaqueFormat } from './opaque-formats.ts';

/** Bytes of a beginning that are compared. */
const MAX_STARTS = 16;
/** Fewer say nothing: a length and a version stand at many beginnings. */
const LEAST_STARTS = 3;
const MAX_FORMATS = 500;

const format = z
  .strictObject({
    name: z.string().trim().min(1).max(80),
    because: z.string().trim().min(1).max(300),
    starts: z
      .string()
      .regex(/^(?:[0-9a-f?]{2} ?)+$/i, 'needs pairs of hex digits, ?? for any byte')
      .optional(),
    hosts: z
      .array(z.string().regex(/^[a-z0-9.-]{1,253}$/, 'needs names in small letters'))
      .min(1)
      .max(100)
      .optional(),
    key: z.string().min(1).max(80).optional(),
    'multiple-of': z.coerce.number().int().min(2).max(4096).optional(),
  })
  .transform((given) => ({ ...given, starts: bytesOf(given.starts ?? '') }))
  .refine(({ starts }) => starts.length <= MAX_STARTS, `starts: ${MAX_STARTS} bytes at most`)
  .refine(
    ({ starts, hosts, key }) =>
      starts.filter((byte) => byte !== null).length >= LEAST_STARTS || (hosts !== undefined && key !== undefined),
    `needs a beginning of ${LEAST_STARTS} known bytes, or hosts and a key`,
  );

const fields = z.strictObject({ formats: z.array(format).max(MAX_FORMATS) });

/** `17 f1 ??` as bytes, null for any. */
function bytesOf(hex: string): (number | null)[] {
  const pairs = hex.replaceAll(' ', '').match(/../g) ?? [];
  return pairs.map((pair) => (pair.includes('?') ? null : Number.parseInt(pair, 16)));
}

/** @throws LabError naming the file, the line and what is wrong in it */
export function readOpaqueFormats(yaml: string, fileName: string): OpaqueFormat[] {
  const read = readValues(yaml, 'typed');
  if (!read.ok) throw new LabError(`${fileName}:${read.problem.line}: ${read.problem.problem}`);
  const parsed = fields.safeParse(read.value);
  if (parsed.success) return parsed.data.formats;
  const { path, message } = parsed.error.issues[0] as z.core.$ZodIssue;
  throw new LabError(`${fileName}:${read.lineOf(...(path as string[]))}: ${path.join('.') || 'the file'}: ${message}`);
}
