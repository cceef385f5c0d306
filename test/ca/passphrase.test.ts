/** The authority's key on disk, encrypted: no lab without the passphrase, everything public without it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findAuthority, openAuthority } from '../../src/ca/authority.ts';
import { changePassphrase, isKeySealed, keyPath } from '../../src/ca/root.ts';
import { rotateAuthority } from '../../src/ca/rotation.ts';
import { requireTool, toolPath } from '../clients/tools.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'passphrase-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const now = Date.now;
const leaf = { host: 'example.com', mirror: null, untrusted: false };

it.each([false, true])('is set, changed and removed (RSA: %s), and the authority stays the same', (rsa) => {
  const { root } = openAuthority(dir, { now, rsa });
  changePassphrase(dir, now(), [null], 'one');
  expect([isKeySealed(dir), statSync(keyPath(dir)).mode & 0o777]).toEqual([true, 0o600]);
  expect(() => openAuthority(dir, { now })).toThrow(/is encrypted: give its passphrase/);
  expect(() => openAuthority(dir, { now, passphrase: 'two' })).toThrow(/does not open/);
  expect(openAuthority(dir, { now, passphrase: 'one' }).root).toEqual(root);
  expect(() => changePassphrase(dir, now(), ['two'], null)).toThrow(/does not open/);
  changePassphrase(dir, now(), ['one'], 'two');
  expect(openAuthority(dir, { now, passphrase: 'two' }).leafFor(leaf).cert).toContain('BEGIN CERTIFICATE');
  changePassphrase(dir, now(), ['two'], null);
  expect(isKeySealed(dir)).toBe(false);
  expect(openAuthority(dir, { now }).root).toEqual(root);
});

it('without it the certificate is shown and exported, and nothing is signed', () => {
  const { root } = openAuthority(dir, { now, passphrase: 'one' });
  const locked = findAuthority(dir, { now });
  expect(locked?.root).toEqual(root);
  expect(locked?.export('pem').bytes.toString()).toBe(root.certificatePem);
  expect(() => locked?.leafFor(leaf)).toThrow(/is encrypted/);
  expect(() => locked?.export('mobileconfig')).toThrow(/is encrypted/);
});

it('rotation encrypts the new key as well', () => {
  openAuthority(dir, { now, passphrase: 'one' });
  rotateAuthority(dir, { now, passphrase: 'one' });
  expect(isKeySealed(dir)).toBe(true);
  expect(() => openAuthority(dir, { now, passphrase: 'one' })).not.toThrow();
});

it('is a file that OpenSSL reads', (context) => {
  requireTool(context, 'openssl');
  openAuthority(dir, { now, passphrase: 'one' });
  const read = execFileSync(toolPath('openssl'), ['pkey', '-in', keyPath(dir), '-passin', 'pass:one', '-pubout']);
  expect(read.toString()).toContain('BEGIN PUBLIC KEY');
  expect(readFileSync(keyPath(dir), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
});
