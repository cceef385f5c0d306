/** What a command writes where somebody said: files whole, and nothing that is no file is taken from its place. */
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readGiven, writeNamed } from '../../src/cli/named-file.ts';
import { PUBLIC } from '../../src/formats/replace-file.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'phonehome-named-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('a file is made anew for its owner alone, also where others could read the one before; a public one is public', () => {
  const file = join(directory, 'report.html');
  writeFileSync(file, 'old', { mode: 0o644 });
  writeNamed(file, 'new');
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['new', 0o600]);
  writeNamed(join(directory, 'ca.pem'), 'x', PUBLIC);
  expect(statSync(join(directory, 'ca.pem')).mode & 0o777).toBe(0o644);
});

it('what a link leads to is left alone', () => {
  writeFileSync(join(directory, 'other'), 'theirs');
  symlinkSync(join(directory, 'other'), join(directory, 'link'));
  writeNamed(join(directory, 'link'), 'ours');
  expect(readFileSync(join(directory, 'other'), 'utf8')).toBe('theirs');
});

it('a device stays in its place', () => {
  const before = lstatSync('/dev/null');
  writeNamed('/dev/null', 'x');
  expect(lstatSync('/dev/null')).toMatchObject({ ino: before.ino, rdev: before.rdev });
  expect(() => writeNamed('/dev/full', 'x')).toThrow(/ENOSPC/);
});

it('a directory is named, read or written', () => {
  const wrong = expect.objectContaining({ code: 'EISDIR', path: directory });
  expect(() => readGiven(directory)).toThrow(wrong);
  expect(() => writeNamed(directory, 'x')).toThrow(wrong);
  expect(readdirSync(directory)).toEqual([]);
});
