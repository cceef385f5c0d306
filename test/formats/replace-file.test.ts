/** A file is made anew whole or not at all, for its owner alone unless it is said to be public. */
import {
  existsSync,
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
import { makeDirectories, PUBLIC, replaceFile } from '../../src/formats/replace-file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'phonehome-replace-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

it('is private, and so is a directory made for it', () => {
  const path = join(directory, 'new', 'file');
  replaceFile(path, 'one');
  replaceFile(path, 'two');
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect([modeOf(path), modeOf(join(directory, 'new'))]).toEqual([0o600, 0o700]);
});

it('is readable by all when it is public, whatever the umask', () => {
  const before = process.umask(0o077);
  try {
    replaceFile(join(directory, 'file'), Buffer.from('x'), PUBLIC);
  } finally {
    process.umask(before);
  }
  expect(modeOf(join(directory, 'file'))).toBe(0o644);
});

it('takes the place of a link and leaves what the link leads to alone', () => {
  const other = join(directory, 'other');
  replaceFile(other, 'theirs');
  symlinkSync(other, join(directory, 'file'));
  replaceFile(join(directory, 'file'), 'ours');
  expect(readFileSync(other, 'utf8')).toBe('theirs');
  expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('ours');
});

it('leaves nothing beside it when it cannot be put in its place', () => {
  replaceFile(join(directory, 'file', 'inside'), 'x');
  expect(() => replaceFile(join(directory, 'file'), 'y')).toThrow();
  expect(readdirSync(directory)).toEqual(['file']);
  expect(existsSync(join(directory, 'file', 'inside'))).toBe(true);
});

it('a directory that the disk does not make is an error, also where Node’s own way never ends', () => {
  writeFileSync(join(directory, 'file'), '');
  expect(() => makeDirectories(join(directory, 'file', 'below'), 0o700)).toThrow(/ENOTDIR/);
  if (existsSync('/proc/self')) expect(() => makeDirectories('/proc/phonehome/below', 0o700)).toThrow(/ENOENT/);
});
