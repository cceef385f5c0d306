/**
 * The field: other proxies that decrypt, tuned as well as their options allow, each on one core, trusting the benchmark's
 * origin, its own certificates in a throw-away directory. None of them detects anything. Node's run without flags.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Contestant, canConnect, freePort, type Running, type StartContext } from './contestant.ts';
import { startMeasured } from './measured-process.ts';

const PEERS = path.resolve(import.meta.dirname, '../peers');
const MODULES = path.resolve(import.meta.dirname, '../../node_modules');

/** What a program says of itself on either output; empty when it is not there. */
async function said(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(command, args).catch(() => ({ stdout: '', stderr: '' }));
  return stdout + stderr;
}

async function packageVersion(dir: string): Promise<string | null> {
  const file = path.join(dir, 'package.json');
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version : null;
}

/** Starts a script of the benchmark's that prints `ready PORT`. */
export const startProgram =
  (file: string) =>
  async ({ dir, identity, cores, env }: StartContext): Promise<Running> => {
    let port = 0;
    const measured = await startMeasured({
      command: process.execPath,
      args: [file, dir, identity.caFile],
      cores,
      env,
      isReady(line) {
        port = Number(/^ready (\d+)$/.exec(line)?.[1] ?? 0);
        return port > 0;
      },
    });
    return { ...measured, port, api: null };
  };

/** Starts a program that listens on the port it is given and says nothing. */
const startSilent =
  (command: string, argsFor: (context: StartContext, port: number) => Promise<string[]>, atOurEnd?: 'TERM') =>
  async (context: StartContext): Promise<Running> => {
    const port = await freePort();
    const args = await argsFor(context, port);
    const { cores, env } = context;
    const measured = await startMeasured({ command, args, cores, env, atOurEnd, answers: () => canConnect(port) });
    return { ...measured, port, api: null };
  };

const httpMitmProxy: Contestant = {
  id: 'http-mitm-proxy',
  title: 'http-mitm-proxy, tuned: keep-alive on both sides, one server for all names',
  protocols: ['h1'],
  requests: 8000,
  connections: 300,
  uploadMb: 200,
  entry: 'connect',
  mintsCertificates: true,
  dialsHostField: true,
  needs: 'npm ci',
  version: () => packageVersion(path.join(MODULES, 'http-mitm-proxy')),
  start: startProgram(path.join(import.meta.dirname, 'http-mitm.ts')),
};

const mockttp: Contestant = {
  id: 'mockttp',
  title: 'mockttp: pass-through rule, no traffic recorded',
  protocols: ['h1', 'h2'],
  requests: 5000,
  connections: 300,
  uploadMb: 200,
  entry: 'connect',
  // It does, but dials the Host field through the system's resolver, which knows none of the made-up names.
  mintsCertificates: false,
  needs: 'npm ci --prefix bench/peers (43 MB, from the npm registry only)',
  version: () => packageVersion(path.join(PEERS, 'node_modules/mockttp')),
  start: startProgram(path.join(PEERS, 'mockttp.mjs')),
};

const mitmproxy: Contestant = {
  id: 'mitmproxy',
  title: 'mitmproxy (mitmdump -q, no script)',
  protocols: ['h1', 'h2'],
  requests: 1500,
  connections: 150,
  uploadMb: 20,
  entry: 'connect',
  mintsCertificates: true,
  needs: 'Debian package mitmproxy',
  version: async () => /Mitmproxy: (\S+)/.exec(await said('mitmdump', '--version'))?.[1] ?? null,
  start: startSilent('mitmdump', async ({ dir, identity }, port) => [
    ...['-q', '--listen-host', '127.0.0.1', '--listen-port', String(port)],
    ...['--set', `confdir=${dir}`, '--set', `ssl_verify_upstream_trusted_ca=${identity.caFile}`],
  ]),
};

/** The dynamic module, or an empty string when it is built in; null when nginx is not there or cannot do it. */
async function nginxStream(): Promise<string | null> {
  const built = await said('nginx', '-V');
  if (/--with-stream(?: |$)/m.test(built)) return '';
  const file = path.join(/--modules-path=(\S+)/.exec(built)?.[1] ?? '', 'ngx_stream_module.so');
  return existsSync(file) ? file : null;
}

const nginx: Contestant = {
  id: 'nginx',
  title: 'nginx, TLS to TLS as stream relay, one certificate',
  protocols: ['h1'],
  requests: 40_000,
  connections: 500,
  uploadMb: 200,
  entry: 'direct',
  mintsCertificates: false,
  needs: 'Debian packages nginx-light and libnginx-mod-stream',
  version: async () =>
    (await nginxStream()) === null ? null : (/nginx\/(\S+)/.exec(await said('nginx', '-v'))?.[1] ?? null),
  start: startSilent('nginx', async ({ dir, identity, originPort }, port) => {
    const file = path.join(dir, 'nginx.conf');
    await writeFile(file, nginxConfiguration((await nginxStream()) ?? '', { dir, identity, originPort, port }));
    return ['-p', dir, '-e', 'stderr', '-c', file];
  }),
};

function nginxConfiguration(
  module: string,
  { dir, identity, originPort, port }: Pick<StartContext, 'dir' | 'identity' | 'originPort'> & { port: number },
): string {
  return `${module === '' ? '' : `load_module ${module};`}
daemon off;
master_process off;
pid ${dir}/nginx.pid;
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
stream {
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${identity.certFile};
    ssl_certificate_key ${identity.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    proxy_pass 127.0.0.1:${originPort};
    proxy_ssl on;
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    proxy_ssl_server_name on;
    proxy_ssl_name localhost;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate ${identity.caFile};
  }
}
`;
}

const sslsplit: Contestant = {
  id: 'sslsplit',
  title: 'sslsplit, one fixed server, so one certificate',
  protocols: ['h1'],
  requests: 30_000,
  connections: 300,
  uploadMb: 200,
  entry: 'direct',
  mintsCertificates: false,
  needs: 'Debian package sslsplit',
  version: async () => /^SSLsplit (\S+)/m.exec(await said('sslsplit', '-V'))?.[1] ?? null,
  start: startSilent(
    'sslsplit',
    async ({ identity, originPort }, port) => [
      ...['-k', identity.keyFile, '-c', identity.caFile],
      ...['ssl', '127.0.0.1', String(port), '127.0.0.1', String(originPort)],
    ],
    'TERM',
  ),
};

export const PEERS_OF_THE_FIELD: Contestant[] = [httpMitmProxy, mockttp, mitmproxy, nginx, sslsplit];
