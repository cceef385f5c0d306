/**
 * Bad input in TLS, against a lab as a user starts it: certificates no honest server has, connections that break or stall at
 * every step, a client that is another one on every try. Each comes to the same as without the lab or has a reason in the list of
 * flows; the lab works on, and nothing of it grows.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer as createTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer as createTls } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FlowRecord } from '../../src/model/flow.ts';
import { type Ran, run } from '../clients/process.ts';
import { describeWith, findTool, toolPath } from '../clients/tools.ts';
import { createAuthority } from '../wire/certificates.ts';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

const DAYS_TO_9999 = Math.floor((Date.UTC(9999, 11, 30) - Date.now()) / 86_400_000);
/** What `openssl req -x509` is given: key, serial, names. */
const CERTIFICATES: Record<string, string[]> = {
  'a negative serial': ['-newkey', 'rsa:2048', '-set_serial', '-12345678901234567890'],
  'a serial of zero': ['-newkey', 'rsa:2048', '-set_serial', '0'],
  'a serial of 60 bytes': ['-newkey', 'rsa:2048', '-set_serial', `0x${'7f'.repeat(60)}`],
  'no names at all': ['-newkey', 'rsa:2048', '-subj', '/', '-addext', 'nsComment=none'],
  '2,000 names': ['-newkey', 'rsa:2048', '-extensions', 'n2000'],
  '10,000 names': ['-newkey', 'rsa:2048', '-extensions', 'n10000'],
  'odd names': [
    '-newkey',
    'rsa:2048',
    '-addext',
    'subjectAltName=DNS:*.*.com,DNS:-,DNS:.,IP:0.0.0.0,URI:x:y,email:a@b.c',
  ],
  'control characters in its names': ['-newkey', 'rsa:2048', '-subj', '/CN=a\u001b]0;owned\u0007/O=line\\\nbreak'],
  'a key of 1,024 bits': ['-newkey', 'rsa:1024'],
  'a key on secp256k1': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
  'a key on brainpoolP512r1': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:brainpoolP512r1'],
  'a curve that is spelt out': [
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
  ],
  'a key on P-521': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  'an Ed25519 key': ['-newkey', 'ed25519'],
  'an Ed448 key': ['-newkey', 'ed448'],
  'an end in the year 9999': ['-newkey', 'rsa:2048', '-days', String(DAYS_TO_9999)],
  'SHA-1': ['-newkey', 'rsa:2048', '-sha1'],
};
/** For openssl: so many names fit no command line. */
const manyNames = (count: number): string => {
  const names = Array.from({ length: count }, (_, index) => `DNS.${index} = n${index}.example.com`);
  return `[n${count}]\nsubjectAltName = @names${count}\n[names${count}]\n${names.join('\n')}\n`;
};
const KINDS = Object.keys(CERTIFICATES);
const hostOf = (kind: string) => `odd-${KINDS.indexOf(kind)}.example.com`;
const CUT = 'cut.example.com';
const MANY = 'many.example.com';

const authority = createAuthority('World of odd certificates');
const opened: (Server | ChildProcess)[] = [];
const ports = new Map<string, number>();
const made = new Set<string>();
let world: World;
let dir: string;
const file = (name: string) => path.join(dir, name);

async function listen(server: Server): Promise<number> {
  opened.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** s_server with such a certificate; one that this OpenSSL cannot make is no server. */
async function startOdd(kind: string): Promise<void> {
  const free = createTcp();
  const port = await listen(free);
  await new Promise((done) => free.close(done));
  ports.set(hostOf(kind), port);
  const program = findTool('openssl');
  if (!program) return;
  const [key, cert] = [file(`${hostOf(kind)}.key`), file(`${hostOf(kind)}.pem`)];
  const given = CERTIFICATES[kind] ?? [];
  const names = /-addext|-extensions/.test(given.join()) ? [] : ['-addext', `subjectAltName=DNS:${hostOf(kind)}`];
  const subject = given.includes('-subj') ? [] : ['-subj', `/CN=${hostOf(kind)}`];
  const configuration = file('openssl.cnf');
  const args = ['req', '-x509', '-nodes', '-config', configuration, ...subject, ...names, ...given];
  const done = await run(program, [...args, '-keyout', key, '-out', cert]);
  if (done.code !== 0) return;
  made.add(kind);
  opened.push(
    spawn(
      program,
      ['s_server', '-www', '-cipher', 'ALL:@SECLEVEL=0', '-key', key, '-cert', cert, '-accept', `127.0.0.1:${port}`],
      {
        stdio: 'ignore',
      },
    ),
  );
}

/* A wire that breaks: between a client and the lab, or between the lab and a server. */

const ENDINGS = {
  'is reset': (socket: Socket) => void socket.resetAndDestroy(),
  ends: (socket: Socket) => void socket.end(),
  stalls: () => {},
  'turns to noise': (socket: Socket) => void socket.write(Buffer.alloc(300, 0xaa)),
} as const;
type Ending = keyof typeof ENDINGS;
/** Bytes: nothing, within the first record's header, within hellos, flights, heads and bodies. */
const CUTS = [0, 80, 900, 2400];
/** What the next connections over a cutting wire come to. */
const cut = { side: 'server' as 'server' | 'client', bytes: 0, ending: 'ends' as Ending };

/** Passes bytes on until so many came from the far (or the near) side; then that side ends as was asked. */
function cuttingWire(to: () => number): Promise<number> {
  return listen(
    createTcp((near) => {
      const { side, bytes, ending } = cut;
      const far = connect(to(), '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => {});
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      const [from, into] = side === 'server' ? [far, near] : [near, far];
      into.pipe(from);
      let passed = 0;
      let isOver = false;
      const pass = (chunk: Buffer): void => {
        if (isOver) return;
        const rest = bytes - passed;
        passed += chunk.length;
        if (rest > 0) into.write(chunk.subarray(0, rest));
        if (passed < bytes) return;
        isOver = true;
        ENDINGS[ending](into);
      };
      from.on('data', pass);
      if (bytes === 0) pass(Buffer.alloc(0));
    }),
  );
}
let nearWire = 0;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'odd-certificates-'));
  await writeFile(file('openssl.cnf'), `[req]\ndistinguished_name = dn\n[dn]\n${manyNames(2000)}${manyNames(10_000)}`);
  await writeFile(file('world.pem'), authority.pem);
  for (const kind of KINDS) await startOdd(kind);
  const answer = (socket: Socket): void => {
    socket.on('error', () => {});
    socket.once('data', () =>
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 3000\r\nConnection: close\r\n\r\n${'x'.repeat(3000)}`),
    );
  };
  const server = createTls(authority.issue([CUT, MANY]), answer);
  server.on('tlsClientError', () => {});
  const port = await listen(server);
  ports.set(MANY, port);
  ports.set(CUT, await cuttingWire(() => port));
  world = await startWorld({
    more: async () => [...ports].map(([host, listensOn]) => ({ host, port: 443, listensOn })),
    args: ['--upstream-ca', file('world.pem')],
  });
  nearWire = await cuttingWire(() => world.lab.phone.proxy.port);
  await writeFile(file('both.pem'), (await readFile(world.lab.ready.ca.pem, 'utf8')) + authority.pem);
});
afterAll(async () => {
  await world?.end();
  for (const one of opened) 'close' in one ? one.close() : one.kill();
  await rm(dir, { recursive: true });
});

const curl = (...args: string[]): Promise<Ran> =>
  run(toolPath('curl'), ['-sS', '--max-time', '20', '--noproxy', '*', ...args]);
const throughLab = (host: string, ...args: string[]): Promise<Ran> =>
  run(toolPath('curl'), [
    ...['-sS', '--max-time', '20', '--noproxy', '', '-x', `http://127.0.0.1:${world.lab.phone.proxy.port}`],
    ...args,
    `https://${host}/`,
  ]);
const flowsTo = async (host: string): Promise<FlowRecord[]> =>
  ((await world.lab.api(`/api/flows?host=${host}&limit=2000`)) as { flows: FlowRecord[] }).flows;
async function stillWorks(): Promise<void> {
  expect((await throughLab(MANY, '--cacert', file('both.pem'))).code).toBe(0);
  expect(world.lab.stderr()).not.toMatch(/internal error|internal fault/);
}

describeWith(['curl', 'openssl'], 'a server’s certificate with', () => {
  it.each(KINDS)('%s: an app that checks and one that does not come to the same as without the lab', async (kind) => {
    if (!made.has(kind)) return expect(kind).toMatch(/SHA-1|1,024|spelt/); // Another OpenSSL may refuse to make these.
    const host = hostOf(kind);
    const direct = ['--connect-to', `${host}:443:127.0.0.1:${ports.get(host)}`];
    for (const trust of [['--cacert', file('both.pem')], ['-k']]) {
      const without = (await curl(...direct, ...trust, `https://${host}/`)).code === 0;
      let through = false;
      for (let tries = 0; tries < 3 && !through; tries++) through = (await throughLab(host, ...trust)).code === 0;
      expect([trust[0], through]).toEqual([trust[0], without]);
    }
    const flows = await eventually('the flows are filed', async () => {
      const all = await flowsTo(host);
      return all.length >= 2 && all.every(({ closedAt }) => closedAt !== null) && all;
    });
    // Why: what is wrong with the certificate, or how the connection ended.
    for (const { certificate, reason, detail, treatmentReason } of flows) {
      expect(certificate?.problem ?? detail ?? treatmentReason ?? reason).toBeTruthy();
      expect(certificate?.names.length ?? 0).toBeLessThanOrEqual(100);
    }
    await stillWorks();
  });
});

describeWith(['curl'], 'a connection under TLS', () => {
  const cells = (['server', 'client'] as const).flatMap((side) =>
    (Object.keys(ENDINGS) as Ending[]).map((ending) => [side, ending] as const),
  );
  it.each(cells)(
    'on the side of the %s that %s at any step is filed with its end, and the lab works on',
    async (side, ending) => {
      Object.assign(cut, { side, ending });
      const host = side === 'server' ? CUT : MANY;
      const before = (await flowsTo(host)).length;
      const door = side === 'server' ? world.lab.phone.proxy.port : nearWire;
      for (const version of ['1.2', '1.3'])
        for (const bytes of CUTS) {
          cut.bytes = bytes;
          await curl(
            ...[
              '--max-time',
              ending === 'stalls' || ending === 'turns to noise' ? '0.3' : '5',
              '--tls-max',
              version,
              '--cacert',
              file('both.pem'),
            ],
            ...['--noproxy', '', '-x', `http://127.0.0.1:${door}`, `https://${host}/`],
          );
        }
      const flows = await eventually('all are filed and closed', async () => {
        const all = await flowsTo(host);
        return all.length > before && all.every(({ closedAt }) => closedAt !== null) && all;
      });
      for (const { reason } of flows) expect(reason).toBeTruthy();
      await stillWorks();
    },
  );
});

describeWith(['curl', 'openssl'], 'a client that is another one on every try', () => {
  it('has no reason to fail afterwards, and is remembered as one', async () => {
    const proxy = `127.0.0.1:${world.lab.phone.proxy.port}`;
    const bare = (...args: string[]) =>
      run(toolPath('openssl'), ['s_client', '-proxy', proxy, '-connect', `${MANY}:443`, '-servername', MANY, ...args], {
        input: Buffer.alloc(0),
        timeoutMs: 10_000,
      });
    const kinds: (() => Promise<unknown>)[] = [
      () => throughLab(MANY, '--cacert', file('both.pem')),
      () => throughLab(MANY, '--cacert', file('world.pem')),
      () => throughLab(MANY),
      () => throughLab(MANY, '-k'),
      () => throughLab(MANY, '-k', '--tls-max', '1.2', '--ciphers', 'ECDHE-RSA-AES128-GCM-SHA256'),
      () => throughLab(MANY, '-k', '--pinnedpubkey', 'sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='),
      () => bare('-CAfile', file('both.pem'), '-verify_return_error'),
      () => bare('-tls1_2', '-cipher', 'AES128-GCM-SHA256'),
      () => bare('-cipher', 'ECDHE-ECDSA-CAMELLIA256-SHA384:@SECLEVEL=0', '-tls1_2'),
      () => bare('-alpn', 'h3,acme-tls/1'),
    ];
    // Always the same disorder (a linear congruential generator).
    for (let turn = 0, state = 17; turn < 30; turn++) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      await kinds[(state >> 8) % kinds.length]?.();
    }
    let works = false;
    for (let tries = 0; tries < 3 && !works; tries++)
      works = (await throughLab(MANY, '--cacert', file('both.pem'))).code === 0;
    expect(works).toBe(true);
    const { pins } = (await world.lab.api('/api/pins')) as { pins: { name: string }[] };
    expect(pins.filter(({ name }) => name === MANY).length).toBeLessThanOrEqual(1);
    await stillWorks();
  });
});
