/** Mosquitto's broker and clients. The clients know one kind of proxy, SOCKS5, and that is how they go through the lab. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Answer, Lab } from './client.ts';
import { run } from './process.ts';
import { toolPath } from './tools.ts';

export interface Broker {
  port: number;
  stop(): Promise<void>;
}

export interface Topic {
  host: string;
  port: number;
  topic: string;
  tls: boolean;
}

/** On loopback, with TLS when a certificate is given. */
export async function startBroker(tls?: { certPem: string; keyPem: string }): Promise<Broker> {
  const dir = await mkdtemp(path.join(tmpdir(), 'mosquitto-'));
  const port = await freePort();
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'user root'];
  if (tls) {
    await writeFile(path.join(dir, 'cert.pem'), tls.certPem);
    await writeFile(path.join(dir, 'key.pem'), tls.keyPem, { mode: 0o600 });
    lines.push(`certfile ${dir}/cert.pem`, `keyfile ${dir}/key.pem`);
  }
  await writeFile(path.join(dir, 'mosquitto.conf'), `${lines.join('\n')}\n`);
  const child = spawn(toolPath('mosquitto'), ['-v', '-c', path.join(dir, 'mosquitto.conf')], { stdio: 'pipe' });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text;
    if (said.includes('running')) resolve();
  });
  child.once('error', reject).once('exit', (code) => reject(new Error(`mosquitto ended with ${code}: ${said}`)));
  await promise;
  return {
    port,
    async stop() {
      child.kill();
      await closed;
      await rm(dir, { recursive: true });
    },
  };
}

const through = (lab: Lab): string[] => [
  '--proxy',
  `socks5h://${lab.user ? `${lab.user}:x@` : ''}${lab.proxy.host}:${lab.proxy.port}`,
];

const place = (lab: Lab, at: Topic): string[] => [
  ...['-h', at.host, '-p', String(at.port), '-t', at.topic, ...through(lab)],
  ...(at.tls && lab.caFile ? ['--cafile', lab.caFile] : []),
  ...(at.tls && !lab.caFile ? ['--capath', '/etc/ssl/certs'] : []),
];

/** QoS 1: the client is content only when the broker has it. */
export async function publish(lab: Lab, at: Topic, message: Buffer, version: 'mqttv311' | 'mqttv5' = 'mqttv311') {
  const args = [...place(lab, at), '-q', '1', '-V', version, '-s'];
  return answer(await run(toolPath('mosquitto_pub'), args, { input: message }));
}

/** Waits for `count` messages, at most 30 s. */
export async function subscribe(lab: Lab, at: Topic, count: number): Promise<Answer> {
  return answer(await run(toolPath('mosquitto_sub'), [...place(lab, at), '-q', '1', '-C', String(count), '-W', '30']));
}

const answer = (ran: { code: number | null; stdout: Buffer; stderr: string }): Answer => ({
  ok: ran.code === 0,
  status: ran.code,
  body: ran.stdout,
  stderr: ran.stderr,
});

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
