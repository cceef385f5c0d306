/** What a schema says is wrong with a value, as a text. English stays as the schema library says it; no value is quoted. */
import type { z } from 'zod';
import { EN } from '../model/catalogue/en.ts';
import { type PlainKey, type Text, text } from '../model/text.ts';
import { say } from './say.ts';

type Issue = z.core.$ZodIssue;

/** What a schema of ours says of itself: it gives `EN['input.own.…']`. */
const OWN: ReadonlyMap<string, PlainKey> = new Map(
  Object.entries(EN).flatMap(([key, said]) =>
    key.startsWith('input.own.') ? [[said as string, key as PlainKey] as const] : [],
  ),
);

export const isOwnProblem = (message: string): boolean => OWN.has(message);

/** @param value in which the issue is. As a text of ours where that says the same in English. */
export function issueText(issue: Issue, value: unknown): Text {
  const own = OWN.get(issue.message);
  const made = own ? text(own) : madeOf(issue, value);
  return made !== null && say(made) === issue.message ? made : text('input.said', { said: issue.message });
}

const SIZES = {
  string: ['input.longer', 'input.shorter'],
  number: ['input.larger', 'input.smaller'],
  array: ['input.more', 'input.fewer'],
} as const;

function madeOf(issue: Issue, value: unknown): Text | null {
  switch (issue.code) {
    case 'invalid_type':
      return text('input.type', { expected: issue.expected, received: typeNameOf(at(value, issue.path)) });
    case 'too_big': {
      const [key] = SIZES[issue.origin as keyof typeof SIZES] ?? [];
      return key ? text(key, { most: Number(issue.maximum) }) : null;
    }
    case 'too_small': {
      if (issue.origin === 'number' && issue.inclusive === false)
        return text('input.above', { least: Number(issue.minimum) });
      const [, key] = SIZES[issue.origin as keyof typeof SIZES] ?? [];
      return key ? text(key, { least: Number(issue.minimum) }) : null;
    }
    case 'invalid_value':
      return issue.values.length === 1
        ? text('input.only', { word: JSON.stringify(issue.values[0]) })
        : text('input.option', { words: issue.values.map((word) => JSON.stringify(word)).join('|') });
    case 'unrecognized_keys': {
      const names = issue.keys.map((name) => JSON.stringify(name)).join(', ');
      return issue.keys.length > 1 ? text('input.unknown-keys', { names }) : text('input.unknown-key', { names });
    }
    case 'invalid_format':
      if (issue.format === 'email') return text('input.email');
      if (issue.format === 'date') return text('input.date');
      return issue.format === 'regex' ? text('input.pattern', { pattern: String(issue.pattern) }) : null;
    case 'invalid_union':
      return text('input.invalid');
    default:
      return null;
  }
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((within, name) => (within as Record<PropertyKey, unknown> | null | undefined)?.[name], value);

function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
