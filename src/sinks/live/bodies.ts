/** Reads bodies of requests by their zod schemas. A wrong one is an `InputError` of one line that names the field; it never quotes a value. */

import type { z } from 'zod';
import { isOwnProblem, issueText } from '../../formats/schema-problem.ts';
import { type Text, text } from '../../model/text.ts';
import { InputError } from './queries.ts';

type Schemas = typeof import('./request-schemas.ts');

/** The body as the schema gives it back. @throws InputError */
export async function readBody<K extends keyof Schemas>(kind: K, body: unknown): Promise<z.output<Schemas[K]>> {
  const result = (await import('./request-schemas.ts'))[kind].safeParse(body);
  if (result.success) return result.data as z.output<Schemas[K]>;
  throw new InputError(explain(result.error.issues, body));
}

type Issue = z.core.$ZodIssue;

/** @param body in which the issues are */
function explain(issues: readonly Issue[], body: unknown): Text {
  const [first] = issues;
  if (first === undefined) return text('input.no-body');
  // Of a union the branch that got furthest tells what was meant.
  if (first.code === 'invalid_union' && first.errors.length > 0 && !isOwnProblem(first.message)) {
    const deepest = first.errors.toSorted((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0];
    return explain(deepest ?? [], body);
  }
  const field = first.path.length === 0 ? text('input.body') : first.path.join('.');
  return text('input.field', { field, problem: issueText(first, body) });
}
