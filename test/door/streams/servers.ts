/** Servers of several makes, each of which writes down which requests it took the phone's bytes for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Tool, toolPath } from '../../clients/tools.ts';

export interface Seen {
  method: string;
  target: string;
  host: string;
  /** The login that is meant for the lab. */
  login: string;
  /** Null: not known, or not whole. */
  body: string | null;
}

export interface Witness {
  port: number;
  /** All requests it was given so far; asked once, at the end. */
  seen(): Promise<Seen[]>;
  close(): Promise<void>;
}

export async function nodeServer(): Promise<Witness> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { host = '', 'proxy-authorization': login = '' } = request.headers;
    const one: Seen = { method: request.method ?? '', target: request.url ?? '', host, login, body: null };
    seen.push(one);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      one.body = Buffer.concat(parts).toString('latin1');
      response.end('ok');
    });
  });
  server.on('upgrade', (request, socket) => {
    seen.push({
      method: request.method ?? '',
      target: request.url ?? '',
      host: request.headers.host ?? '',
      login: '',
      body: null,
    });
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
  });
  server.on('connect', (request, socket) => {
    seen.push({ method: 'CONNECT', target: request.url ?? '', host: '', login: '', body: null });
    socket.destroy();
  });
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  });
  const port = await listen(server);
  return {
    port,
    seen: () => Promise.resolve(seen),
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

const AIOHTTP = `
import json, os, sys
from aiohttp import web
async def answer(request):
    one = {"method": request.method, "target": request.raw_path.encode("utf-8", "surrogateescape").decode("latin-1"), "host": request.headers.get("Host", ""),
           "login": request.headers.get("Proxy-Authorization", ""), "body": None}
    try:
        one["body"] = (await request.read()).decode("latin-1")
    finally:
        os.write(1, (json.dumps(one) + "\\n").encode())
    return web.Response(text="ok")
app = web.Application()
app.router.add_route("*", "/{tail:.*}", answer)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
`;

const GUNICORN = `
import json, os
def app(environ, start_response):
    one = {"method": environ["REQUEST_METHOD"], "target": environ["RAW_URI"], "host": environ.get("HTTP_HOST", ""),
           "login": environ.get("HTTP_PROXY_AUTHORIZATION", ""), "body": None}
    try:
        one["body"] = environ["wsgi.input"].read().decode("latin-1")
    finally:
        os.write(1, (json.dumps(one) + "\\n").encode())
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
`;

export async function aiohttpServer(): Promise<Witness> {
  return listed('aiohttp', async (directory, port) => {
    const file = path.join(directory, 'answer.py');
    await writeFile(file, AIOHTTP);
    return [toolPath('python'), [file, String(port)]];
  });
}

export async function gunicornServer(): Promise<Witness> {
  return listed('gunicorn', async (directory, port) => {
    await writeFile(path.join(directory, 'answer.py'), GUNICORN);
    const bind = ['--bind', `127.0.0.1:${port}`, '--chdir', directory, '--log-level', 'critical'];
    return [
      toolPath('gunicorn'),
      ['--worker-class', 'gthread', '--threads', '40', '--keep-alive', '5', ...bind, 'answer:app'],
    ];
  });
}

const NGINX = (port: number, directory: string) => `
daemon off; master_process off; pid ${directory}/pid; error_log /dev/null crit;
events { worker_connections 512; }
http {
  log_format seen escape=json '{"method":"$request_method","target":"$request_uri","host":"$http_host","login":"$http_proxy_authorization","status":$status}';
  access_log ${directory}/seen seen;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } }
}
`;

export async function nginxServer(): Promise<Witness> {
  const port = await freePort();
  const directory = await mkdtemp(path.join(tmpdir(), 'nginx-'));
  await writeFile(path.join(directory, 'conf'), NGINX(port, directory));
  const child = spawn(toolPath('nginx'), ['-p', directory, '-c', path.join(directory, 'conf')], { stdio: 'ignore' });
  await answers(port, child);
  return {
    port,
    async seen() {
      await ended(child, 'SIGQUIT');
      const text = await readFile(path.join(directory, 'seen'), 'latin1');
      const lines = text.split('\n').filter(Boolean);
      // What it refused never reached anybody. It does not show bodies.
      return lines
        .map((line) => JSON.parse(line) as Seen & { status: number })
        .filter(({ status }) => status === 200)
        .map((one) => ({ ...one, body: null }));
    },
    async close() {
      await ended(child, 'SIGTERM');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A program that prints a line for each request. */
async function listed(
  name: Tool,
  prepare: (directory: string, port: number) => Promise<[string, string[]]>,
): Promise<Witness> {
  const port = await freePort();
  const directory = await mkdtemp(path.join(tmpdir(), `${name}-`));
  const [command, args] = await prepare(directory, port);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'], cwd: directory });
  const seen: Seen[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) seen.push(JSON.parse(line) as Seen);
  });
  await answers(port, child);
  return {
    port,
    async seen() {
      const closed = new Promise((done) => child.once('close', done));
      await ended(child, 'SIGTERM');
      await closed;
      return seen;
    },
    async close() {
      await ended(child, 'SIGTERM');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createTcp();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  return port;
}

/** Waits until it takes connections; fails with it when it ends before. */
async function answers(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const isThere = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`the server ended with ${child.exitCode}`);
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  await exited;
}
