/** The file of a lab that publishes, and an address named in place of its `url`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readHubConfig } from '../../src/sinks/hub/config.ts';

const directory = mkdtempSync(join(tmpdir(), 'hub-config-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'hub.yaml');
const key = '07'.repeat(32);
writeFileSync(join(directory, 'pseudonyms.key'), key);
const REST = 'organisation: cellphones\nlab: hanoi-1\nkey: pseudonyms.key\n';

it.each([
  ['the file’s url', `url: tls://hub.example:4222\n${REST}`, null, 'tls://hub.example:4222'],
  ['an address in its place', `url: tls://hub.example:4222\n${REST}`, 'nats://127.0.0.1:4222', 'nats://127.0.0.1:4222'],
  ['an address where the file has none', REST, 'tls://[::1]:4222', 'tls://[::1]:4222'],
])('%s is the broker’s', (_what, content, address, url) => {
  writeFileSync(file, content);
  expect(readHubConfig(file, () => null, address)).toMatchObject({ url, lab: 'hanoi-1', key: Buffer.from(key, 'hex') });
});

it('no address at all, or one that is none, is refused', () => {
  writeFileSync(file, REST);
  expect(() => readHubConfig(file, () => null)).toThrow('url');
  expect(() => readHubConfig(file, () => null, 'nats://')).toThrow('url');
});
