/**
 * What an operator writes, YAML or JSON: as a tree of fields that know their line and their name, e.g.
 * `devices[0].identifiers.imei`, or as plain values whose lines can be asked for.
 * Promise: problems are values, never thrown, and never quote the text, which may hold a secret. In a tree every scalar
 * is the text as written (YAML's failsafe schema): no number loses a leading zero or a digit, `no` is not false.
 */

import type { Document, LineCounter, Node } from 'yaml';
import { type Text, text } from '../model/text.ts';
import { say } from './say.ts';
import { yaml } from './yaml.ts';

export interface Problem {
  /** 1-based; 0 when it belongs to no line. */
  line: number;
  /** Null when it belongs to the file as a whole. */
  field: string | null;
  problem: string;
  /** The same, for other languages than English. */
  text?: Text;
}

export interface Field {
  name: string;
  line: number;
  /** Trimmed text; null when the field is empty, `null` or `~`, or holds no scalar. */
  text(): string | null;
  /** One value or a list of them; empty when the field is. */
  items(): Field[];
  /** Empty and a problem when the field is no map, or holds a key that is not allowed. */
  entries(allowed: readonly string[]): Map<string, Field>;
  isMap(): boolean;
  /** Marks a problem here. */
  fail(why: Text): void;
  warn(why: Text): void;
}

export interface ParsedDocument {
  root: Field | null;
  problems: Problem[];
  warnings: Problem[];
}

export function readDocument(written: string): ParsedDocument {
  const { document, lines, problems } = parseText(written, 'failsafe');
  const warnings: Problem[] = [];
  if (problems.length > 0) return { root: null, problems, warnings };
  const source = { document, lines, problems, warnings };
  return { root: fieldOf(source, document.contents, '', 1), problems, warnings };
}

export type ParsedValues =
  /** `lineOf`: line of the value at `path`; 0 when there is none. */
  { ok: true; value: unknown; lineOf(...path: (string | number)[]): number } | { ok: false; problem: Problem };

/** @param scalars `text`: every one as written; `typed`: numbers, true, false and null are what YAML says they are */
export function readValues(written: string, scalars: 'text' | 'typed'): ParsedValues {
  const { document, lines, problems } = parseText(written, scalars === 'text' ? 'failsafe' : 'core');
  if (problems[0]) return { ok: false, problem: problems[0] };
  try {
    return {
      ok: true,
      value: document.toJS(),
      lineOf(...path) {
        const node = document.getIn(path, true);
        return yaml().isNode(node) && node.range ? lines.linePos(node.range[0]).line : 0;
      },
    };
  } catch {
    // An alias to nothing, or one that unfolds to more than anybody writes, is noticed only here.
    return { ok: false, problem: problemAt(0, null, text('file.yaml.BAD_ALIAS')) };
  }
}

function parseText(written: string, schema: 'failsafe' | 'core') {
  const { LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(written, { schema, lineCounter: lines, prettyErrors: false });
  // A bracket that never closes makes every later line look badly indented: the cause is named, not its shadow.
  const others = document.errors.filter(({ code }) => code !== 'BAD_INDENT');
  const problems = (others.length > 0 ? others : document.errors).map(
    ({ code, pos }): Problem => problemAt(lines.linePos(pos[0]).line, null, whyOf(code)),
  );
  return { document, lines, problems };
}

/** One line per problem: `devices.yaml:7: devices[0].identifiers.imei: must be 15 digits`. */
export function problemLine(fileName: string, { line, field, problem }: Problem): string {
  return [line > 0 ? `${fileName}:${line}` : fileName, ...(field === null ? [] : [field]), problem].join(': ');
}

/** The same as a text. */
export function problemText(fileName: string, { line, field, problem, text: why }: Problem): Text {
  const said = why ?? text('file.said', { problem });
  const place = line > 0 ? `${fileName}:${line}` : fileName;
  return text('file.field', {
    field: place,
    problem: field === null ? said : text('file.field', { field, problem: said }),
  });
}

const problemAt = (line: number, field: string | null, why: Text): Problem => ({
  line,
  field,
  problem: say(why),
  text: why,
});

interface Source {
  document: Document;
  lines: LineCounter;
  problems: Problem[];
  warnings: Problem[];
}

function fieldOf(source: Source, given: unknown, name: string, keyLine: number): Field {
  const { isAlias, isMap, isScalar, isSeq } = yaml();
  const node = isAlias(given) ? given.resolve(source.document) : (given as Node | null);
  const line = node?.range && !isAlias(given) ? source.lines.linePos(node.range[0]).line : keyLine;
  const at = (why: Text): Problem => problemAt(line, name === '' ? null : name, why);
  const fail = (why: Text): void => void source.problems.push(at(why));
  const empty = (): boolean => node === null || node === undefined || (isScalar(node) && isEmpty(node.value));
  return {
    name,
    line,
    text: () => (isScalar(node) && !isEmpty(node.value) ? String(node.value).trim() : null),
    items() {
      if (empty()) return [];
      if (!isSeq(node)) return [this];
      return node.items.map((item, i) => fieldOf(source, item, `${name}[${i}]`, line));
    },
    entries(allowed) {
      const found = new Map<string, Field>();
      if (empty()) return found;
      if (!isMap(node)) {
        fail(text('file.no-map'));
        return found;
      }
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? String(pair.key.value) : '';
        const range = (pair.key as Node | null)?.range;
        const entryLine = range ? source.lines.linePos(range[0]).line : line;
        const entryName = name === '' ? key : `${name}.${key}`;
        if (allowed.includes(key)) found.set(key, fieldOf(source, pair.value, entryName, entryLine));
        else
          source.problems.push(
            problemAt(entryLine, entryName, text('file.unknown-field', { known: allowed.join(', ') })),
          );
      }
      return found;
    },
    isMap: () => isMap(node),
    fail,
    warn: (why) => void source.warnings.push(at(why)),
  };
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || /^\s*(null|~)?\s*$/i.test(String(value));

const CODES = [
  'DUPLICATE_KEY',
  'TAB_AS_INDENT',
  'BAD_INDENT',
  'MISSING_CHAR',
  'BLOCK_AS_IMPLICIT_KEY',
  'MULTIPLE_DOCS',
  'BAD_ALIAS',
] as const;

/** The parser's own messages may quote the text, and the text holds identifiers. */
function whyOf(code: string): Text {
  const known = CODES.find((one) => one === code);
  return known ? text(`file.yaml.${known}`) : text('file.no-yaml', { what: code.toLowerCase().replaceAll('_', ' ') });
}
