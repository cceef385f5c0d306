/** Reads bodies of requests by their zod schemas. A wrong one is an `InputError` of one line that names the field; it never quotes a value. */
import type { z } from 'zod';
import { InputError } from './queries.ts';

type Schemas = typeof import('./request-schemas.ts');

/** The body as the schema gives it back. @throws InputError */
export async function readBody<K extends keyof Schemas>(kind: K, body: unknown): Promise<z.output<Schemas[K]>> {
  const result = (await import('./request-schemas.ts'))[kind].safeParse(body);
  if (result.success) return result.data as z.output<Schemas[K]>;
  throw new InputError(explain(result.error.issues));
}

interface Issue {
  path: PropertyKey[];
  message: string;
  code?: string;
  errors?: Issue[][];
}

function explain(issues: readonly Issue[]): string {
  const [first] = issues;
  if (first === undefined) return 'the body is not what this address takes: see /openapi.json';
  // Of a union the branch that got furthest tells what was meant.
  if (first.code === 'invalid_union' && first.errors !== undefined) {
    const deepest = first.errors.toSorted((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0];
    return explain(deepest ?? []);
  }
  const field = first.path.length === 0 ? 'the body' : first.path.join('.');
  return `${field}: ${first.message}; see /openapi.json`;
}
