/** No tool is taken for granted: a test starts one through `tools.ts`, and `.ci/run` installs them all. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGES, TOOL_NAMES } from './tools.ts';

const tests = path.resolve(import.meta.dirname, '..');
const STARTED = /\b(?:spawn|spawnSync|execFile|execFileSync)\(\s*'(?:\/[\w/]+\/)?([\w-]+)'/g;
const PROGRAMS = new Set<string>([...TOOL_NAMES, 'python3']);

/** Tools that a test starts by name although nobody asked whether they are there. */
function takenForGranted(text: string): string[] {
  if (/\bdescribeWith\(/.test(text)) return [];
  return [...text.matchAll(STARTED)].map((match) => match[1] ?? '').filter((name) => PROGRAMS.has(name));
}

describe('programs that tests need', () => {
  it.each([
    ["execFileSync('openssl', args)", ['openssl']],
    ["spawn('/usr/sbin/mosquitto', ['-c'])", ['mosquitto']],
    ["spawn(\n  'tmux',\n)", ['tmux']],
    ["execFileSync(toolPath('openssl'), args)", []],
    ["spawn('bash', ['-c', command])", []],
    ["describeWith(['tshark'], 'a', () => execFileSync('tshark'))", []],
  ])('are seen in: %s', (text, names) => {
    expect(takenForGranted(text)).toEqual(names);
  });

  it('are asked for by every test that starts one', () => {
    // A script for a checkout; networks of namespaces are made by these files for tests that asked; with a probe of its own the
    // last one asks itself.
    const harness = [
      'mutants.ts',
      'lab/network.ts',
      'lab/gateway-network.ts',
      'lab/traces.ts',
      'clients/tools.test.ts',
    ];
    const files = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const found = files
      .filter((name) => !harness.includes(name))
      .flatMap((name) =>
        takenForGranted(readFileSync(path.join(tests, name), 'utf8')).map((tool) => `${name}: ${tool}`),
      );
    expect(found).toEqual([]);
  });

  it('are all installed by .ci/run, which forbids skips', () => {
    const installed = readFileSync(path.join(tests, '../.ci/run'), 'utf8');
    const missing = PACKAGES.filter((name) => !new RegExp(`^  /\\S+ ${name}$`, 'm').test(installed));
    expect(missing).toEqual([]);
  });
});
