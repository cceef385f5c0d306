/** Container files are checked by reading: a machine that tests them need not run a container engine. `.ci/install` runs their steps. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run } from './clients/process.ts';
import { toolPath } from './clients/tools.ts';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const { dependencies } = JSON.parse(read('package.json'));

interface Service {
  profiles: string[];
  network_mode: string;
  volumes: string[];
  read_only?: boolean;
  init?: boolean;
  command?: string[];
  ports?: string[];
  restart?: string;
  stop_signal?: string;
  stop_grace_period?: string;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, unknown>;
}

describe('docker-compose.yml', () => {
  const isOfHub = ([, { profiles }]: [string, Service]): boolean => profiles.includes('hub');
  const compose = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const services = Object.entries(compose.services);

  it.each(services.filter((one) => !isOfHub(one)))(
    '%s of a lab belongs to a profile, sees the phones’ own addresses and keeps its data in a named volume',
    (_, service) => {
      expect(['lab', 'gateway']).toEqual(expect.arrayContaining(service.profiles));
      expect(service.network_mode).toBe('host');
      expect(service.volumes).toContain('data:/data');
      for (const volume of service.volumes) expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '');
      for (const name of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(name);
    },
  );

  it.each(services.filter(isOfHub))(
    '%s of a hub keeps its data in a named volume, says whether it is well, and has time to end',
    (name, service) => {
      for (const volume of service.volumes) {
        const [from = ''] = volume.split(':');
        if (from.startsWith('./deploy/')) expect(existsSync(path.join(root, from))).toBe(true);
        else if (!from.startsWith('./hub')) expect(compose.volumes).toHaveProperty(from);
      }
      for (const needed of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(needed);
      if (name === 'hub-migrate') return;
      expect(service).toMatchObject({
        restart: 'unless-stopped',
        stop_grace_period: expect.stringMatching(/^[36]0s$/),
      });
      expect(service.healthcheck?.test[0]).toBe('CMD');
      // PostgreSQL ends open connections at SIGINT, and waits for them at SIGTERM.
      expect(service.stop_signal).toBe(name === 'postgres' ? 'SIGINT' : 'SIGTERM');
    },
  );

  it('offers the world the broker alone: API and Grafana are the machine’s own', () => {
    const ports = services.flatMap(([name, { ports: given = [] }]) => given.map((port) => `${name} ${port}`));
    expect(ports).toEqual(['nats 4222:4222', 'hub 127.0.0.1:8090:8090', 'grafana 127.0.0.1:3000:3000']);
  });

  it.each(['lab', 'gateway', 'hub'])('is understood whole by Compose itself: profile %s', async (profile) => {
    const args = ['--file', path.join(root, 'docker-compose.yml'), '--profile', profile, 'config'];
    const { code, stdout, stderr } = await run(toolPath('docker-compose'), args, { cwd: root });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const understood = parse(stdout.toString()) as { services: Record<string, Service> };
    const own = services.filter(([, { profiles }]) => profiles.includes(profile)).map(([name]) => name);
    expect(Object.keys(understood.services)).toEqual(expect.arrayContaining(own));
  });

  it.each([
    ['well', 200, 0],
    ['not well', 503, 1],
  ])('asks the hub whether it is well by a command that knows the answer: %s', async (_, status, code) => {
    const server = createServer((request, answer) =>
      answer.writeHead(request.url === '/api/health' ? status : 404).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [, program = '', ...args] = compose.services.hub?.healthcheck?.test ?? [];
    expect(program).toBe('node');
    const asked = await run(
      process.execPath,
      args.map((arg) => arg.replace('127.0.0.1:8090', `127.0.0.1:${port}`)),
    );
    server.close();
    expect(asked.code).toBe(code);
  });

  it('runs the lab on a read-only root, with a process that passes signals on', () => {
    for (const name of ['lab', 'gateway-lab'])
      expect(compose.services[name]).toMatchObject({ read_only: true, init: true, cap_drop: ['ALL'] });
  });
});

describe('Dockerfile', () => {
  const stages = read('Dockerfile')
    .split(/^FROM /m)
    .slice(1);

  it('builds on the Node that the project runs on, and runs as an ordinary user', () => {
    const major = dependencies.node.split('.')[0];
    for (const stage of stages) expect(stage).toMatch(new RegExp(`^node:${major}-bookworm`));
    expect(stages.at(-1)).toMatch(/^USER node$/m);
    expect(stages.at(-1)).toMatch(/^CMD \["start", "--data", "\/data"\]$/m);
  });

  it('copies no data, key or history into an image', () => {
    const left = read('.dockerignore').split('\n');
    for (const each of ['.git', 'data', 'certs/*', 'node_modules']) expect(left).toContain(each);
  });
});
