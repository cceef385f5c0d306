/** The root on disk: made once, kept private, and every kind of damage named in one line that says what to do. */
import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { findAuthority, openAuthority } from '../../src/ca/authority.ts';
import { AuthorityError } from '../../src/ca/root.ts';
import { rotateAuthority } from '../../src/ca/rotation.ts';
import { temporaryDirectories } from '../temporary.ts';

const temporary = temporaryDirectories();

const now = Date.now;
const freshDir = () => join(temporary('ca-'), 'data', 'certs');
const modeOf = (path: string) => statSync(path).mode & 0o777;

function withRoot(): string {
  const dir = freshDir();
  openAuthority(dir, { now });
  return dir;
}

test('the directory is 0700, the key 0600, and the key type is what was asked for', () => {
  const dir = withRoot();
  expect(modeOf(dir)).toBe(0o700);
  expect(modeOf(join(dir, 'ca.key'))).toBe(0o600);
  expect(openAuthority(dir, { now }).root.keyType).toBe('ec');
  expect(openAuthority(freshDir(), { now, rsa: true }).root.keyType).toBe('rsa');
});

test('a second start loads the same root, and two installations never share one', () => {
  const dir = withRoot();
  const first = openAuthority(dir, { now }).root;
  expect(openAuthority(dir, { now, rsa: true }).root).toEqual(first);
  const other = openAuthority(freshDir(), { now }).root;
  expect(other.fingerprint256).not.toBe(first.fingerprint256);
  expect(other.commonName).not.toBe(first.commonName);
});

test('a key that others could read signs nothing: it is said what to do, and rotating helps', () => {
  const dir = withRoot();
  chmodSync(join(dir, 'ca.key'), 0o644);
  expect(() => openAuthority(dir, { now })).toThrow(
    /ca\.key can be read by others \(mode 644\): .*phonehome ca rotate$/,
  );
  rotateAuthority(dir, { now });
  expect(modeOf(join(dir, 'ca.key'))).toBe(0o600);
});

test.each<[string, (dir: string) => void, RegExp]>([
  ['the key is missing', (d) => rmSync(join(d, 'ca.key')), /ca\.key is missing while ca\.pem is there/],
  ['the certificate is missing', (d) => rmSync(join(d, 'ca.pem')), /ca\.pem is missing while ca\.key is there/],
  ['the key is garbage', (d) => writeFileSync(join(d, 'ca.key'), 'x'), /ca\.key is not a private key/],
  ['the key is empty', (d) => writeFileSync(join(d, 'ca.key'), ''), /ca\.key is not a private key/],
  ['the certificate is cut off', (d) => writeFileSync(join(d, 'ca.pem'), cutOff(d)), /ca\.pem is not a certificate/],
  ['the key is of another root', (d) => copyFileSync(join(withRoot(), 'ca.key'), join(d, 'ca.key')), /does not belong/],
  ['the certificate is a leaf', replaceByLeaf, /ca\.pem is not a CA certificate/],
])('when %s the error is one line that names it and says what to do', (_name, damage, problem) => {
  const dir = withRoot();
  damage(dir);
  const before = readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]);
  const attempt = () => openAuthority(dir, { now });
  expect(attempt).toThrow(AuthorityError);
  expect(attempt).toThrow(problem);
  expect(attempt).toThrow(/^[^\n]*restore it from a backup, or make a new one with 'phonehome ca rotate'$/);
  expect(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')])).toEqual(before);
});

test('looking for an authority never makes one', () => {
  const dir = freshDir();
  expect(findAuthority(dir, { now })).toBeNull();
  expect(existsSync(dir)).toBe(false);
  const made = openAuthority(dir, { now });
  expect(findAuthority(dir, { now })?.info).toEqual(made.info);
  rmSync(made.info.key);
  expect(() => findAuthority(dir, { now })).toThrow(/ca\.key is missing/);
});

test('an expired root and a clock before its time are told apart', () => {
  const dir = withRoot();
  const years = (count: number) => () => Date.now() + count * 365.25 * 86_400_000;
  expect(() => openAuthority(dir, { now: years(11) })).toThrow(/ca\.pem expired on .*ca rotate/);
  expect(() => openAuthority(dir, { now: years(-1) })).toThrow(/set this machine's clock right/);
});

test('a directory that cannot be made is one line that says which', () => {
  const file = join(temporary('ca-'), 'file');
  writeFileSync(file, '');
  expect(() => openAuthority(join(file, 'certs'), { now })).toThrow(/^CA directory .*ENOTDIR.*--data$/);
});

test('rotation keeps the old pair aside, makes a new root, and names the phones that must reinstall', () => {
  const dir = withRoot();
  const old = openAuthority(dir, { now }).root;
  const report = rotateAuthority(dir, { now, phones: ['nokia-7-plus-01', 'redmi-02'] });
  expect(report.oldFingerprint).toBe(old.fingerprint256);
  expect(report.authority.root.fingerprint256).not.toBe(old.fingerprint256);
  expect(openAuthority(dir, { now }).root).toEqual(report.authority.root);
  const kept = report.keptIn as string;
  expect(new X509Certificate(readFileSync(join(kept, 'ca.pem'))).fingerprint256).toBe(old.fingerprint256);
  expect(modeOf(join(kept, 'ca.key'))).toBe(0o600);
  expect(report.lines.join('\n')).toContain(old.fingerprint256);
  expect(report.lines.join('\n')).toContain('on: nokia-7-plus-01, redmi-02');
});

test('rotation to RSA serves a phone that knows nothing else: root, leaf and signatures, also after a restart', async () => {
  const dir = withRoot();
  rotateAuthority(dir, { now, rsa: true });
  const authority = openAuthority(dir, { now });
  await authority.prepare();
  const { key, cert } = authority.leafFor({ host: 'a.example', mirror: null, untrusted: false, key: 'rsa' });
  const root = new X509Certificate(authority.root.certificatePem);
  expect([root, new X509Certificate(cert)].map(({ publicKey }) => publicKey.asymmetricKeyType)).toEqual(['rsa', 'rsa']);
  const server = createServer({ key, cert, ciphers: 'DEFAULT:@SECLEVEL=0', minVersion: 'TLSv1' }, (socket) =>
    socket.end('read'),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  // As Android 2.3 offers it: TLS 1.0, RSA key exchange, no curves.
  const phone = connect({
    ...{ host: '127.0.0.1', port: (server.address() as AddressInfo).port, servername: 'a.example' },
    ...{
      ca: authority.root.certificatePem,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1',
      ciphers: 'AES128-SHA:@SECLEVEL=0',
    },
  });
  expect(await text(phone)).toBe('read');
  expect(phone.authorized).toBe(true);
  server.close();
});

test('rotation repairs a damaged pair and works where there was none', () => {
  const dir = withRoot();
  writeFileSync(join(dir, 'ca.pem'), 'garbage');
  const report = rotateAuthority(dir, { now });
  expect(report.oldFingerprint).toBeNull();
  expect(openAuthority(dir, { now }).root).toEqual(report.authority.root);
  const fresh = rotateAuthority(freshDir(), { now });
  expect(fresh.keptIn).toBeNull();
  expect(fresh.lines).toHaveLength(1);
});

function cutOff(dir: string): string {
  return readFileSync(join(dir, 'ca.pem'), 'utf8').slice(0, 200);
}

function replaceByLeaf(dir: string): void {
  const leaf = openAuthority(dir, { now }).leafFor({ host: 'a.example', mirror: null, untrusted: false });
  writeFileSync(join(dir, 'ca.pem'), leaf.cert);
  writeFileSync(join(dir, 'ca.key'), leaf.key);
}
