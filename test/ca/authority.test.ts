/** The certificates stand before clients that were not written by us: OpenSSL, curl, Node's own TLS. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Authority, type Leaf, openAuthority } from '../../src/ca/authority.ts';
import type { ServerCertificate } from '../../src/model/flow.ts';
import { toolPath } from '../clients/tools.ts';
import { temporaryDirectories } from '../temporary.ts';

const temporary = temporaryDirectories();

const run = promisify(execFile);
const DAY_MS = 86_400_000;
const freshDir = () => join(temporary('ca-'), 'certs');
const open = (options: { rsa?: boolean } = {}) => openAuthority(freshDir(), { now: Date.now, ...options });
const plain = { mirror: null, untrusted: false };
const ec = open();
const rsa = open({ rsa: true });

function mirrorOf(names: string[]): ServerCertificate {
  return { names, organization: null, country: null, issuer: null, validTo: null, problem: null };
}

/** Null when `openssl verify` accepts, else what it says. */
async function opensslProblem(authority: Authority, leaf: Leaf, ...flags: string[]): Promise<string | null> {
  const openssl = toolPath('openssl');
  const file = join(temporary('leaf-'), 'leaf.pem');
  writeFileSync(file, leaf.cert);
  try {
    await run(openssl, [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-CAfile',
      authority.root.pemPath,
      ...flags,
      file,
    ]);
    return null;
  } catch (error) {
    return String((error as { stderr: string }).stderr);
  }
}

/** What curl says when a server shows this leaf on 127.0.0.1 under `name`. */
async function curl(authority: Authority, leaf: Leaf, name: string): Promise<{ body: string; exit: number }> {
  const program = toolPath('curl');
  const server = createServer({ key: leaf.key, cert: leaf.cert }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok'));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const args = ['-sS', '--noproxy', '*', '--cacert', authority.root.pemPath];
  args.push('--resolve', `${name}:${port}:127.0.0.1`, `https://${name}:${port}/`);
  try {
    const { stdout } = await run(program, args);
    return { body: stdout, exit: 0 };
  } catch (error) {
    return { body: '', exit: (error as { code: number }).code };
  } finally {
    server.close();
  }
}

describe.each([
  ['ECDSA P-256', ec],
  ['RSA-2048', rsa],
])('leaves of an %s root', (_name, authority) => {
  test('are accepted by openssl verify in strict mode, for a DNS name, IPv4 and IPv6', async () => {
    const dns = authority.leafFor({ host: 'zzhc.vnet.cn', ...plain });
    expect(await opensslProblem(authority, dns, '-verify_hostname', 'zzhc.vnet.cn')).toBeNull();
    const v4 = authority.leafFor({ host: '42.62.48.10', ...plain });
    expect(await opensslProblem(authority, v4, '-verify_ip', '42.62.48.10')).toBeNull();
    const v6 = authority.leafFor({ host: '2001:db8::1', ...plain });
    expect(await opensslProblem(authority, v6, '-verify_ip', '2001:db8::1')).toBeNull();
  });

  test('are accepted by curl, and refused by curl when untrusted', async () => {
    const good = authority.leafFor({ host: 'api.account.xiaomi.com', ...plain });
    expect(await curl(authority, good, 'api.account.xiaomi.com')).toEqual({ body: 'ok', exit: 0 });
    const bad = authority.leafFor({ host: 'api.account.xiaomi.com', mirror: null, untrusted: true });
    expect(await curl(authority, bad, 'api.account.xiaomi.com')).toEqual({ body: '', exit: 60 });
  });

  test('use the key type of the root, so that a phone that knows no ECDSA meets none', () => {
    const leaf = new X509Certificate(authority.leafFor({ host: 'a.example', ...plain }).cert);
    expect(leaf.publicKey.asymmetricKeyType).toBe(authority.root.keyType);
  });
});

test('the names of the server certificate are mirrored beside the name the phone asked for, wildcards and addresses too', () => {
  const leaf = ec.leafFor({
    host: 'www.example.com',
    mirror: mirrorOf(['*.example.com', 'example.com', 'WWW.example.com', '192.0.2.7', 'http://bad name']),
    untrusted: false,
  });
  expect(new X509Certificate(leaf.cert).subjectAltName).toBe(
    'DNS:www.example.com, DNS:*.example.com, DNS:example.com, IP Address:192.0.2.7',
  );
});

test('a leaf is at most 397 days long, back-dated a day, and within the life of its root', () => {
  const leaf = new X509Certificate(ec.leafFor({ host: 'a.example', ...plain }).cert);
  const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  expect(to - from).toBeLessThanOrEqual(397 * DAY_MS);
  expect(Math.abs(Date.now() - DAY_MS - from)).toBeLessThan(60_000);
  expect(from).toBeGreaterThan(Date.parse(ec.root.validFrom));

  const dir = freshDir();
  openAuthority(dir, { now: Date.now });
  const nearTheEnd = Date.now() + 3600 * DAY_MS;
  const late = openAuthority(dir, { now: () => nearTheEnd });
  const last = new X509Certificate(late.leafFor({ host: 'a.example', ...plain }).cert);
  expect(Date.parse(last.validTo)).toBe(Date.parse(late.root.validTo));
});

test('all leaves of a run share one key, differ in serial number, and are made once per name', () => {
  const a = ec.leafFor({ host: 'a.example', ...plain });
  const b = ec.leafFor({ host: 'b.example', ...plain });
  expect(a.key).toBe(b.key);
  expect(new X509Certificate(a.cert).serialNumber).not.toBe(new X509Certificate(b.cert).serialNumber);
  expect(ec.leafFor({ host: 'a.example', ...plain })).toBe(a);
  expect(ec.leafFor({ host: 'a.example', mirror: null, untrusted: true }).cert).not.toBe(a.cert);
});

test('a cached leaf is made anew before it ends', () => {
  let nowMs = Date.now();
  const authority = openAuthority(freshDir(), { now: () => nowMs });
  const first = authority.leafFor({ host: 'a.example', ...plain });
  nowMs += 300 * DAY_MS;
  const second = authority.leafFor({ host: 'a.example', ...plain });
  expect(Date.parse(new X509Certificate(second.cert).validTo)).toBeGreaterThan(nowMs + 300 * DAY_MS);
  expect(second.cert).not.toBe(first.cert);
});

test.each([
  ['self-signed', /self-signed certificate/],
  ['wrong-name', /hostname mismatch/],
  ['expired', /certificate has expired/],
] as const)('the app trust test certificate "%s" has that one fault', async (fault, problem) => {
  const leaf = ec.trustTestLeaf(fault, 'bank.example');
  const message = await opensslProblem(ec, leaf, '-verify_hostname', 'bank.example');
  expect(message).toMatch(problem);
  expect(message?.match(/^error \d+ at/gm)).toHaveLength(1);
  expect((await curl(ec, leaf, 'bank.example')).exit).toBe(60);
});

test('1,000 random names, sane and insane, all give a certificate OpenSSL can read and the root has signed', () => {
  const root = new X509Certificate(ec.root.certificatePem);
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.string({ unit: 'binary', maxLength: 300 }));
  fc.assert(
    fc.property(host, fc.array(host, { maxLength: 3 }), (name, mirrored) => {
      const leaf = new X509Certificate(ec.leafFor({ host: name, mirror: mirrorOf(mirrored), untrusted: false }).cert);
      expect(leaf.verify(root.publicKey)).toBe(true);
      expect(leaf.checkIssued(root)).toBe(true);
      expect(leaf.ca).toBe(false);
      expect(leaf.subjectAltName).toBeTruthy();
    }),
    { numRuns: 1000 },
  );
});

test('random domain names are covered by their own leaf', () => {
  fc.assert(
    fc.property(fc.domain(), (name) => {
      const leaf = new X509Certificate(ec.leafFor({ host: name, ...plain }).cert);
      expect(leaf.checkHost(name.toLowerCase())).toBe(name.toLowerCase());
    }),
  );
});

test('a name longer than a common name may be stands in the alternative names alone', async () => {
  const name = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;
  const leaf = ec.leafFor({ host: name, ...plain });
  expect(new X509Certificate(leaf.cert).subject).not.toContain('CN=');
  expect(await opensslProblem(ec, leaf, '-verify_hostname', name)).toBeNull();
});
