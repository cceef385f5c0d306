/** Container files are checked by reading: a machine that tests them need not run a container engine. `.ci/install` runs their steps. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

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
  depends_on?: Record<string, unknown>;
}

describe('docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const services = Object.entries(compose.services);

  it.each(services)(
    '%s belongs to a profile, sees the phones’ own addresses and keeps its data in a named volume',
    (_, service) => {
      expect(['lab', 'gateway']).toEqual(expect.arrayContaining(service.profiles));
      expect(service.network_mode).toBe('host');
      expect(service.volumes).toContain('data:/data');
      for (const volume of service.volumes) expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '');
      for (const name of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(name);
    },
  );

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
