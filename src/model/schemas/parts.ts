/**
 * Pieces the schemas are made of. The schemas are the one source of every shape the lab shows to other programs: the
 * types of `src/model/` are inferred from them, and JSON Schema, OpenAPI and AsyncAPI are generated from them.
 * Zod takes 20 MB: nothing on the road may import a schema, only its type.
 */
import { z } from 'zod';

export const text = z.string();
export const textOrNull = text.nullable();
export const count = z.int().min(0);
/** 0 to 1. */
export const share = z.number().min(0).max(1);
export const port = count.max(65535);
export const time = text.meta({ format: 'date-time', description: 'ISO 8601, UTC.' });
export const milliseconds = count.describe('Milliseconds since the epoch.');
export const country = textOrNull.describe('ISO 3166-1 alpha-2.');
