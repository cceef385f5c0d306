/** The file `opaque-formats.yaml` of a feed. */
import { z } from 'zod';
import { labError } from '../formats/refusal.ts';
import { issueText } from '../formats/schema-problem.ts';
import { problemText, readValues } from '../formats/yaml-document.ts';
import { EN } from '../model/catalogue/en.ts';
import { text } from '../model/text.ts';
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
      .regex(/^(?:[0-9a-f?]{2} ?)+$/i, EN['input.own.hex-pairs'])
      .optional(),
    hosts: z
      .array(z.string().regex(/^[a-z0-9.-]{1,253}$/, EN['input.own.small-names']))
      .min(1)
      .max(100)
      .optional(),
    key: z.string().min(1).max(80).optional(),
    'multiple-of': z.coerce.number().int().min(2).max(4096).optional(),
  })
  .transform((given) => ({ ...given, starts: bytesOf(given.starts ?? '') }))
  .refine(({ starts }) => starts.length <= MAX_STARTS, EN['input.own.starts'])
  .refine(
    ({ starts, hosts, key }) =>
      starts.filter((byte) => byte !== null).length >= LEAST_STARTS || (hosts !== undefined && key !== undefined),
    EN['input.own.beginning'],
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
  if (!read.ok) throw labError(problemText(fileName, read.problem));
  const parsed = fields.safeParse(read.value);
  if (parsed.success) return parsed.data.formats;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  const path = issue.path as (string | number)[];
  const why = issueText(issue, read.value);
  throw labError(
    text('hub.file.field', {
      ...{ file: fileName, line: read.lineOf(...path), problem: why },
      field: path.join('.') || text('hub.file.whole'),
    }),
  );
}
