/**
 * `--config FILE`: YAML whose keys are the flags' names. Flags on the command line win, the file comes next, defaults last.
 * Promise: a key that is no flag of any command is an error naming file, key and the nearest flag;
 * a key of another command is left alone, so one file serves `start` and `watch` alike.
 */
import type { Command } from 'commander';
import { type ParsedValues, problemText, readValues } from '../formats/yaml-document.ts';
import { explain, UsageError } from './errors.ts';
import { attributeOf, type Flag } from './flags.ts';
import { readGiven } from './named-file.ts';
import { inWords, words } from './words.ts';

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
  if (!read.ok) throw new UsageError(inWords(problemText(path, read.problem)));
  const entries = read.value ?? {};
  if (typeof entries !== 'object' || Array.isArray(entries)) {
    throw new UsageError(words('config.no-lines', { path }));
  }
  return { entries: entries as Record<string, unknown>, lineOf: read.lineOf };
}

function readValue(at: string, flag: Flag, value: unknown): unknown {
  const wrong = (need: string) => new UsageError(words('config.wrong', { at, flag: flag.name, need }));
  if (!flag.value) {
    if (typeof value !== 'boolean') throw wrong(words('config.flag'));
    return value;
  }
  const one = (each: unknown) => {
    if (typeof each !== 'string' && typeof each !== 'number') throw wrong(words('config.value'));
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
  return new UsageError(
    near ? words('config.near', { at, key, near: near.name }) : words('config.unknown', { at, key }),
  );
}
