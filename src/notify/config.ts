/**
 * Reads `notify.yaml`. Promise: a problem is one line with file, line and field, and never quotes a value; what names
 * something that is not there (a receiver, a place, a value of a template) is a problem too.
 */
import type { z } from 'zod';
import { problemLine, readValues } from '../formats/yaml-document.ts';
import type { NotifyConfig, Receiver, Webhook } from '../model/notify.ts';
import { notifyConfig } from '../model/schemas/notify.ts';
import { TEMPLATES, unknownPlaces } from './templates.ts';

export const NOTHING: NotifyConfig = { receivers: {}, rules: [], mutes: [] };

export type ReadConfig = { ok: true; config: NotifyConfig } | { ok: false; problems: string[] };

type Path = (string | number)[];
type Found = { path: Path; problem: string };

export function readConfig(text: string, fileName: string): ReadConfig {
  const read = readValues(text, 'typed');
  if (!read.ok) return { ok: false, problems: [problemLine(fileName, read.problem)] };
  const parsed = notifyConfig.safeParse(read.value ?? {});
  const found = parsed.success ? wrongNames(parsed.data) : parsed.error.issues.map(toFound);
  if (parsed.success && found.length === 0) return { ok: true, config: parsed.data };
  return {
    ok: false,
    problems: found.map(({ path, problem }) =>
      problemLine(fileName, { line: lineNear(read.lineOf, path), field: fieldName(path), problem }),
    ),
  };
}

/** Checks one receiver by itself. */
export function receiverProblems(name: string, receiver: Receiver): string[] {
  return wrongInReceiver(name, receiver).map(({ path, problem }) => `${fieldName(path)}: ${problem}`);
}

function wrongNames({ receivers, rules, mutes }: NotifyConfig): Found[] {
  const unknown = rules.flatMap(({ send }, index) =>
    send.flatMap((name, at): Found[] =>
      Object.hasOwn(receivers, name)
        ? []
        : [{ path: ['rules', index, 'send', at], problem: `no such receiver; there are: ${list(receivers)}` }],
    ),
  );
  const twice = (['rules', 'mutes'] as const).flatMap((group) => {
    const names = (group === 'rules' ? rules : mutes).map(({ name }) => name);
    return names.flatMap((name, index): Found[] =>
      names.indexOf(name) === index ? [] : [{ path: [group, index, 'name'], problem: 'is the name of another one' }],
    );
  });
  return [
    ...Object.entries(receivers).flatMap(([name, receiver]) => wrongInReceiver(name, receiver)),
    ...unknown,
    ...twice,
  ];
}

const list = (receivers: object): string => Object.keys(receivers).join(', ') || 'none';

function wrongInReceiver(name: string, receiver: Receiver): Found[] {
  const at = (field: string, problem: string): Found => ({ path: ['receivers', name, field], problem });
  if (receiver.type === 'email') {
    return [
      ...(receiver.tls === 'none' && !receiver.private
        ? [at('tls', 'mail may go unencrypted only to a server with "private: true"')]
        : []),
      ...(receiver.user && !receiver.password ? [at('password', 'is missing: name the file with it')] : []),
    ];
  }
  return wrongInWebhook(receiver, at);
}

function wrongInWebhook(receiver: Webhook, at: (field: string, problem: string) => Found): Found[] {
  const template = TEMPLATES[receiver.template];
  const url = receiver.url ?? template.url;
  const missing = (['values', 'secrets'] as const).flatMap((group) =>
    template[group].flatMap((name) =>
      Object.hasOwn(receiver[group], name) || (receiver.url !== undefined && receiver.template !== 'matrix')
        ? []
        : [at(group, `"${name}" is missing, which the template ${receiver.template} needs`)],
    ),
  );
  const places = [url, receiver.body ?? null, receiver.headers ?? null].flatMap((given) =>
    unknownPlaces(given as Parameters<typeof unknownPlaces>[0], receiver),
  );
  return [
    ...missing,
    ...(url === null ? [at('url', 'is missing')] : []),
    ...(receiver.url && !isAddress(receiver.url, receiver.private)
      ? [at('url', `must begin with https://${receiver.private ? ' or http://' : ''}, or be {{secret.NAME}}`)]
      : []),
    ...places.map((place) => at('body', `nothing fills {{${place}}}; see phonehome notify example`)),
  ];
}

const isAddress = (url: string, isPrivate: boolean): boolean =>
  url.startsWith('https://') || url.startsWith('{{secret.') || (isPrivate && url.startsWith('http://'));

function toFound(issue: z.core.$ZodIssue): Found {
  // Of a union the branch that got furthest tells what was meant.
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const [deepest = []] = issue.errors.toSorted((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0));
    const [first] = deepest;
    if (first) {
      const inner = toFound(first);
      return { path: [...(issue.path as Path), ...inner.path], problem: inner.problem };
    }
  }
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys')
    return { path: [...path, issue.keys[0] ?? ''], problem: 'is not a known field' };
  if (issue.code === 'invalid_key') return { path, problem: 'is no name: letters, digits, dots and dashes' };
  return { path, problem: issue.message };
}

/** Of the value, or of the nearest one around it. */
function lineNear(lineOf: (...path: Path) => number, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const line = lineOf(...path.slice(0, length));
    if (line > 0) return line;
  }
  return 0;
}

function fieldName(path: Path): string | null {
  if (path.length === 0) return null;
  return path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : name === '' ? part : `${name}.${part}`),
    '',
  );
}
