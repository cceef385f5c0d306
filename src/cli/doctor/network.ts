/** What the doctor asks of the network: ports, a running lab, and whether its proxy answers. */
import { connect, createServer } from 'node:net';
import type { LabState } from '../../model/lab.ts';
import { answers } from '../lab-client.ts';
import { words } from '../words.ts';
import { type Check, fail, ok, warn } from './check.ts';

export async function checkPort(name: string, host: string, port: number): Promise<Check> {
  if (port === 0) return ok(name, words('doctor.any-port'));
  const code = await tryListen(host, port);
  if (code === null) return ok(name, words('doctor.port-free', { port }));
  if (code === 'EADDRINUSE')
    return fail(name, words('doctor.port-used', { port }), words('doctor.stop-or', { flag: name }));
  if (code === 'EACCES') return fail(name, words('doctor.port-right', { port }), words('doctor.above', { flag: name }));
  return fail(name, words('doctor.port-bad', { host, port, code }), words('doctor.other-host'));
}

/** A running lab holds its ports itself: then it is asked, not the ports. */
export async function checkLab(state: LabState): Promise<Check[]> {
  const healthy = await answers(state.url);
  const lab = healthy
    ? ok('lab', words('doctor.runs', { time: state.startedAt.slice(0, 19), pid: state.pid, url: state.url }))
    : warn('lab', words('doctor.silent', { pid: state.pid, url: state.url }), words('doctor.restart'));
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
  if (status === null) return fail('proxy', words('doctor.proxy-silent', { host, port }), words('doctor.firewall'));
  if (!/^HTTP\/1\.[01] \d{3}/.test(status))
    return fail('proxy', words('doctor.proxy-other', { host, port }), words('doctor.start-again'));
  return ok('proxy', words('doctor.proxy', { host, port }));
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
