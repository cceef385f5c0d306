/** Alerts on their way out of the lab, to real receivers on loopback; the clock is the test's. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { text } from '../../src/model/text.ts';
import { GIVE_UP_MS, waitAfter } from '../../src/notify/notifier.ts';
import { LOOK_EVERY, MAX_DEAD, MAX_WAITING } from '../../src/notify/outbox.ts';
import { labAlert } from '../sinks/lab-alert.ts';
import { hook, labNotifier, SECRET } from './lab-notifier.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Got {
  headers: IncomingMessage['headers'];
  body: string;
}

async function listen(answer: (got: Got, count: number) => number | [number, object] = () => 204, port = 0) {
  const got: Got[] = [];
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    got.push({ headers: request.headers, body });
    const [status, headers] = [answer(got.at(-1) as Got, got.length)].flat() as [number, object?];
    response.writeHead(status, headers as Record<string, string>).end('{"ok":true}');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return { got, port: (server.address() as AddressInfo).port };
}

function lab(...given: Parameters<typeof labNotifier>) {
  const made = labNotifier(...given);
  closing.push(made.close);
  return made;
}

const toHook = (port: number, more: object = {}) => ({
  receivers: { hook: hook(port, more) },
  rules: [{ name: 'all', send: ['hook'] }],
});

const ids = (got: Got[]): string[] => got.map(({ headers }) => String(headers['webhook-id']));

describe('alerts to a webhook', () => {
  it('arrive once for each id, in their order, however often an alert counts on', async () => {
    const { got, port } = await listen();
    const { show, settle, notifier } = lab(toHook(port));
    for (let seq = 1; seq <= 5; seq++) show(labAlert(seq));
    show({ ...labAlert(2), seq: 6, count: 2 });
    await settle();
    show({ ...labAlert(2), seq: 7, count: 3 });
    await settle();
    expect(ids(got)).toEqual([1, 2, 3, 4, 5].map((seq) => labAlert(seq).id));
    expect(notifier().state().receivers[0]).toMatchObject({ sent: 5, waiting: 0, dead: 0, lastError: null });
  });

  it('carry a signature that the reference library of Standard Webhooks takes, and only with its body', async () => {
    const { got, port } = await listen();
    const { show, settle } = lab(toHook(port));
    show(labAlert(1));
    await settle();
    const [{ headers, body } = { headers: {}, body: '' }] = got;
    const given = headers as Record<string, string>;
    expect(new Webhook(SECRET).verify(body, given)).toMatchObject({ id: labAlert(1).id, severity: 'critical' });
    expect(() => new Webhook(SECRET).verify(body.replace('critical', 'low'), given)).toThrow();
  });

  it('hold nothing of the phone or of a value but its model, unless told; then masked', async () => {
    const { got, port } = await listen();
    const receivers = { bare: hook(port), open: hook(port, { personal: 'masked' }) };
    const { show, settle } = lab({ receivers, rules: [{ name: 'all', send: ['bare', 'open'] }] });
    show(labAlert(1));
    await settle();
    const [bare = '', open = ''] = got.map(({ body }) => body).toSorted((a, b) => a.length - b.length);
    for (const personal of ['490154', 'nokia-7-plus-01', '10.77.0.2', 'IMEI1', 'http://zzhc'])
      expect(bare).not.toContain(personal);
    expect(JSON.parse(bare)).toMatchObject({
      kind: 'imei',
      phone: { model: 'Nokia 7 Plus' },
      destination: { host: 'zzhc.vnet.cn', country: 'CN', owner: 'China Telecom', ownerCountry: 'CN' },
      encrypted: false,
    });
    expect(JSON.parse(open)).toMatchObject({ alert: { identifier: { masked: '490154*******18' } } });
    expect(open).not.toContain('490154203237518');
  });

  it('wait while the receiver is down, longer each time, and follow when it is back; both is told once', async () => {
    let isDown = true;
    const { got, port } = await listen(() => (isDown ? 503 : 204));
    const { show, settle, pass, changes, notifier } = lab(toHook(port));
    for (let seq = 1; seq <= 3; seq++) show(labAlert(seq));
    for (let attempt = 1; attempt <= 8; attempt++) {
      await settle();
      await settle();
      pass(waitAfter(attempt, 0.5));
    }
    expect(new Set(ids(got)).size, 'the others are spared').toBe(1);
    expect(got.length, 'once for each wait').toBe(8);
    expect(changes).toEqual([
      { type: 'failing', receiver: 'hook', detail: text('sending.answered', { status: 503 }), waiting: 3 },
    ]);
    expect(notifier().state().receivers[0]).toMatchObject({
      waiting: 3,
      lastError: 'answered 503',
      lastErrorText: { key: 'sending.answered', values: { status: 503 } },
    });
    isDown = false;
    await settle();
    expect(ids(got).slice(8)).toEqual([1, 2, 3].map((seq) => labAlert(seq).id));
    expect(changes.slice(1)).toEqual([{ type: 'works-again', receiver: 'hook', waiting: 2 }]);
    expect(notifier().state().receivers[0]).toMatchObject({ waiting: 0, lastError: null, failingSince: null });
  });

  it('go on after the lab was killed: what was not looked at is found in the store, what was sent is not sent again', async () => {
    const { got, port } = await listen();
    const { show, settle, restart, alerts } = lab(toHook(port));
    show(labAlert(1));
    await settle();
    alerts.set(labAlert(2).id, labAlert(2));
    alerts.set(labAlert(3).id, labAlert(3));
    restart();
    await settle();
    expect(ids(got)).toEqual([1, 2, 3].map((seq) => labAlert(seq).id));
  });

  it('wait as long as the receiver asks', async () => {
    const { got, port } = await listen((_, count) => (count === 1 ? [429, { 'retry-after': '30' }] : 204));
    const { show, settle, pass } = lab(toHook(port));
    show(labAlert(1));
    await settle();
    pass(29_000);
    await settle();
    expect(got.length).toBe(1);
    pass(1_000);
    await settle();
    expect(got.length).toBe(2);
  });

  it('that a receiver refuses are given up after five times and do not hold up the others', async () => {
    const poison = labAlert(1).id;
    const { got, port } = await listen(({ headers }) => (headers['webhook-id'] === poison ? 400 : 204));
    const { show, settle, pass, outbox, changes } = lab(toHook(port));
    show(labAlert(1));
    show(labAlert(2));
    for (let attempt = 1; attempt <= 6; attempt++) {
      await settle();
      pass(waitAfter(attempt, 0.5));
    }
    expect(ids(got).filter((id) => id === poison).length).toBe(5);
    expect(ids(got).at(-1)).toBe(labAlert(2).id);
    expect(outbox().account('hook')).toMatchObject({ dead: 1, waiting: 0, sent: 1 });
    expect(changes).toContainEqual(expect.objectContaining({ type: 'given-up', count: 1 }));
  });

  it('are not sent where somebody muted them, which is counted, and are again when the day is over', async () => {
    const { got, port } = await listen();
    const today = new Date().toISOString().slice(0, 10);
    const mutes = [
      { name: 'known', when: { kind: 'imei' }, as: 'accepted', reason: 'the vendor was told', until: today },
    ];
    const { show, settle, pass, notifier } = lab({ ...toHook(port), mutes });
    show(labAlert(1));
    show({ ...labAlert(1), seq: 2, count: 2 });
    await settle();
    expect(got).toEqual([]);
    expect(notifier().state().mutes).toMatchObject([{ name: 'known', held: 1, isOver: false }]);
    pass(2 * 86_400_000);
    show(labAlert(3));
    await settle();
    expect(ids(got)).toEqual([labAlert(3).id]);
    expect(notifier().state().mutes).toMatchObject([{ held: 1, isOver: true }]);
  });

  it('whose phone was forgotten meanwhile are not sent', async () => {
    const { got, port } = await listen();
    const { show, settle, alerts, outbox } = lab(toHook(port));
    show(labAlert(1));
    alerts.clear();
    await settle();
    expect(got).toEqual([]);
    expect(outbox().account('hook')).toMatchObject({ waiting: 0, dead: 0 });
  });

  it('never go to the phones’ own network, nor to a private address nobody asked for', async () => {
    const { got, port } = await listen();
    const phones = lab(toHook(port), { phones: ['127.0.0.1'] });
    expect(await phones.notifier().test('hook')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('phones'),
    });
    const guarded = lab(toHook(port, { private: false, url: `https://localhost:${port}/` }));
    const { ok, detail } = await guarded.notifier().test('hook');
    expect({ ok, detail }).toMatchObject({ ok: false, detail: expect.stringContaining('private address') });
    expect(got).toEqual([]);
  });
});

describe('a receiver that is down for days', () => {
  it('keeps what waits, gives it up after three days within bounds, tells it, and gets it on request', async () => {
    const { port } = await listen(() => 503);
    const { show, settle, pass, outbox, changes, restart, notifier } = lab(toHook(port));
    for (let seq = 1; seq <= 20; seq++) show(labAlert(seq));
    await settle();
    pass(86_400_000);
    await settle();
    expect(outbox().account('hook'), 'after a day nothing is lost').toMatchObject({ waiting: 20, dead: 0 });
    pass(GIVE_UP_MS);
    await settle();
    expect(outbox().account('hook')).toMatchObject({ waiting: 0, dead: 20, dropped: 0 });
    expect(changes).toContainEqual(expect.objectContaining({ type: 'given-up', count: 20 }));
    restart();
    expect(outbox().account('hook').dead, 'kept across a restart').toBe(20);
    expect(outbox().retry('hook', Date.now() + GIVE_UP_MS + 86_400_000)).toBe(20);
    expect(notifier().state().receivers[0]).toMatchObject({ waiting: 20, dead: 0 });
  });

  it('never fills the disk: the oldest that wait are given up, the oldest given up are dropped and counted', () => {
    const { outbox } = lab({ receivers: {}, rules: [] });
    const box = outbox();
    const put = MAX_WAITING + LOOK_EVERY + 3;
    for (let n = 0; n < put; n++)
      box.put({ id: String(n).padStart(6, '0'), seq: n, receivers: ['hook'], mute: null, now: n });
    const { waiting, dead } = box.account('hook');
    expect(waiting).toBeLessThan(MAX_WAITING + LOOK_EVERY);
    expect(waiting + dead).toBe(put);
    box.giveUpBefore('hook', put, 0);
    expect(box.account('hook')).toMatchObject({ waiting: 0, dead: MAX_DEAD, dropped: put - MAX_DEAD });
    expect(box.waiting('hook', 1)).toEqual([]);
  });
});

describe('a receiver that is killed', () => {
  const start = async (
    file: string,
    port: string,
    killAfter: string,
  ): Promise<{ child: ChildProcess; port: string }> => {
    const program = path.join(import.meta.dirname, 'receiver-process.ts');
    const child = spawn(process.execPath, [program, port, file, SECRET, killAfter], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closing.push(() => child.kill('SIGKILL'));
    const [line] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
    return { child, port: String(line).trim() };
  };

  it('and started again has every alert, once for each id, though it died before it could say so', async () => {
    const made = lab({ receivers: {}, rules: [] });
    const file = path.join(made.directory, 'taken');
    const first = await start(file, '0', '7');
    const exited = once(first.child, 'exit');
    made.configure(toHook(Number(first.port)));
    const shown = Array.from({ length: 30 }, (_, seq) => labAlert(seq + 1));
    for (const alert of shown.slice(0, 15)) made.show(alert);
    await made.settle();
    await exited;
    for (const alert of shown.slice(15)) made.show(alert);
    await made.settle();
    expect(made.outbox().account('hook')).toMatchObject({ sent: 6, waiting: 24 });
    await start(file, first.port, '0');
    made.pass(60_000);
    await made.settle();
    const taken = readFileSync(file, 'utf8').trim().split('\n');
    const asked = readFileSync(`${file}.asked`, 'utf8').trim().split('\n');
    expect(taken).toEqual(shown.map(({ id }) => id));
    expect(asked.length, 'the one it died over came twice, with the same id').toBe(31);
    expect(made.faults).toEqual([]);
  }, 30_000);
});
