/** The examples of docs/programs.md run as they stand there, by the names that package.json exports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { examplesIn } from './page-examples.ts';
import { harEntry } from './scan/recording.ts';
import { startLab, type TestLab, TOKEN } from './sinks/live/lab-dependencies.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const IMEI = '490154203237518';
const examples = examplesIn(readFileSync(path.join(ROOT, 'docs/programs.md'), 'utf8'));

let project = '';
let lab: TestLab;

/** A project that has the package among its own, of which the sources stand for what is compiled of them. */
beforeAll(async () => {
  project = mkdtempSync(path.join(tmpdir(), 'programs-'));
  const { exports: exported } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    exports: Record<string, { default: string }>;
  };
  const sources = Object.entries(exported)
    .filter(([, target]) => typeof target === 'object')
    .map(([name, target]) => [name, target.default.replace('./lib/', './src/').replace(/js$/, 'ts')]);
  mkdirSync(path.join(project, 'package'));
  mkdirSync(path.join(project, 'node_modules'));
  writeFileSync(
    path.join(project, 'package/package.json'),
    JSON.stringify({ name: 'phonehome-lab', type: 'module', exports: Object.fromEntries(sources) }),
  );
  symlinkSync(path.join(ROOT, 'src'), path.join(project, 'package/src'));
  symlinkSync(path.join(project, 'package'), path.join(project, 'node_modules/phonehome-lab'));
  for (const [name, code] of examples) writeFileSync(path.join(project, name), code);
  lab = await startLab();
});
afterAll(async () => {
  await lab?.close();
  rmSync(project, { recursive: true, force: true });
});

const start = (...words: string[]): ChildProcess =>
  spawn(process.execPath, words, { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] });

async function printedBy(...words: string[]): Promise<string> {
  const { stdout } = start(...words);
  if (!stdout) throw new Error('nothing to read');
  return text(stdout);
}

it('every module that the package gives out has one', () => {
  expect([...examples.keys()]).toEqual(['client.mjs', 'scanner.mjs', 'inspector.mjs']);
});

it('a client registers a phone, tells what is stored and what comes', async () => {
  writeFileSync(path.join(project, 'token'), `${TOKEN}\n`);
  lab.show(1, { message: 'what was there' });
  const running = start('client.mjs', lab.url, 'token');
  let printed = '';
  let seq = 1;
  running.stdout?.on('data', (part: Buffer) => {
    printed += part.toString();
    // Nothing tells when it listens; one of them comes then, or it asks for those since.
    if (printed.includes('what was there') && seq === 1) lab.show(++seq, { message: 'what came' });
  });
  await new Promise((resolve) => running.once('close', resolve));
  expect(printed.split('\n').filter(Boolean)).toEqual(['nokia-7-plus-01: what was there', 'now: what came']);
  expect(lab.services.devices().map(({ id }) => id)).toContain('nokia-7-plus');
});

it('the scanner names what stands in a recording', async () => {
  const request = { method: 'GET', url: `https://vendor.example/report?imei=${IMEI}`, headers: [] };
  const har = { log: { version: '1.2', entries: [harEntry({ request })] } };
  writeFileSync(path.join(project, 'traffic.har'), JSON.stringify(har));
  expect(await printedBy('scanner.mjs', 'traffic.har')).toBe('imei 490154*******18 in the query to vendor.example\n');
});

it('the detector finds an IMEI in base64 in JSON', async () => {
  expect(await printedBy('inspector.mjs')).toBe('imei 490154*******18 at $.d, through json:$.d, base64\n');
});
