/** Every exported form is opened with OpenSSL, holds the root, and holds no private key. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openAuthority } from '../../src/ca/authority.ts';
import { EXPORT_FORMS, P12_PASSWORD } from '../../src/ca/exports.ts';
import { requireTool, toolPath } from '../clients/tools.ts';
import { temporaryDirectories } from '../temporary.ts';

const temporary = temporaryDirectories();

const directory = () => temporary('ca-');
const openssl = (...args: string[]) =>
  execFileSync(toolPath('openssl'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

describe.each([false, true])('exports of a root with rsa = %s', (useRsa) => {
  const dir = join(directory(), 'certs');
  const authority = openAuthority(dir, { now: Date.now, rsa: useRsa });
  const out = directory();
  const write = (form: (typeof EXPORT_FORMS)[number]) => {
    const file = authority.export(form);
    const path = join(out, file.fileName);
    writeFileSync(path, file.bytes);
    return path;
  };
  const fingerprint = authority.root.fingerprint256;

  test('.pem and .cer are the root', () => {
    expect(new X509Certificate(readFileSync(write('pem'))).fingerprint256).toBe(fingerprint);
    expect(openssl('x509', '-inform', 'DER', '-in', write('cer'), '-noout', '-fingerprint', '-sha256')).toContain(
      fingerprint,
    );
  });

  test('.p12 opens with its password and holds the certificate and no key', () => {
    const text = openssl('pkcs12', '-in', write('p12'), '-passin', `pass:${P12_PASSWORD}`, '-nodes');
    expect(text).toContain(`friendlyName: ${authority.root.commonName}`);
    expect(text).not.toContain('PRIVATE KEY');
    expect(new X509Certificate(text.slice(text.indexOf('-----BEGIN'))).fingerprint256).toBe(fingerprint);
  });

  test('.p12 with a wrong password is refused: its MAC is real', (context) => {
    requireTool(context, 'openssl');
    expect(() => openssl('pkcs12', '-in', write('p12'), '-passin', 'pass:wrong', '-nokeys')).toThrow(
      /mac verify|invalid password/i,
    );
  });

  test('.mobileconfig is signed, verifies against the root, and carries it as a root payload', () => {
    const path = write('mobileconfig');
    const xml = openssl('cms', '-verify', '-inform', 'DER', '-in', path, '-CAfile', authority.root.pemPath);
    expect(xml).toContain('<string>com.apple.security.root</string>');
    const base64 = /<key>PayloadContent<\/key>\s*<data>([^<]*)<\/data>/.exec(xml)?.[1] as string;
    expect(new X509Certificate(Buffer.from(base64, 'base64')).fingerprint256).toBe(fingerprint);
    const damaged = readFileSync(path);
    damaged[damaged.indexOf('Remove it')] = 0x58;
    writeFileSync(path, damaged);
    expect(() => openssl('cms', '-verify', '-inform', 'DER', '-in', path, '-CAfile', authority.root.pemPath)).toThrow();
  });

  test('.mobileconfig of the same root always replaces itself on the phone', () => {
    const uuids = () =>
      authority
        .export('mobileconfig')
        .bytes.toString('latin1')
        .match(/[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}/g);
    expect(uuids()).toHaveLength(2);
    expect(uuids()).toEqual(uuids());
  });

  test("the file name for Android's system store is OpenSSL's old subject hash", () => {
    const hash = openssl('x509', '-in', authority.root.pemPath, '-noout', '-subject_hash_old').trim();
    expect(authority.export('android-system').fileName).toBe(`${hash}.0`);
  });

  test('no form holds the private key', () => {
    const pem = readFileSync(join(dir, 'ca.key'), 'utf8');
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    // The private part itself, without PKCS#8's head and the public key that certificates carry too.
    const secret = useRsa ? der.subarray(600, 640) : der.subarray(36, 68);
    for (const form of EXPORT_FORMS) {
      const { bytes } = authority.export(form);
      expect(bytes.includes(secret)).toBe(false);
      expect(bytes.includes('PRIVATE KEY')).toBe(false);
    }
    expect(der.includes(secret)).toBe(true);
  });
});
