/**
 * Servers that are odd in their TLS, against a lab as a user starts it: an app reaches them as without the lab, and
 * nothing of it is told as the server's fault.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer as createTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer as createTls, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { FlowRecord } from '../../src/model/flow.ts';
import { type Ran, run } from '../clients/process.ts';
import { describeWith, findTool, requireTool, toolPath } from '../clients/tools.ts';
import { createAuthority } from '../wire/certificates.ts';
import { eventually } from './eventually.ts';
import { phonehome } from './lab-process.ts';
import { startWorld, type World } from './world.ts';

const authority = createAuthority('World of odd servers');
const appRoot = createAuthority('An app of its own');
const phones = createAuthority('Certificates of phones');
const between = authority.intermediate('Between');
const opened: (Server | ChildProcess)[] = [];
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';

/** Answers one request per connection; the port it listens on. */
async function serve(options: TlsOptions): Promise<number> {
  const server = createTls(options, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(ANSWER));
  });
  server.on('tlsClientError', () => {});
  return listen(server);
}

async function listen(server: Server): Promise<number> {
  opened.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Connections go to the given ports in turn, as behind one address of a provider. */
function balance(ports: number[]): Promise<number> {
  let next = 0;
  return listen(
    createTcp((socket: Socket) => {
      const far = connect(ports[next++ % ports.length] ?? 0, '127.0.0.1');
      socket.on('error', () => far.destroy()).pipe(far);
      far.on('error', () => socket.destroy()).pipe(socket);
    }),
  );
}

/** GnuTLS that knows nothing of RFC 5746, as servers before 2010. */
async function serveWithoutRenegotiationInfo(): Promise<number> {
  const tool = findTool('gnutls-serv');
  if (!tool) return 1;
  const { key, cert } = authority.issue([hostOf('norenego')]);
  await writeFile(file('norenego.pem'), cert);
  await writeFile(file('norenego.key'), key);
  const port = await freePort();
  const args = ['--http', '--disable-client-cert', '-q', '-p', String(port)];
  args.push('--priority', 'NORMAL:-VERS-TLS1.3:%DISABLE_SAFE_RENEGOTIATION');
  args.push('--x509certfile', file('norenego.pem'), '--x509keyfile', file('norenego.key'));
  opened.push(spawn(tool, args, { stdio: 'ignore' }));
  await eventually('gnutls-serv listens', () => answers(port));
  return port;
}

async function freePort(): Promise<number> {
  const server = createTcp();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  return port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('close', () => {}).on('connect', () => socket.destroy());
  });

const names = [
  'own',
  'bare',
  'full',
  'asks12',
  'asks13',
  'may',
  'has',
  'mixed',
  'halfbad',
  'old',
  'named',
  'norenego',
] as const;
type Name = (typeof names)[number];
const hostOf = (name: Name) => `${name}.example.com`;
let world: World;
let dir: string;
const file = (name: string) => path.join(dir, name);

async function ports(): Promise<Record<Name, number>> {
  const good = (name: Name) => authority.issue([hostOf(name)]);
  const asking = { requestCert: true, rejectUnauthorized: true, ca: phones.pem };
  const expired = authority.issue([hostOf('halfbad')], { notAfter: new Date(Date.now() - 86_400_000) });
  const leaf = between.issue([hostOf('full')]);
  return {
    own: await serve(appRoot.issue([hostOf('own')])),
    full: await serve({ key: leaf.key, cert: leaf.cert + between.pem }),
    bare: await serve(between.issue([hostOf('bare')])),
    asks12: await serve({ ...good('asks12'), ...asking, maxVersion: 'TLSv1.2' }),
    asks13: await serve({ ...good('asks13'), ...asking }),
    may: await serve({ ...good('may'), requestCert: true, rejectUnauthorized: false }),
    has: await serve({ ...good('has'), ...asking }),
    mixed: await balance([await serve({ ...good('mixed'), ALPNProtocols: ['http/1.1'] }), await serve(good('mixed'))]),
    halfbad: await balance([await serve(good('halfbad')), await serve(expired)]),
    old: await serve({ ...good('old'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
    named: await serve(good('named')),
    norenego: await serveWithoutRenegotiationInfo(),
  };
}

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'odd-servers-'));
  const phone = phones.issue(['phone']);
  await writeFile(file('phone.pem'), phone.cert + phone.key);
  await writeFile(file('world.pem'), authority.pem);
  await writeFile(file('app.pem'), appRoot.pem);
  const listening = await ports();
  world = await startWorld({
    more: async () => names.map((name) => ({ host: hostOf(name), port: 443, listensOn: listening[name] })),
    args: ['--upstream-ca', file('world.pem'), '--client-cert', `${hostOf('has')}=${file('phone.pem')}`],
  });
});
afterAll(async () => {
  await world.end();
  for (const one of opened) 'close' in one ? one.close() : one.kill();
  await rm(dir, { recursive: true });
});

const proxy = () => `127.0.0.1:${world.lab.phone.proxy.port}`;
const curl = (name: Name, ...args: string[]): Promise<Ran> =>
  run(toolPath('curl'), [
    ...['-sS', '--max-time', '30', '--noproxy', '', '-x', `http://${proxy()}`],
    ...(args.includes('--cacert') ? [] : ['--cacert', world.lab.ready.ca.pem]),
    ...args,
    `https://${hostOf(name)}/page`,
  ]);
const codes = async (times: number, ask: () => Promise<Ran>): Promise<(number | null)[]> => {
  const all: (number | null)[] = [];
  for (let n = 0; n < times; n++) all.push((await ask()).code);
  return all;
};
const flowsTo = async (name: Name): Promise<FlowRecord[]> =>
  ((await world.lab.api(`/api/flows?host=${hostOf(name)}`)) as { flows: FlowRecord[] }).flows.toSorted(
    (a, b) => a.openedAt - b.openedAt,
  );
const told = (type: Alert['type'], name: Name) => (all: Alert[]) =>
  all.filter((one) => one.type === type && one.destination?.host === hostOf(name));
const firstTold = async (type: Alert['type'], name: Name): Promise<string> =>
  told(type, name)(await world.lab.until(`${type} of ${name}`, (all) => told(type, name)(all).length > 0))[0]
    ?.message ?? '';

describeWith(['curl'], 'certificates that the lab cannot verify', () => {
  it('an app with a root of its own is passed through after three tries; the alert does not blame the server', async () => {
    expect(await codes(5, () => curl('own', '--cacert', file('app.pem')))).toEqual([60, 60, 60, 0, 0]);
    expect(await firstTold('pinned', 'own')).toContain('knows a certificate of');
    const weak = await firstTold('weak-tls', 'own');
    expect(weak).not.toMatch(/^The server/);
    expect(weak).toContain('The lab could not verify');
    await eventually('the reason is filed', async () => (await flowsTo('own')).at(-1)?.passCause === 'own-root');
  });

  it('a server that sends no intermediate is completed by one that another server sent', async () => {
    expect((await curl('full')).code).toBe(0);
    expect((await curl('bare')).code).toBe(0);
    await eventually('it is filed as read', async () => (await flowsTo('bare')).at(-1)?.requests === 1);
    expect((await flowsTo('bare')).at(-1)?.certificate?.problem).toBeNull();
  });
});

describeWith(['curl'], 'a server that asks the app for a certificate', () => {
  it.each(['asks12', 'asks13'] as const)('that has one: the second try works, and it is told (%s)', async (name) => {
    const mine = ['--cert', file('phone.pem'), '--cacert', await bothRoots()];
    expect(await codes(3, () => curl(name, ...mine))).toEqual([expect.any(Number), 0, 0]);
    expect(await firstTold('coverage', name)).toContain('asks the app for a certificate the lab does not have');
    const treatments = async () => (await flowsTo(name)).map(({ treatment }) => treatment).join();
    await eventually('all are filed', async () => (await treatments()) === 'intercept,passthrough,passthrough');
  });

  it('and does without: who has none is read as ever', async () => {
    expect(await codes(3, () => curl('may'))).toEqual([0, 0, 0]);
    await eventually('all are filed as read', async () => (await flowsTo('may')).every((flow) => flow.requests === 1));
  });

  it('that the tester has: --client-cert shows it, and all is read', async () => {
    expect(await codes(2, () => curl('has'))).toEqual([0, 0]);
    await eventually('all are filed as read', async () => (await flowsTo('has')).every((flow) => flow.requests === 1));
  });
});

describeWith(['curl'], 'several servers behind one address', () => {
  it('that differ in their protocol: ten of ten', async () => {
    expect(await codes(11, () => curl('mixed'))).toEqual(Array(11).fill(0));
  });

  it('of which one has an expired certificate: no trusted leaf for that one, and the other works', async () => {
    const all = await codes(12, () => curl('halfbad'));
    expect(new Set(all.slice(1))).toEqual(new Set([0, 60]));
    expect(all.slice(2).filter((code) => code === 0).length).toBeGreaterThanOrEqual(4);
  });
});

describe('old servers', () => {
  it('TLS 1.1 at most', async (context) => {
    requireTool(context, 'curl');
    const old = ['--tlsv1.0', '--ciphers', 'DEFAULT@SECLEVEL=0'];
    expect((await curl('old', ...old)).code).toBe(0);
    await eventually('it is filed as read', async () => (await flowsTo('old')).at(-1)?.requests === 1);
  });
});

describeWith(['curl', 'gnutls-serv'], 'servers without RFC 5746', () => {
  it('are reached and read', async () => {
    expect((await curl('norenego')).code).toBe(0);
    await eventually('it is filed as read', async () => (await flowsTo('norenego')).at(-1)?.requests === 1);
  });
});

describeWith(['openssl'], 'server names', () => {
  const ask = (...args: string[]) =>
    run(
      toolPath('openssl'),
      ['s_client', '-proxy', proxy(), '-connect', `${hostOf('named')}:443`, '-ign_eof', '-quiet', ...args],
      { input: Buffer.from(`GET / HTTP/1.1\r\nHost: ${hostOf('named')}\r\n\r\n`) },
    );
  it.each([
    ['an address', ['-servername', '192.0.2.77']],
    ['none', ['-noservername']],
    ['another than the CONNECT name', ['-servername', 'front.example.com']],
  ])('%s', async (_what, args) => {
    const { stdout, stderr } = await ask(...args);
    expect(stdout.toString(), stderr).toContain('ok');
  });
});

async function bothRoots(): Promise<string> {
  await writeFile(file('both.pem'), authority.pem + (await readFile(world.lab.ready.ca.pem, 'utf8')));
  return file('both.pem');
}

describeWith(['curl'], 'phonehome why', () => {
  const why = async (name: Name, ...args: string[]) =>
    (await phonehome(['why', hostOf(name), '--data', world.lab.dataDir, ...args])).stdout;
  it('says of each of these servers what happened, why, and what can be done', async () => {
    expect(await why('own')).toMatch(/passed through unread: the app knows a certificate .*--upstream-ca FILE/);
    expect(await why('asks13')).toMatch(/asks the app for a certificate .*--client-cert asks13\.example\.com=FILE/);
    expect(await why('may')).toContain('It was read: 1 request.');
    expect(await why('may', '--device', 'phone-9')).toContain('No connection of phone-9 to may.example.com');
    expect(JSON.parse(await why('has', '--json'))).toMatchObject({ type: 'why', device: 'phone-1', connections: 2 });
  });
});
