/** A sentence for any language: see `src/model/text.ts`. */
import { z } from 'zod';
import type { Text, TextValue } from '../text.ts';

export const textValue: z.ZodType<TextValue> = z.lazy(() =>
  z.union([z.string(), z.number(), sentence, z.array(textValue)]),
);

export const sentence: z.ZodType<Text> = z
  .object({
    key: z.string().describe('Of the catalogue, e.g. `leak`.'),
    values: z.record(z.string(), textValue).describe('For its places; a value may be a sentence of its own.'),
  })
  .describe('The sentence for any language: key and values.');
