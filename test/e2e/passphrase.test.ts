/** A stolen disk: with a passphrase set no key of a lab lies on it in clear, and what needs none goes on without. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { leak } from '../faults/load.ts';
import { phonehome, startLab } from './lab-process.ts';
import { startWorld } from './world.ts';

let data = '';
let one = '';
let two = '';
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'sealed-'));
  data = join(root, 'data');
  execFileSync('mkdir', ['-m', '700', data]);
  one = join(root, 'one.txt');
  two = join(root, 'two.txt');
  writeFileSync(one, 'correct horse\n');
  writeFileSync(two, 'battery staple\n');
});
afterEach(() => rmSync(join(data, '..'), { recursive: true, force: true }));

/** Every file below `certs` in which a key stands that opens something by itself. */
const clearKeys = (): string[] =>
  readdirSync(join(data, 'certs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('phones'))
    .filter(({ parentPath, name }) => {
      const text = readFileSync(join(parentPath, name), 'utf8');
      return text.includes('BEGIN PRIVATE KEY') || /^[0-9a-f]{64}$/m.test(text);
    })
    .map(({ name }) => name)
    .sort();

const ok = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await phonehome([...args, '--data', data]);
  expect(stderr, args.join(' ')).toBe('');
  expect(code, args.join(' ')).toBe(0);
  return stdout;
};

it('encrypts every key, earlier authorities’ too; the evidence opens with it alone', async () => {
  const world = await startWorld({ dataDir: data });
  await leak(world.lab.phone.proxy.port, world.host, 2);
  const [alert] = await world.lab.until('a leak', (all) => all.some(({ type }) => type === 'leak'));
  await world.end();
  await ok('ca', 'rotate', '--yes');
  expect(clearKeys()).toEqual(['ca.key', 'ca.key', 'evidence.key', 'signing.key']);

  await ok('ca', 'passphrase', 'set', '--new-passphrase-file', one);
  expect(clearKeys()).toEqual([]);
  // What needs no key goes on without it.
  expect(await ok('alerts')).toContain('imei');
  expect(await ok('verify')).toMatch(/^Intact/);
  const refused = await phonehome(['forget', 'phone-1', '--data', data]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/evidence\.key is encrypted: give its/) });

  await ok('ca', 'passphrase', 'set', '--ca-passphrase-file', one, '--new-passphrase-file', two);
  const wrong = await phonehome(['forget', 'phone-1', '--data', data, '--ca-passphrase-file', one]);
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/passphrase does not open/) });

  const lab = await startLab({ dataDir: data, args: ['--ca-passphrase-file', two] });
  const revealed = await fetch(new URL(`/api/alerts/${alert?.id}/reveal`, lab.ready.ui.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${readFileSync(lab.ready.token, 'utf8').trim()}` },
  });
  expect(JSON.stringify(await revealed.json())).toContain('490154203237518');
  const running = await phonehome(['ca', 'passphrase', 'remove', '--data', data, '--ca-passphrase-file', two]);
  expect(running).toMatchObject({ code: 1, stderr: expect.stringMatching(/stop it first/) });
  expect(await lab.stop()).toBe(0);
  expect(clearKeys()).toEqual([]);
  expect(await ok('verify')).toMatch(/^Intact/);

  await ok('ca', 'passphrase', 'remove', '--ca-passphrase-file', two);
  expect(clearKeys()).toEqual(['ca.key', 'ca.key', 'evidence.key', 'signing.key']);
});

it('encrypts what an installation of before left in clear, when it is started with its passphrase', async () => {
  expect(await (await startLab({ dataDir: data })).stop()).toBe(0);
  const before = ['evidence.key', 'signing.key'].map((name) => [join(data, 'certs', name), ''] as [string, string]);
  for (const pair of before) pair[1] = readFileSync(pair[0], 'utf8');
  await ok('ca', 'passphrase', 'set', '--new-passphrase-file', one);
  for (const [file, text] of before) writeFileSync(file, text);
  expect(await (await startLab({ dataDir: data, args: ['--ca-passphrase-file', one] })).stop()).toBe(0);
  expect(clearKeys()).toEqual([]);
});
