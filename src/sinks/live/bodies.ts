/** Reads bodies of requests by their zod schemas. A wrong one is an `InputError` of one line that names the field; it never quotes a value. */

import type { z } from 'zod';
import { say } from '../../formats/say.ts';
import { EN } from '../../model/catalogue/en.ts';
import { type PlainKey, type Text, text } from '../../model/text.ts';
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
  if (first.code === 'invalid_union' && first.errors.length > 0 && !isOwn(first.message)) {
    const deepest = first.errors.toSorted((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0];
    return explain(deepest ?? [], body);
  }
  const field = first.path.length === 0 ? text('input.body') : first.path.join('.');
  return text('input.field', { field, problem: problemOf(first, body) });
}

/** What a schema of ours says of itself; the other sentences are the schema library's. */
const OWN = [
  'input.own.loopback',
  'input.own.ip',
  'input.own.entries',
  'input.own.word',
  'input.own.plan-text',
] as const satisfies PlainKey[];
const ownOf = (message: string): PlainKey | undefined => OWN.find((key) => EN[key] === message);
const isOwn = (message: string): boolean => ownOf(message) !== undefined;

/** As a text where it says the same in English. */
function problemOf(issue: Issue, body: unknown): Text {
  const own = ownOf(issue.message);
  const made = own ? text(own) : madeOf(issue, body);
  return made !== null && say(made) === issue.message ? made : text('input.said', { said: issue.message });
}

const SIZES = {
  string: ['input.longer', 'input.shorter'],
  number: ['input.larger', 'input.smaller'],
  array: ['input.more', 'input.fewer'],
} as const;

function madeOf(issue: Issue, body: unknown): Text | null {
  switch (issue.code) {
    case 'invalid_type':
      return text('input.type', { expected: issue.expected, received: typeNameOf(at(body, issue.path)) });
    case 'too_big': {
      const [key] = SIZES[issue.origin as keyof typeof SIZES] ?? [];
      return key ? text(key, { most: Number(issue.maximum) }) : null;
    }
    case 'too_small': {
      const [, key] = SIZES[issue.origin as keyof typeof SIZES] ?? [];
      return key ? text(key, { least: Number(issue.minimum) }) : null;
    }
    case 'invalid_value':
      return text('input.option', { words: issue.values.map((word) => JSON.stringify(word)).join('|') });
    case 'unrecognized_keys': {
      const names = issue.keys.map((name) => JSON.stringify(name)).join(', ');
      return issue.keys.length > 1 ? text('input.unknown-keys', { names }) : text('input.unknown-key', { names });
    }
    default:
      return null;
  }
}

const at = (body: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((within, name) => (within as Record<PropertyKey, unknown> | null | undefined)?.[name], body);

function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
