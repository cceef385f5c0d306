/** One passphrase for all keys: wrong ones change nothing, an interrupted change is finished by the same command. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAuthority } from '../../src/ca/authority.ts';
import { changePassphrase } from '../../src/ca/root.ts';
import { rotateAuthority } from '../../src/ca/rotation.ts';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { openEvidence, openKeys } from '../../src/lab/evidence.ts';
import { sealKeys, sealWhatIsClear } from '../../src/lab/key-passphrase.ts';
import { isSealedFile, sealFile } from '../../src/sinks/evidence/key-file.ts';

let data = '';
let paths = pathsIn('');
const now = Date.now;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'key-passphrase-'));
  paths = pathsIn(data);
  openAuthority(paths.certs, { now });
  openEvidence(data).close();
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const opens = (passphrase: string | null): string => {
  openAuthority(paths.certs, { now, passphrase });
  return openKeys(data, passphrase).key.toString('hex');
};

it.each([
  ['after the authority’s key', () => void changePassphrase(paths.certs, now(), ['one'], 'two')],
  ['after the first key of the evidence', () => void sealFile(paths.evidenceKey, ['one'], 'two')],
])('a change that was interrupted %s is finished by doing it again', (_where, interrupted) => {
  const key = opens(null);
  sealKeys(data, [null, 'one'], 'one');
  interrupted();
  expect(() => opens('one')).toThrow(/does not open/);
  expect(sealKeys(data, ['one', 'two'], 'two')).toEqual([]);
  expect(opens('two')).toBe(key);
});

it('with a wrong passphrase nothing is changed', () => {
  sealKeys(data, [null, 'one'], 'one');
  const before = [paths.evidenceKey, paths.signingKey].map((file) => readFileSync(file, 'utf8'));
  expect(() => sealKeys(data, ['two', 'three'], 'three')).toThrow(/does not open/);
  expect(() => sealKeys(data, ['two', null], null)).toThrow(/does not open/);
  expect([paths.evidenceKey, paths.signingKey].map((file) => readFileSync(file, 'utf8'))).toEqual(before);
  sealWhatIsClear(data, null);
  expect(isSealedFile(paths.signingKey)).toBe(true);
});

it('names an earlier authority whose key is encrypted with something nobody gave', () => {
  sealKeys(data, [null, 'one'], 'one');
  const { keptIn } = rotateAuthority(paths.certs, { now, passphrase: 'two' });
  expect(keptIn && existsSync(join(keptIn, 'ca.key'))).toBe(true);
  for (const file of [paths.evidenceKey, paths.signingKey]) sealFile(file, ['one'], 'two');
  expect(sealKeys(data, ['two', 'three'], 'three')).toEqual([join(keptIn ?? '', 'ca.key')]);
  expect(opens('three')).toHaveLength(64);
});
