/** The lab as it runs, told over its API whom to tell; a receiver that is killed has every alert in the end, once for its id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NotifyState } from '../../src/model/notify.ts';
import { SECRET } from '../notify/lab-notifier.ts';
import { eventually } from './eventually.ts';
import { type LabProcess, phonehome, startLab } from './lab-process.ts';

let lab: LabProcess;
beforeAll(async () => {
  lab = await startLab();
});
const receivers: ChildProcess[] = [];
afterAll(async () => {
  for (const child of receivers) child.kill('SIGKILL');
  await lab.stop();
});

async function put(where: string, body: object): Promise<number> {
  const token = (await readFile(lab.ready.token, 'utf8')).trim();
  const answer = await fetch(`${lab.ready.ui.url}/api/notify/${where}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answer.status;
}

const PROGRAM = path.resolve(import.meta.dirname, '../notify/receiver-process.ts');
async function receiver(port: string, killAfter: string) {
  const args = [PROGRAM, port, path.join(lab.dataDir, 'taken'), SECRET, killAfter];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  receivers.push(child);
  const [line] = await once(child.stdout, 'data');
  return { child, port: String(line).trim() };
}

const state = async () => (await lab.api('/api/notify')) as NotifyState;

it('alerts reach a receiver that dies over the fourth of them, all of them, once for each id', async () => {
  const first = await receiver('0', '4');
  const died = once(first.child, 'exit');
  expect(await put('secrets/hook.key', { secret: SECRET })).toBe(204);
  const url = `http://127.0.0.1:${first.port}/`;
  expect(await put('receivers/hook', { type: 'webhook', url, private: true, signWith: 'hook.key' })).toBe(200);
  const when = { simulated: true, type: 'leak' };
  expect(await put('rules', { rules: [{ name: 'replays', when, send: ['hook'] }] })).toBe(200);
  await phonehome(['replay', 'nokia-7-plus', 'wiko-sts-clear', '--data', lab.dataDir, '--json']);
  await died;
  const shown = lab.alerts().filter(({ simulated, type }) => simulated && type === 'leak');
  expect(shown.length).toBeGreaterThan(4);
  await eventually('the failure is noticed', async () => (await state()).receivers[0]?.failingSince);
  expect((await state()).receivers).toMatchObject([{ sent: 3, waiting: shown.length - 3 }]);
  await receiver(first.port, '0');
  await eventually('all were sent', async () => (await state()).receivers[0]?.waiting === 0);
  const taken = (await readFile(path.join(lab.dataDir, 'taken'), 'utf8')).trim().split('\n');
  expect(taken.toSorted()).toEqual(shown.map(({ id }) => id).toSorted());
});

it('a file that cannot be understood is told, with its line, and changes nothing', async () => {
  const broken = await put('rules', { rules: [{ name: 'a', send: ['nobody'] }] });
  expect(broken).toBe(409);
  await writeFile(path.join(lab.dataDir, 'notify.yaml'), 'rules:\n  - nmae: a\n', { mode: 0o600 });
  const told = await lab.until('a notice of the file', (alerts) =>
    alerts.some(({ type, message }) => type === 'system' && message.includes('notify.yaml:2: rules[0].')),
  );
  expect(told.length).toBeGreaterThan(0);
  expect(
    (await state()).receivers.map(({ name }) => name),
    'what was said before',
  ).toEqual(['hook']);
});
