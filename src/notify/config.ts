/**
 * Reads `notify.yaml`. Promise: a problem is one line with file, line and field, and never quotes a value; what names
 * something that is not there (a receiver, a place, a value of a template) is a problem too.
 */
import type { z } from 'zod';
import { say } from '../formats/say.ts';
import { issueText } from '../formats/schema-problem.ts';
import { problemText, readValues } from '../formats/yaml-document.ts';
import type { NotifyConfig, Receiver, Webhook } from '../model/notify.ts';
import { notifyConfig } from '../model/schemas/notify.ts';
import { type Text, text } from '../model/text.ts';
import { TEMPLATES, unknownPlaces } from './templates.ts';

export const NOTHING: NotifyConfig = { receivers: {}, rules: [], mutes: [] };

export type ReadConfig = { ok: true; config: NotifyConfig } | { ok: false; problems: Text[] };

type Path = (string | number)[];
type Found = { path: Path; problem: Text };

export function readConfig(written: string, fileName: string): ReadConfig {
  const read = readValues(written, 'typed');
  if (!read.ok) return { ok: false, problems: [problemText(fileName, read.problem)] };
  const parsed = notifyConfig.safeParse(read.value ?? {});
  const found = parsed.success
    ? wrongNames(parsed.data)
    : parsed.error.issues.map((issue) => toFound(issue, read.value));
  if (parsed.success && found.length === 0) return { ok: true, config: parsed.data };
  return {
    ok: false,
    problems: found.map(({ path, problem }) =>
      problemText(fileName, {
        ...{ line: lineNear(read.lineOf, path), field: fieldName(path) },
        ...{ problem: say(problem), text: problem },
      }),
    ),
  };
}

function wrongNames({ receivers, rules, mutes }: NotifyConfig): Found[] {
  const unknown = rules.flatMap(({ send }, index) =>
    send.flatMap((name, at): Found[] =>
      Object.hasOwn(receivers, name)
        ? []
        : [
            {
              path: ['rules', index, 'send', at],
              problem: text('notify.file.no-receiver', { names: list(receivers) }),
            },
          ],
    ),
  );
  const twice = (['rules', 'mutes'] as const).flatMap((group) => {
    const names = (group === 'rules' ? rules : mutes).map(({ name }) => name);
    return names.flatMap((name, index): Found[] =>
      names.indexOf(name) === index ? [] : [{ path: [group, index, 'name'], problem: text('notify.file.twice') }],
    );
  });
  return [
    ...Object.entries(receivers).flatMap(([name, receiver]) => wrongInReceiver(name, receiver)),
    ...unknown,
    ...twice,
  ];
}

const list = (receivers: object): string | Text => Object.keys(receivers).join(', ') || text('notify.file.none');

function wrongInReceiver(name: string, receiver: Receiver): Found[] {
  const at = (field: string, problem: Text): Found => ({ path: ['receivers', name, field], problem });
  if (receiver.type === 'email') {
    return [
      ...(receiver.tls === 'none' && !receiver.private ? [at('tls', text('notify.file.no-tls'))] : []),
      ...(receiver.user && !receiver.password ? [at('password', text('notify.file.no-password'))] : []),
    ];
  }
  return wrongInWebhook(receiver, at);
}

function wrongInWebhook(receiver: Webhook, at: (field: string, problem: Text) => Found): Found[] {
  const template = TEMPLATES[receiver.template];
  const url = receiver.url ?? template.url;
  const missing = (['values', 'secrets'] as const).flatMap((group) =>
    template[group].flatMap((name) =>
      Object.hasOwn(receiver[group], name) || (receiver.url !== undefined && receiver.template !== 'matrix')
        ? []
        : [at(group, text('notify.file.missing-value', { name, template: receiver.template }))],
    ),
  );
  const places = [url, receiver.body ?? null, receiver.headers ?? null].flatMap((given) =>
    unknownPlaces(given as Parameters<typeof unknownPlaces>[0], receiver),
  );
  return [
    ...missing,
    ...(url === null ? [at('url', text('notify.file.missing'))] : []),
    ...(receiver.url && !isAddress(receiver.url, receiver.private)
      ? [at('url', text(receiver.private ? 'notify.file.http' : 'notify.file.https', { place: '{{secret.NAME}}' }))]
      : []),
    ...places.map((place) => at('body', text('notify.file.no-place', { place: `{{${place}}}` }))),
  ];
}

const isAddress = (url: string, isPrivate: boolean): boolean =>
  url.startsWith('https://') || url.startsWith('{{secret.') || (isPrivate && url.startsWith('http://'));

/** @param within what the issue is in */
function toFound(issue: z.core.$ZodIssue, within: unknown): Found {
  // Of a union the branch that got furthest tells what was meant.
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const [deepest = []] = issue.errors.toSorted((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0));
    const [first] = deepest;
    if (first) {
      const inner = toFound(first, at(within, issue.path as Path));
      return { path: [...(issue.path as Path), ...inner.path], problem: inner.problem };
    }
  }
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys')
    return { path: [...path, issue.keys[0] ?? ''], problem: text('notify.file.unknown') };
  if (issue.code === 'invalid_key') return { path, problem: text('notify.file.no-name') };
  return { path, problem: issueText(issue, within) };
}

const at = (within: unknown, path: Path): unknown =>
  path.reduce((value, part) => (value as Record<string | number, unknown> | null | undefined)?.[part], within);

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
