/** What the doctor asks of the network: ports, a running lab, and whether its proxy answers. */
import { connect, createServer } from 'node:net';
import type { LabState } from '../../model/lab.ts';
import { answers } from '../lab-client.ts';
import { type Check, fail, ok, warn } from './check.ts';

export async function checkPort(name: string, host: string, port: number): Promise<Check> {
  if (port === 0) return ok(name, 'any free one');
  const code = await tryListen(host, port);
  if (code === null) return ok(name, `${port} is free`);
  if (code === 'EADDRINUSE')
    return fail(name, `${port} is in use by another program`, `stop it, or choose another: --${name}`);
  if (code === 'EACCES') return fail(name, `no right to listen on ${port}`, `choose one above 1023: --${name}`);
  return fail(name, `${host}:${port} cannot be used (${code})`, 'choose another --host');
}

/** A running lab holds its ports itself: then it is asked, not the ports. */
export async function checkLab(state: LabState): Promise<Check[]> {
  const healthy = await answers(state.url);
  const lab = healthy
    ? ok('lab', `runs since ${state.startedAt.slice(0, 19)} (process ${state.pid}), API ${state.url}`)
    : warn(
        'lab',
        `process ${state.pid} is there, its API at ${state.url} does not answer`,
        'stop it (Ctrl-C) and start it again',
      );
  const { host, port } = state.proxy;
  const local = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return [lab, await checkProxy(local, port)];
}

/** Asks the proxy for its own phone-facing page, as a phone would. */
async function checkProxy(host: string, port: number): Promise<Check> {
  const status = await firstLine(
    host,
    port,
    'GET http://phonehome.lab/ HTTP/1.1\r\nHost: phonehome.lab\r\nConnection: close\r\n\r\n',
  );
  if (status === null)
    return fail('proxy', `${host}:${port} does not answer`, 'start the lab again; is a firewall between?');
  if (!/^HTTP\/1\.[01] \d{3}/.test(status))
    return fail('proxy', `something else answers at ${host}:${port}`, 'start the lab again');
  return ok('proxy', `${host}:${port} answers`);
}

function firstLine(host: string, port: number, request: string): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port, timeout: 3000 }, () => socket.write(request));
    const done = (line: string | null) => {
      socket.destroy();
      resolve(line);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n') || text.length > 1000) done(text.split('\r\n')[0] ?? '');
    });
    socket.on('error', () => done(null));
    socket.on('timeout', () => done(null));
    socket.on('close', () => done(null));
  });
}

function tryListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
