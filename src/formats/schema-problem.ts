/** What a schema says is wrong with a value, as a text of ours; no value is quoted. */
import type { z } from 'zod';
import { EN } from '../model/catalogue/en.ts';
import { type PlainKey, type Text, text } from '../model/text.ts';

type Issue = z.core.$ZodIssue;

/** What a schema of ours says of itself: it gives `EN['input.own.…']`. */
const OWN: ReadonlyMap<string, PlainKey> = new Map(
  Object.entries(EN).flatMap(([key, said]) =>
    key.startsWith('input.own.') ? [[said as string, key as PlainKey] as const] : [],
  ),
);

export const isOwnProblem = (message: string): boolean => OWN.has(message);

/** @param value in which the issue is. What the schema library says stays only where there is no text for it. */
export function issueText(issue: Issue, value: unknown): Text {
  const own = OWN.get(issue.message);
  return own ? text(own) : (madeOf(issue, value) ?? text('input.said', { said: issue.message }));
}

const SIZES = {
  string: ['input.longer', 'input.shorter'],
  number: ['input.larger', 'input.smaller'],
  array: ['input.more', 'input.fewer'],
} as const;

function madeOf(issue: Issue, value: unknown): Text | null {
  switch (issue.code) {
    case 'invalid_type':
      return typeText(issue.expected, at(value, issue.path));
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

const KINDS = {
  string: text('input.kind.string'),
  number: text('input.kind.number'),
  int: text('input.kind.int'),
  boolean: text('input.kind.boolean'),
  object: text('input.kind.object'),
  record: text('input.kind.object'),
  array: text('input.kind.array'),
  null: text('input.kind.null'),
} satisfies Record<string, Text>;

const kindText = (name: string): Text | string =>
  Object.hasOwn(KINDS, name) ? KINDS[name as keyof typeof KINDS] : name;

function typeText(wanted: string, given: unknown): Text {
  const expected = kindText(wanted);
  if (given === undefined) return text('input.missing', { expected });
  return text('input.type', { expected, received: kindText(typeNameOf(given)) });
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((within, name) => (within as Record<PropertyKey, unknown> | null | undefined)?.[name], value);

function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
