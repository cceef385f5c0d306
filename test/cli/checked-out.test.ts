/** `phonehome --version` of a checkout says its commit, as git does. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { commitOf } from '../../src/cli/checked-out.ts';
import { requireTool, toolPath } from '../clients/tools.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'checked-out-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('is what git says: on a branch, packed, detached, and in a second working tree', (context) => {
  requireTool(context, 'git');
  const main = path.join(directory, 'main');
  const second = path.join(directory, 'second');
  mkdirSync(main);
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const git = (cwd: string, ...args: string[]): string =>
    execFileSync(toolPath('git'), ['-c', 'user.name=lab', '-c', 'user.email=lab@example.com', ...args], {
      cwd,
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  const commit = (): string => {
    git(main, 'commit', '--quiet', '--allow-empty', '--message', 'one more');
    return git(main, 'rev-parse', 'HEAD');
  };
  git(main, 'init', '--quiet');
  expect(commitOf(main)).toBeNull();
  const first = commit();
  expect(commitOf(main)).toBe(first);
  git(main, 'pack-refs', '--all');
  expect(commitOf(main)).toBe(first);
  git(main, 'worktree', 'add', '--quiet', '-b', 'other', second);
  const next = commit();
  expect([commitOf(main), commitOf(second)]).toEqual([next, first]);
  git(main, 'checkout', '--quiet', '--detach', first);
  expect(commitOf(main)).toBe(first);
});

it('is unknown where no checkout is, or nothing of it can be read', () => {
  expect(commitOf(directory)).toBeNull();
  writeFileSync(path.join(directory, '.git'), 'gitdir: /nowhere\n');
  expect(commitOf(directory)).toBeNull();
});
