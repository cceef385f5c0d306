/** The package holds the tables that are made when packing, which git leaves out; an operator's own files stay at home. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

it('geoip: tables and the own list of companies, no database of an operator', () => {
  const copy = mkdtempSync(path.join(tmpdir(), 'packed-'));
  try {
    mkdirSync(path.join(copy, 'geoip'));
    for (const file of ['package.json', '.gitignore', 'geoip/.gitignore', 'geoip/.npmignore', 'geoip/owners.json'])
      cpSync(path.join(ROOT, file), path.join(copy, file));
    for (const file of ['as-ipv4.table', 'mine.mmdb', 'owners.local.json'])
      writeFileSync(path.join(copy, 'geoip', file), '');
    const said = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: copy,
      encoding: 'utf8',
    });
    const paths = [...said.matchAll(/"path": "(geoip\/[^"]+)"/g)].map(([, file]) => file);
    expect(paths.sort()).toEqual(['geoip/as-ipv4.table', 'geoip/owners.json']);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

it('what is taken away after installing leaves what reads the destination of a redirected connection able to load', () => {
  const copy = mkdtempSync(path.join(tmpdir(), 'trimmed-'));
  try {
    for (const part of ['bin/trim.mjs', 'node_modules/koffi', 'node_modules/@koromix'])
      cpSync(path.join(ROOT, part), path.join(copy, part), { recursive: true });
    execFileSync(process.execPath, [path.join(copy, 'bin/trim.mjs')]);
    expect(existsSync(path.join(copy, 'node_modules/koffi/src/koffi/src/call.cc'))).toBe(false);
    const script = "process.stdout.write(String(require('koffi').load(null).func('int getpid()')() === process.pid))";
    expect(execFileSync(process.execPath, ['-e', script], { cwd: copy, encoding: 'utf8' })).toBe('true');
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
