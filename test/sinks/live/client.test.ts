/** The client that programs and the dashboard use, against the real API. What its types refuse, the compiler holds. */
import { once } from 'node:events';
import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerOf, createClient, type LabClient, type LiveFrame } from '../../../src/sinks/live/client.ts';
import { ROUTES } from '../../../src/sinks/live/routes.ts';
import { DEVICE, startLab, type TestLab, TOKEN, TOKENS } from './lab-dependencies.ts';

let lab: TestLab;
let client: LabClient;
beforeAll(async () => {
  lab = await startLab();
  client = createClient({ url: lab.url, token: TOKEN });
  for (let seq = 1; seq <= 3; seq++) lab.show(seq, seq === 2 ? { severity: 'low' } : {});
});
afterAll(() => lab.close());

it('asks with what stands behind the ?, and in the path', async () => {
  const { alerts, seq } = await answerOf(
    client.GET('/api/alerts', { params: { query: { severity: 'high', limit: 1 } } }),
  );
  expect([alerts.length, alerts[0]?.severity, seq]).toEqual([1, 'critical', 3]);
  const params = { path: { id: DEVICE.id } };
  expect((await answerOf(client.GET('/api/devices/{id}', { params }))).model).toBe(DEVICE.model);
});

it('sends bodies as JSON, files as they are, and takes an answer without content', async () => {
  const opened = await answerOf(client.POST('/api/cases', { body: { title: 'from a program' } }));
  expect(opened.title).toBe('from a program');
  const body = new Blob(['a recording']);
  const told = client.POST('/api/recordings', { body, parseAs: 'text' });
  expect(JSON.parse(await answerOf(told))).toMatchObject({ type: 'end', entries: 'a recording'.length });
  expect(await answerOf(client.DELETE('/api/cases/{id}', { params: { path: { id: opened.id } } }))).toBeUndefined();
});

it('says of a file that it is one, whatever its own type, and of the rest that it is JSON', async () => {
  const heard: [string | undefined, string][] = [];
  const server = createServer(async (request, response) => {
    heard.push([request.headers['content-type'], await readText(request)]);
    response.end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const asking = createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: TOKEN });
  const onDisk = path.join(mkdtempSync(path.join(tmpdir(), 'client-')), 'a.har');
  writeFileSync(onDisk, 'of a disk');
  const files = [new Blob(['named'], { type: 'text/plain' }), Buffer.from('bytes'), await openAsBlob(onDisk)];
  for (const body of files) await asking.POST('/api/recordings', { body, parseAs: 'text' });
  await asking.POST('/api/databases', { body: files[1] as Buffer, params: { query: { name: 'a.mmdb' } } });
  await asking.POST('/api/cases', { body: { title: 'a case' } });
  await asking.POST('/api/recordings', { body: Buffer.from('own'), headers: { 'content-type': 'application/x-own' } });
  await asking.GET('/api/alerts');
  server.close();
  rmSync(path.dirname(onDisk), { recursive: true });
  const file = 'application/octet-stream';
  expect(heard).toEqual([
    [file, 'named'],
    [file, 'bytes'],
    [file, 'of a disk'],
    [file, 'bytes'],
    ['application/json', '{"title":"a case"}'],
    ['application/x-own', 'own'],
    [undefined, ''],
  ]);
});

it('hands the line on with which the lab refuses', async () => {
  const params = { path: { id: 'nobody' } };
  await expect(answerOf(client.GET('/api/cases/{id}', { params }))).rejects.toMatchObject({
    name: 'LabRefusal',
    status: 404,
    message: expect.stringMatching(/^no such case/),
  });
  const viewer = createClient({ url: lab.url, token: TOKENS.viewer });
  const { error, response } = await viewer.POST('/api/cases', { body: { title: 'not mine to open' } });
  expect([response.status, typeof error?.error]).toEqual([403, 'string']);
});

it('hears hello, what came since, and what comes', async () => {
  const frames: LiveFrame[] = [];
  let wake = (): void => {};
  const socket = client.live({ since: 2 }, (frame) => {
    frames.push(frame);
    wake();
  });
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wake = () => frames.length >= count && resolve();
      wake();
    });
  await until(2);
  lab.show(4);
  await until(3);
  const closed = once(socket, 'close');
  socket.close();
  await closed;
  expect(frames.map((frame) => (frame.type === 'alert' ? frame.alert.seq : frame.type))).toEqual(['hello', 3, 4]);
});

it('knows no address, parameter or body that the lab has not', () => {
  const never = (): unknown => [
    // @ts-expect-error no such address
    client.GET('/api/alert'),
    // @ts-expect-error no such method of it
    client.DELETE('/api/alerts'),
    // @ts-expect-error without its id
    client.GET('/api/cases/{id}'),
    // @ts-expect-error not one of the severities
    client.GET('/api/alerts', { params: { query: { severity: 'dreadful' } } }),
    // @ts-expect-error a case has a title
    client.POST('/api/cases', { body: {} }),
    // @ts-expect-error a file, not an object
    client.POST('/api/recordings', { body: { file: 'cases.har' } }),
    // @ts-expect-error both must be there
    client.DELETE('/api/upstream-map', { params: { query: { host: 'vendor.example' } } }),
  ];
  expect(never).toBeInstanceOf(Function);
  expect(Object.keys(ROUTES).length).toBeGreaterThan(60);
});
