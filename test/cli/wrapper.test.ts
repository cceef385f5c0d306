/** `bin/phonehome.mjs` on a Node that is too old: what it says where the Node that npm brings is not there, or cannot run. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');
const OLD = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } })`;

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'wrapper-'));
  mkdirSync(path.join(dir, 'bin'));
  cpSync(BIN, path.join(dir, 'bin/phonehome.mjs'));
  // As a checkout: nothing of it is asked for before a Node that can run it is there.
  mkdirSync(path.join(dir, 'src/cli'), { recursive: true });
  writeFileSync(path.join(dir, 'src/cli/main.ts'), '');
});
afterEach(() => rmSync(dir, { recursive: true }));

function program(file: string, text: string): void {
  const whole = path.join(dir, file);
  mkdirSync(path.dirname(whole), { recursive: true });
  writeFileSync(whole, `#!/bin/sh\n${text}\n`);
  chmodSync(whole, 0o755);
}

/** What npm installed as the package `node`, which this text stands for. */
function bringNode(text: string): void {
  program('node_modules/node/bin/node', text);
  writeFileSync(path.join(dir, 'node_modules/node/package.json'), '{"name":"node","version":"26.10.0"}');
}

/** On a machine whose loader knows these libraries. */
function start(...libraries: string[]): { code: number | null; stderr: string } {
  program('tools/ldconfig', `echo '${libraries.map((name) => `${name} (libc6,x86-64) => /lib/${name}`).join('\n')}'`);
  const ran = spawnSync(process.execPath, ['--import', OLD, path.join(dir, 'bin/phonehome.mjs'), 'start'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${path.join(dir, 'tools')}:${process.env.PATH}` },
  });
  return { code: ran.status, stderr: ran.stderr };
}

describe('the command on Node 20', () => {
  it('asks for npm ci where nothing is installed', () => {
    expect(start('libc.so.6', 'libatomic.so.1')).toEqual({
      code: 1,
      stderr: `phonehome needs Node 26 or newer, this is 20.20.2: run "npm ci" in ${dir}/, it brings its own.\n`,
    });
  });

  it('names libatomic1 first where npm ci cannot have worked without it', () => {
    expect(start('libc.so.6')).toEqual({
      code: 1,
      stderr: `phonehome needs Node 26 or newer, this is 20.20.2: apt-get install libatomic1, then run "npm ci" in ${dir}/, it brings its own.\n`,
    });
  });

  it('names libatomic1 in one line when the installed Node 26 cannot start without it', () => {
    bringNode('exit 127');
    expect(start('libc.so.6')).toEqual({
      code: 127,
      stderr: 'phonehome: the Node 26 that npm brought needs a library that is missing: apt-get install libatomic1\n',
    });
  });

  it('hands everything to the installed Node 26, and its exit code back', () => {
    bringNode('for last; do :; done; echo "$last" >&2; exit 3');
    expect(start('libc.so.6', 'libatomic.so.1')).toEqual({ code: 3, stderr: 'start\n' });
  });
});
