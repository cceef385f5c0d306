/** The broker's configuration that `docker-compose.yml` uses, put together as docs/many-labs.md says, read by nats-server itself. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readHubServerConfig } from '../../src/hub/config.ts';
import { makeHubKey } from '../../src/hub/key.ts';
import { run } from '../clients/process.ts';
import { requireTool, toolPath } from '../clients/tools.ts';

const DEPLOY = path.resolve(import.meta.dirname, '../../deploy/hub');
const directory = mkdtempSync(path.join(tmpdir(), 'broker-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const at = (name: string): string => path.join(directory, name);

it('a key’s secret half is its owner’s alone, and one that is there is not replaced', () => {
  const shown = makeHubKey(at('lab.nk'));
  expect(shown).toMatch(/^U[A-Z2-7]{55}$/);
  expect(statSync(at('lab.nk')).mode & 0o777).toBe(0o600);
  expect(readFileSync(at('lab.nk'), 'utf8')).toMatch(/^SU[A-Z2-7]{56}\n$/);
  expect(() => makeHubKey(at('lab.nk'))).toThrow('is there already');
});

it('nats-server takes the configuration with the keys of a hub and a lab, and refuses a user without one', async (context) => {
  requireTool(context, 'nats-server', 'openssl');
  const subject = ['-subj', '/CN=nats', '-addext', 'subjectAltName=DNS:nats'];
  const made = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    at('nats.key'),
    '-out',
    at('nats.pem'),
  ];
  execFileSync(toolPath('openssl'), ['req', '-x509', ...made, ...subject, '-days', '3650'], { stdio: 'pipe' });
  // In its container it lies elsewhere.
  const config = readFileSync(path.join(DEPLOY, 'nats-server.conf'), 'utf8').replaceAll('/etc/nats/', `${directory}/`);
  writeFileSync(at('nats-server.conf'), config);
  const users = readFileSync(path.join(DEPLOY, 'users.conf'), 'utf8');
  const check = () => run(toolPath('nats-server'), ['-t', '-c', at('nats-server.conf')], { cwd: '/' });
  writeFileSync(at('users.conf'), users);
  expect((await check()).code).toBe(1);
  writeFileSync(
    at('users.conf'),
    users.replace('UHUB', makeHubKey(at('hub.nk'))).replace('ULAB', makeHubKey(at('shop.nk'))),
  );
  const { code, stderr } = await check();
  expect(stderr).toContain('is valid');
  expect(code).toBe(0);
});

it('the hub takes its own file', () => {
  copyFileSync(path.join(DEPLOY, 'hub.yaml'), at('hub.yaml'));
  writeFileSync(at('hub2.nk'), 'SUEXAMPLE');
  const text = readFileSync(at('hub.yaml'), 'utf8').replace('hub.nk', 'hub2.nk').replace('nats/ca.pem', 'ca.pem');
  writeFileSync(at('hub.yaml'), text);
  writeFileSync(at('ca.pem'), '');
  expect(readHubServerConfig(at('hub.yaml'))).toMatchObject({
    host: '0.0.0.0',
    port: 8090,
    nats: { url: 'tls://nats:4222' },
  });
});
