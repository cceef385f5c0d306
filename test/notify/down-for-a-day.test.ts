/** Receivers that are down for a day of the test's clock: real ones on loopback, a lab that is killed in the middle. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { labAlert } from '../sinks/lab-alert.ts';
import { hook, labNotifier } from './lab-notifier.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const MINUTE = 60_000;
const MINUTES = 24 * 60;
/** 1 s, 2 s … 512 s, then one each ten minutes. */
const MOST_ATTEMPTS = 10 + MINUTES / 10;

type Lab = ReturnType<typeof labNotifier>;

function lab(given: unknown): Lab {
  const made = labNotifier(given);
  closing.push(made.close);
  return made;
}

/** An alert each twenty minutes, a look each five; killed at noon, as it sends. */
async function aDay(
  { show, settle, pass, restart }: Lab,
  onHour: (hour: number) => void = () => {},
): Promise<string[]> {
  const ids: string[] = [];
  for (let minute = 0; minute < MINUTES; minute += 5) {
    onHour(Math.floor(minute / 60));
    if (minute % 20 === 0) {
      const alert = labAlert(ids.length + 1);
      ids.push(alert.id);
      show(alert);
    }
    if (minute === MINUTES / 2) restart();
    await settle();
    pass(5 * MINUTE);
  }
  return ids;
}

describe('a webhook that is down for a day', () => {
  async function receiver() {
    const taken: string[] = [];
    const fate = { answer: 'broken off' as 'broken off' | 503 | 204, attempts: 0, pauses: [] as number[] };
    const server = createServer((request, response) => {
      fate.attempts++;
      if (fate.answer === 'broken off') return request.socket.destroy();
      if (fate.answer === 204) taken.push(String(request.headers['webhook-id']));
      request.resume().on('end', () => response.writeHead(Number(fate.answer)).end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    return { taken, fate, port: (server.address() as AddressInfo).port };
  }
  const to = (port: number) => ({
    receivers: { hook: hook(port) },
    rules: [{ name: 'all', send: ['hook'] }],
  });

  it('has each alert of that day when it is back, once, in their order, and was asked as seldom as promised', async () => {
    const { taken, fate, port } = await receiver();
    const made = lab(to(port));
    const ids = await aDay(made);
    expect(fate.attempts).toBeLessThanOrEqual(MOST_ATTEMPTS);
    expect(fate.attempts).toBeGreaterThan(MINUTES / 20);
    expect(made.outbox().account('hook')).toMatchObject({ waiting: ids.length, dead: 0, dropped: 0 });
    expect(made.changes).toMatchObject([{ type: 'failing', receiver: 'hook' }]);
    fate.answer = 503;
    made.pass(10 * MINUTE);
    await made.settle();
    fate.answer = 204;
    made.pass(12 * MINUTE);
    await made.settle();
    expect(taken).toEqual(ids);
    expect(made.outbox().account('hook')).toMatchObject({ sent: ids.length, waiting: 0, failingSince: null });
    expect(made.changes.slice(1)).toMatchObject([{ type: 'works-again' }]);
    expect(made.faults).toEqual([]);
  });

  it('for longer than three days: what was given up is told and sent on request, once', async () => {
    const { taken, fate, port } = await receiver();
    const made = lab(to(port));
    const ids = await aDay(made);
    made.pass(3 * MINUTES * MINUTE);
    await made.settle();
    expect(made.changes.at(-1)).toMatchObject({ type: 'given-up', receiver: 'hook', count: ids.length });
    fate.answer = 204;
    made.restart();
    await made.settle();
    expect(taken, 'nothing by itself').toEqual([]);
    expect(made.outbox().retry('hook', made.now())).toBe(ids.length);
    made.restart();
    await made.settle();
    expect(taken.toSorted()).toEqual(ids);
    expect(made.outbox().account('hook')).toMatchObject({ waiting: 0, dead: 0, sent: ids.length });
  });
});

describe('a mail server that is down for a day', () => {
  type Fate =
    | 'greets with 421'
    | 'greets with 554'
    | 'no such mailbox'
    | 'content refused'
    | 'takes it and dies'
    | 'up';

  async function mailServer(first: Fate) {
    const taken: string[] = [];
    const fate = { is: first, connections: 0 };
    const sockets = new Set<Socket>();
    const problem = (message: string, responseCode: number) => Object.assign(new Error(message), { responseCode });
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onConnect(_session, done) {
        fate.connections++;
        if (fate.is === 'greets with 421') return done(problem('closed for the day', 421));
        if (fate.is === 'greets with 554') return done(problem('no mail here', 554));
        done();
      },
      onRcptTo: (_address, _session, done) =>
        done(fate.is === 'no such mailbox' ? problem('no such mailbox', 550) : undefined),
      onData(stream, _session, done) {
        let text = '';
        stream.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        stream.on('end', () => {
          if (fate.is === 'content refused') return done(problem('spam', 554));
          taken.push(/^Message-ID: (\S+)/im.exec(text)?.[1] ?? '');
          if (fate.is !== 'takes it and dies') return done();
          for (const socket of sockets) socket.destroy();
        });
      },
    });
    server.on('error', () => {});
    server.server.on('connection', (socket: Socket) => sockets.add(socket));
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    closing.push(() => new Promise<void>((resolve) => server.close(resolve)));
    return { taken, fate, port: (server.server.address() as AddressInfo).port };
  }

  const to = (port: number) => ({
    receivers: {
      mail: {
        type: 'email',
        server: '127.0.0.1',
        port,
        tls: 'none',
        private: true,
        from: 'lab@example.com',
        to: ['desk@example.com'],
      },
    },
    rules: [{ name: 'all', send: ['mail'] }],
  });

  it('gives up nothing, whether it greets with 421, with 554 or knows no mailbox; each alert comes in one mail when it is back', async () => {
    const { taken, fate, port } = await mailServer('greets with 421');
    const made = lab(to(port));
    const ids = await aDay(made, (hour) => {
      fate.is = hour < 8 ? 'greets with 421' : hour < 16 ? 'greets with 554' : 'no such mailbox';
    });
    expect(made.outbox().account('mail')).toMatchObject({ waiting: ids.length, dead: 0, dropped: 0 });
    expect(fate.connections).toBeLessThanOrEqual(MOST_ATTEMPTS);
    expect(fate.connections).toBeGreaterThan(MINUTES / 20);
    expect(made.changes).toMatchObject([{ type: 'failing', receiver: 'mail' }]);
    fate.is = 'up';
    made.pass(12 * MINUTE);
    await made.settle();
    expect(made.outbox().account('mail')).toMatchObject({ sent: ids.length, waiting: 0, dead: 0 });
    expect(new Set(taken).size).toBe(taken.length);
    expect(taken.length, 'what was tried first, then fifty in one').toBe(1 + Math.ceil((ids.length - 1) / 50));
    expect(made.faults).toEqual([]);
  });

  it('and takes a mail but dies before it can say so: the same mail comes again under the same id, newer alerts in the next', async () => {
    const { taken, fate, port } = await mailServer('takes it and dies');
    const made = lab(to(port));
    for (const seq of [1, 2]) made.show(labAlert(seq));
    await made.settle();
    made.pass(MINUTE);
    await made.settle();
    made.show(labAlert(3));
    made.restart();
    made.pass(MINUTE);
    await made.settle();
    fate.is = 'up';
    made.pass(10 * MINUTE);
    await made.settle();
    expect(taken.length).toBe(4);
    expect(new Set(taken.slice(0, 3)).size).toBe(1);
    expect(taken[3]).not.toBe(taken[0]);
    expect(made.outbox().account('mail')).toMatchObject({ sent: 3, waiting: 0, dead: 0 });
  });

  it('and refuses the content of a mail: it is given up after five times, told, and sent on request', async () => {
    const { taken, fate, port } = await mailServer('content refused');
    const made = lab(to(port));
    made.show(labAlert(1));
    await made.settle();
    for (let attempt = 1; attempt <= 6; attempt++) {
      made.pass(2 * MINUTE);
      await made.settle();
    }
    expect(made.outbox().account('mail')).toMatchObject({ waiting: 0, dead: 1 });
    expect(made.changes).toContainEqual(expect.objectContaining({ type: 'given-up', count: 1 }));
    fate.is = 'up';
    made.outbox().retry('mail', made.now());
    made.pass(MINUTE);
    await made.settle();
    expect(taken.length).toBe(1);
  });
});
