/**
 * Client kind × server kind × (without the lab, through the lab): an app's connection comes to the same within three tries.
 * "Without the lab" is the same client with the same flags through a proxy that only forwards bytes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../clients/process.ts';
import { type Call, CLIENTS, cameThrough, FULL, prepareClients, SERVERS, type Way } from '../clients/tls-table.ts';
import { findTool, requireTool } from '../clients/tools.ts';
import { createAuthority } from '../wire/certificates.ts';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

const authority = createAuthority('World of the table');
const KINDS = Object.keys(SERVERS);
const hostOf = (kind: string) => `server-${KINDS.indexOf(kind)}.example.com`;

let world: World;
let dir: string;
/** A proxy that only forwards bytes. */
let forwarding: Server;
let plainPort: number;
const ports = new Map<string, number>();
const opened: (Server | ChildProcess)[] = [];
/** Cells that come to nothing without the lab, either. */
const failing: string[] = [];
/** Clients and servers that came to something at least once: nothing is proven by what never works. */
const working = new Set<string>();
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

async function startServer(kind: string): Promise<void> {
  const { tool, call } = SERVERS[kind]!;
  const port = await freePort();
  ports.set(hostOf(kind), port);
  if (tool !== null && !findTool(tool)) return;
  const [key, cert] = [file('key.pem'), file('cert.pem')];
  const [program, ...args] = await call({ ip: '127.0.0.1', port, plainPort, key, cert, dir });
  opened.push(spawn(program, args, { stdio: 'ignore' }));
  await eventually(`${kind} listens`, () => answers(port));
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
  plainPort = await freePort();
  const issued = authority.issue(KINDS.map(hostOf));
  await writeFile(file('key.pem'), issued.key);
  await writeFile(file('cert.pem'), issued.cert);
  await writeFile(file('world.pem'), authority.pem);
  for (const kind of KINDS) await startServer(kind);
  forwarding = await listening(forwardingProxy());
  world = await startWorld({
    more: async () => [...ports].map(([host, listensOn]) => ({ host, port: 443, listensOn })),
    args: ['--upstream-ca', file('world.pem')],
  });
  const lab = world.lab.ready.ca.pem;
  await writeFile(file('both.pem'), (await readFile(lab, 'utf8')) + authority.pem);
  await prepareClients(dir, [lab, file('world.pem')]);
});
afterAll(async () => {
  if (FULL) console.log('equal in failing:', failing);
  await world.end();
  for (const one of opened) 'close' in one ? one.close() : one.kill();
  await rm(dir, { recursive: true });
});

const clients = CLIENTS.filter(({ heavy, transparentOnly }) => !transparentOnly && (FULL || !heavy));
describe.each(clients)('$name', (client) => {
  it.for(KINDS)('%s: the same with the lab as without', async (kind, context) => {
    const server = SERVERS[kind]!.tool;
    requireTool(context, ...client.tools, ...(server === null ? [] : [server]));
    const host = hostOf(kind);
    const works = async (proxyPort: number, directPort: number): Promise<boolean> => {
      const way: Way = {
        proxy: `127.0.0.1:${proxyPort}`,
        direct: { ip: '127.0.0.1', port: directPort },
        ...{ trust: file('both.pem'), own: file('world.pem'), cert: authority.pem, dir },
      };
      for (let tries = client.tries ?? 3; tries > 0; tries--)
        if (cameThrough(client, await ran(client.ask(host, 443, way)))) return true;
      return false;
    };
    const { port } = world.lab.phone.proxy;
    const without = await works(portOf(forwarding), ports.get(host) ?? 0);
    if (!without) failing.push(`${client.name} × ${kind}`);
    else for (const one of [client.name, kind]) working.add(one);
    expect(await works(port, port)).toBe(without);
  });
});

it('no client and no server comes to nothing everywhere', () => {
  const tried = [...clients, ...KINDS.map((kind) => ({ name: kind, tools: SERVERS[kind]!.tool ?? [] }))].filter(
    ({ tools }) => [tools].flat().every((tool) => findTool(tool) !== null),
  );
  expect(tried.map(({ name }) => name).filter((name) => !working.has(name))).toEqual([]);
});

const ran = ({ command: [program, ...args], ...given }: Call) => run(program, args, { ...given, timeoutMs: 60_000 });
