/** docker-compose.yml is checked by parsing: a machine that tests it need not run a container engine. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const root = path.resolve(import.meta.dirname, '..');

it('the compose file starts the lab with npm start, on the Node the project asks for, with its data kept outside', () => {
  const compose = parse(readFileSync(path.join(root, 'docker-compose.yml'), 'utf8'));
  const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const lab = compose.services.phonehome;
  expect(lab.image).toMatch(new RegExp(`^node:${engines.node.replace('>=', '')}-`));
  expect(lab.command).toContain('npm start -- --data /data');
  expect(lab.volumes).toContain('./data:/data');
  for (const volume of lab.volumes
    .map((entry: string) => entry.split(':')[0])
    .filter((name: string) => /^\w/.test(name)))
    expect(compose.volumes).toHaveProperty(volume);
  expect(lab.network_mode).toBe('host');
});
