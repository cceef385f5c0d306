/**
 * A YAML or JSON text as a tree of fields that know their line and their name, e.g. `devices[0].identifiers.imei`.
 * Promise: every scalar is the text as written (YAML's failsafe schema): no number loses a leading zero or a digit,
 * `no` is not false. JSON is read as the YAML it also is. Problems are collected, never thrown, and never quote a value.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

export interface Problem {
  /** 1-based; 0 when it belongs to no line. */
  line: number;
  /** Null when it belongs to the file as a whole. */
  field: string | null;
  problem: string;
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
  fail(problem: string): void;
  warn(problem: string): void;
}

export interface Reading {
  root: Field | null;
  problems: Problem[];
  warnings: Problem[];
}

export function readDocument(text: string): Reading {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  // A bracket that never closes makes every later line look badly indented: the cause is named, not its shadow.
  const others = document.errors.filter(({ code }) => code !== 'BAD_INDENT');
  for (const { code, pos } of others.length > 0 ? others : document.errors) {
    problems.push({ line: lines.linePos(pos[0]).line, field: null, problem: plainWords(code) });
  }
  if (problems.length > 0) return { root: null, problems, warnings };
  const scope = { document, lines, problems, warnings };
  return { root: fieldOf(scope, document.contents, '', 1), problems, warnings };
}

interface Scope {
  document: Document;
  lines: LineCounter;
  problems: Problem[];
  warnings: Problem[];
}

function fieldOf(scope: Scope, given: unknown, name: string, keyLine: number): Field {
  const node = isAlias(given) ? given.resolve(scope.document) : (given as Node | null);
  const line = node?.range && !isAlias(given) ? scope.lines.linePos(node.range[0]).line : keyLine;
  const at = (problem: string): Problem => ({ line, field: name === '' ? null : name, problem });
  const fail = (problem: string): void => void scope.problems.push(at(problem));
  const empty = (): boolean => node === null || node === undefined || (isScalar(node) && isEmpty(node.value));
  return {
    name,
    line,
    text: () => (isScalar(node) && !isEmpty(node.value) ? String(node.value).trim() : null),
    items() {
      if (empty()) return [];
      if (!isSeq(node)) return [this];
      return node.items.map((item, i) => fieldOf(scope, item, `${name}[${i}]`, line));
    },
    entries(allowed) {
      const found = new Map<string, Field>();
      if (empty()) return found;
      if (!isMap(node)) {
        fail('must be a map of fields');
        return found;
      }
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? String(pair.key.value) : '';
        const range = (pair.key as Node | null)?.range;
        const entryLine = range ? scope.lines.linePos(range[0]).line : line;
        const entryName = name === '' ? key : `${name}.${key}`;
        if (allowed.includes(key)) found.set(key, fieldOf(scope, pair.value, entryName, entryLine));
        else
          scope.problems.push({
            line: entryLine,
            field: entryName,
            problem: `is not a known field; known here: ${allowed.join(', ')}`,
          });
      }
      return found;
    },
    isMap: () => isMap(node),
    fail,
    warn: (problem) => void scope.warnings.push(at(problem)),
  };
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || /^\s*(null|~)?\s*$/i.test(String(value));

/** The parser's own messages may quote the text, and the text holds identifiers. */
function plainWords(code: string): string {
  const words: Record<string, string> = {
    DUPLICATE_KEY: 'the same field stands here twice',
    TAB_AS_INDENT: 'indented with a tab; use spaces',
    BAD_INDENT: 'indentation does not fit the lines above',
    MISSING_CHAR: 'a closing quote, bracket or separator is missing',
    BLOCK_AS_IMPLICIT_KEY: 'a colon stands where none can; put the value in quotes',
    MULTIPLE_DOCS: 'more than one document in the file',
    BAD_ALIAS: 'a reference (*name) points at nothing',
  };
  return words[code] ?? `not valid YAML or JSON (${code.toLowerCase().replaceAll('_', ' ')})`;
}
