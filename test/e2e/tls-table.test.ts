/**
 * Client kind × server kind × (without the lab, through the lab): an app's connection comes to the same within three tries.
 * "Without the lab" is the same client with the same flags through a proxy that only forwards bytes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../clients/process.ts';
import { findTool, requireTool, type Tool, toolPath } from '../clients/tools.ts';
import { createAuthority } from '../wire/certificates.ts';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

const authority = createAuthority('World of the table');
const SERVERS = {
  Node: null,
  'OpenSSL s_server': 'openssl',
  'GnuTLS gnutls-serv': 'gnutls-serv',
  nginx: 'nginx',
} as const satisfies Record<string, Tool | null>;
type ServerKind = keyof typeof SERVERS;
const KINDS = Object.keys(SERVERS) as ServerKind[];
const hostOf = (kind: ServerKind) => `server-${KINDS.indexOf(kind)}.example.com`;
/** A page of each server. */
const PAGE = /the page of the table|Ciphers supported|default message reported by the GnuTLS/;

let world: World;
let dir: string;
/** A proxy that only forwards bytes. */
let forwarding: Server;
const ports = new Map<string, number>();
const opened: (Server | ChildProcess)[] = [];
const file = (name: string) => path.join(dir, name);
const portOf = (server: Server) => (server.address() as AddressInfo).port;
async function listening<S extends Server>(server: S): Promise<S> {
  opened.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
async function freePort(): Promise<number> {
  const server = await listening(createServer());
  const port = portOf(server);
  await new Promise((done) => server.close(done));
  return port;
}

async function startServer(kind: ServerKind): Promise<void> {
  const tool = SERVERS[kind];
  const host = hostOf(kind);
  const issued = authority.issue([host]);
  const [key, cert] = [file(`${host}.key`), file(`${host}.pem`)];
  await writeFile(key, issued.key);
  await writeFile(cert, issued.cert);
  if (tool === null) {
    const server = createHttps(issued, (_request, response) => response.end('the page of the table'));
    ports.set(host, portOf(await listening(server)));
    return;
  }
  const program = findTool(tool);
  const port = await freePort();
  ports.set(host, port);
  if (!program) return;
  opened.push(spawn(program, await argumentsOf(tool, { port, key, cert }), { stdio: 'ignore' }));
  await eventually(`${kind} listens`, () => answers(port));
}

async function argumentsOf(
  tool: 'openssl' | 'gnutls-serv' | 'nginx',
  { port, key, cert }: { port: number; key: string; cert: string },
): Promise<string[]> {
  if (tool === 'openssl') return ['s_server', '-www', '-key', key, '-cert', cert, '-accept', `127.0.0.1:${port}`];
  if (tool === 'gnutls-serv')
    return ['--http', '--disable-client-cert', '-p', `${port}`, '--x509keyfile', key, '--x509certfile', cert];
  const own = file('nginx');
  await mkdir(own, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${own}/${of};`);
  const page = "location / { return 200 'the page of the table'; }";
  const server = `server { listen 127.0.0.1:${port} ssl http2; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate ${cert}; ssl_certificate_key ${key}; ${page} }`;
  const http = `http { access_log off; ${temporary.join(' ')} ${server} }`;
  await writeFile(`${own}/conf`, `daemon off; pid ${own}/pid; error_log /dev/null; events {} ${http}`);
  return ['-c', `${own}/conf`];
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1').on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

function forwardingProxy(): Server {
  return createHttp().on('connect', (request, socket) => {
    const far = connect(ports.get(request.url?.split(':')[0] ?? '') ?? 1, '127.0.0.1');
    far.on('error', () => socket.destroy()).on('connect', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    socket.on('error', () => far.destroy()).pipe(far);
    far.pipe(socket);
  });
}

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'tls-table-'));
  for (const kind of KINDS) await startServer(kind);
  await writeFile(file('world.pem'), authority.pem);
  forwarding = await listening(forwardingProxy());
  world = await startWorld({
    more: async () => [...ports].map(([host, listensOn]) => ({ host, port: 443, listensOn })),
    args: ['--upstream-ca', file('world.pem')],
  });
  await writeFile(file('both.pem'), (await readFile(world.lab.ready.ca.pem, 'utf8')) + authority.pem);
});
afterAll(async () => {
  await world.end();
  for (const one of opened) 'close' in one ? one.close() : one.kill();
  await rm(dir, { recursive: true });
});

/** Where a client is sent: the proxy's port, and for clients without a proxy setting the port TLS goes to. */
interface Way {
  proxy: number;
  direct: number;
}
type Ask = (host: string, way: Way) => Promise<{ code: number | null; stdout: Buffer; stderr: string }>;
const REQUEST = (host: string) => Buffer.from(`GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
const address = (way: Way) => `http://127.0.0.1:${way.proxy}`;
const curl =
  (...args: string[]): Ask =>
  (host, way) =>
    run(toolPath('curl'), [
      ...['-sS', '--max-time', '20', '--noproxy', '', '-x', address(way), '--cacert', file('both.pem')],
      ...args,
      `https://${host}/`,
    ]);
const openssl =
  (...args: string[]): Ask =>
  (host, way) =>
    run(
      toolPath('openssl'),
      [
        ...['s_client', '-proxy', `127.0.0.1:${way.proxy}`, '-connect', `${host}:443`, '-servername', host],
        ...['-CAfile', file('both.pem'), '-verify_return_error', '-quiet', '-ign_eof', ...args],
      ],
      { input: REQUEST(host), timeoutMs: 20_000 },
    );
const python: Ask = (host, way) =>
  run(toolPath('python'), [
    '-c',
    `import ssl, sys, urllib.request as u
context = ssl.create_default_context(cafile=sys.argv[1])
opener = u.build_opener(u.ProxyHandler({"https": sys.argv[2]}), u.HTTPSHandler(context=context))
print(opener.open(sys.argv[3], timeout=20).read().decode())`,
    ...[file('both.pem'), address(way), `https://${host}/`],
  ]);
const node: Ask = (host, way) =>
  run(process.execPath, ['-e', `fetch("https://${host}/").then((answer) => answer.text()).then(console.log)`], {
    env: { NODE_USE_ENV_PROXY: '1', NODE_EXTRA_CA_CERTS: file('both.pem'), HTTPS_PROXY: address(way), NO_PROXY: '' },
  });
const wget: Ask = (host, way) =>
  run(toolPath('wget'), ['-q', '-O', '-', '--tries=1', `--ca-certificate=${file('both.pem')}`, `https://${host}/`], {
    env: { https_proxy: address(way), no_proxy: '' },
  });
const gnutls: Ask = (host, way) =>
  run(
    toolPath('gnutls-cli'),
    [
      `--x509cafile=${file('both.pem')}`,
      `--sni-hostname=${host}`,
      `--verify-hostname=${host}`,
      '-p',
      `${way.direct}`,
      '127.0.0.1',
    ],
    { input: REQUEST(host), timeoutMs: 20_000 },
  );

const CLIENTS: [string, Tool[], Ask][] = [
  ['curl, HTTP/2', ['curl'], curl()],
  ['curl, TLS 1.2, RSA suites only', ['curl'], curl('--tls-max', '1.2', '--ciphers', 'ECDHE-RSA-AES128-GCM-SHA256')],
  ['curl, TLS 1.2, X25519 only', ['curl'], curl('--tls-max', '1.2', '--curves', 'X25519')],
  ['curl, TLS 1.2, P-384 only', ['curl'], curl('--tls-max', '1.2', '--curves', 'P-384')],
  ['OpenSSL, TLS 1.3, RSA signatures only', ['openssl'], openssl('-tls1_3', '-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256')],
  ['OpenSSL, RSA key exchange', ['openssl'], openssl('-tls1_2', '-cipher', 'AES128-GCM-SHA256')],
  ['OpenSSL, finite fields only', ['openssl'], openssl('-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256')],
  ['GnuTLS', ['gnutls-cli'], gnutls],
  ['wget', ['wget'], wget],
  ['Python', ['python'], python],
  ['Node', [], node],
];

describe.each(CLIENTS)('%s', (_name, tools, ask) => {
  it.for(KINDS)('%s: the same with the lab as without', async (kind, context) => {
    const server = SERVERS[kind];
    requireTool(context, ...tools, ...(server === null ? [] : [server]));
    const host = hostOf(kind);
    /** Within three tries. */
    const works = async (way: Way): Promise<boolean> => {
      for (let tries = 0; tries < 3; tries++) if (PAGE.test((await ask(host, way)).stdout.toString())) return true;
      return false;
    };
    const { port } = world.lab.phone.proxy;
    const without = await works({ proxy: portOf(forwarding), direct: ports.get(host) ?? 0 });
    const through = await works({ proxy: port, direct: port });
    expect(through).toBe(without);
  });
});
