/**
 * `--config FILE`: YAML whose keys are the flags' names. Flags on the command line win, the file comes next, defaults last.
 * Promise: a key that is no flag of any command is an error naming file, key and the nearest flag;
 * a key of another command is left alone, so one file serves `start` and `watch` alike.
 */
import type { Command } from 'commander';
import { type ParsedValues, problemLine, readValues } from '../formats/yaml-document.ts';
import { explain, UsageError } from './errors.ts';
import { attributeOf, type Flag } from './flags.ts';
import { readGiven } from './named-file.ts';

export function applyConfigFile(command: Command, path: string, own: Flag[], all: Flag[]): void {
  const { entries, lineOf } = readMapping(path);
  for (const [key, value] of Object.entries(entries)) {
    const at = `${path}:${lineOf(key)}`;
    if (key === 'config' || !all.some((flag) => flag.name === key)) throw unknownKey(at, key, all);
    const flag = own.find((each) => each.name === key);
    if (!flag) continue;
    const attribute = attributeOf(key);
    if (command.getOptionValueSource(attribute) === 'cli') continue;
    command.setOptionValueWithSource(attribute, readValue(at, flag, value), 'config');
  }
}

type Mapping = { entries: Record<string, unknown>; lineOf: (ParsedValues & { ok: true })['lineOf'] };

function readMapping(path: string): Mapping {
  const read = readValues(readGiven(path), 'typed');
  if (!read.ok) throw new UsageError(problemLine(path, read.problem));
  const entries = read.value ?? {};
  if (typeof entries !== 'object' || Array.isArray(entries)) {
    throw new UsageError(`${path}: a list of "name: value" lines is needed, e.g. "proxy-port: 8080"`);
  }
  return { entries: entries as Record<string, unknown>, lineOf: read.lineOf };
}

function readValue(at: string, flag: Flag, value: unknown): unknown {
  const wrong = (need: string) => new UsageError(`${at}: ${flag.name}: ${need}`);
  if (!flag.value) {
    if (typeof value !== 'boolean') throw wrong('true or false is needed');
    return value;
  }
  const one = (each: unknown) => {
    if (typeof each !== 'string' && typeof each !== 'number') throw wrong('a text or a number is needed');
    try {
      return flag.parse ? flag.parse(String(each)) : String(each);
    } catch (error) {
      throw wrong(explain(error));
    }
  };
  if (flag.list) return (Array.isArray(value) ? value : [value]).map(one);
  return value === null ? flag.default : one(value);
}

function unknownKey(at: string, key: string, all: Flag[]): UsageError {
  const plain = key.replaceAll('_', '-').toLowerCase();
  const near = all.find((flag) => flag.name === plain || flag.name.startsWith(plain) || plain.startsWith(flag.name));
  const hint = near ? `did you mean "${near.name}"?` : 'see phonehome start --help for the names';
  return new UsageError(`${at}: unknown key "${key}": ${hint}`);
}
