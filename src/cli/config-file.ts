/**
 * `--config FILE`: YAML whose keys are the flags' names. Flags on the command line win, the file comes next, defaults last.
 * Promise: a key that is no flag of any command is an error naming file, key and the nearest flag;
 * a key of another command is left alone, so one file serves `start` and `watch` alike.
 */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parseDocument } from 'yaml';
import { explain, UsageError } from './errors.ts';
import { attributeOf, type Flag } from './flags.ts';

export function applyConfigFile(command: Command, path: string, own: Flag[], all: Flag[]): void {
  const entries = readMapping(path);
  for (const [key, value] of Object.entries(entries)) {
    if (key === 'config' || !all.some((flag) => flag.name === key)) throw unknownKey(path, key, all);
    const flag = own.find((each) => each.name === key);
    if (!flag) continue;
    const attribute = attributeOf(key);
    if (command.getOptionValueSource(attribute) === 'cli') continue;
    command.setOptionValueWithSource(attribute, readValue(path, flag, value), 'config');
  }
}

function readMapping(path: string): Record<string, unknown> {
  const document = parseDocument(readFileSync(path, 'utf8'));
  const problem = document.errors[0];
  if (problem) throw new UsageError(`${path}: ${problem.message.split('\n')[0]?.replace(/:$/, '')}`);
  let content: unknown;
  try {
    content = document.toJS() ?? {};
  } catch (error) {
    // An alias without its anchor is noticed only here.
    throw new UsageError(`${path}: ${explain(error)}`);
  }
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new UsageError(`${path}: a list of "name: value" lines is needed, e.g. "proxy-port: 8080"`);
  }
  return content as Record<string, unknown>;
}

function readValue(path: string, flag: Flag, value: unknown): unknown {
  const wrong = (need: string) => new UsageError(`${path}: ${flag.name}: ${need}`);
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

function unknownKey(path: string, key: string, all: Flag[]): UsageError {
  const plain = key.replaceAll('_', '-').toLowerCase();
  const near = all.find((flag) => flag.name === plain || flag.name.startsWith(plain) || plain.startsWith(flag.name));
  const hint = near ? `did you mean "${near.name}"?` : 'see phonehome start --help for the names';
  return new UsageError(`${path}: unknown key "${key}": ${hint}`);
}
