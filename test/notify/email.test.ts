/** Mail by a real SMTP server on loopback. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { labAlert } from '../sinks/lab-alert.ts';
import { labNotifier, SECRET } from './lab-notifier.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function mailServer(options: ConstructorParameters<typeof SMTPServer>[0] = {}) {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      let text = '';
      stream.on('data', (part) => {
        text += part;
      });
      stream.on('end', () => {
        mails.push(text);
        done();
      });
    },
    ...options,
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  closing.push(() => new Promise<void>((resolve) => server.close(resolve)));
  return { mails, port: (server.server.address() as AddressInfo).port };
}

const mail = (port: number, more: object = {}) => ({
  receivers: {
    mail: {
      type: 'email',
      server: '127.0.0.1',
      port,
      tls: 'none',
      private: true,
      from: 'lab@example.com',
      to: ['desk@example.com'],
      ...more,
    },
  },
  rules: [{ name: 'all', send: ['mail'] }],
});

function lab(given: unknown) {
  const made = labNotifier(given);
  closing.push(made.close);
  return made;
}

describe('alerts by mail', () => {
  it('that come within a minute go in one, with the worst in its subject and nothing personal in it', async () => {
    const { mails, port } = await mailServer();
    const { show, settle, pass, outbox } = lab(mail(port));
    show(labAlert(1, { severity: 'low' }));
    show(labAlert(2));
    await settle();
    expect(mails, 'the first minute is waited for').toEqual([]);
    pass(60_000);
    await settle();
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatch(/^Subject: \S*2_alerts=2C_the_worst=3A_\S*\s+\S*critical/m);
    expect(mails[0]).toMatch(/^Auto-Submitted: auto-generated/m);
    expect(mails[0]).not.toMatch(/490154|10\.77\.0\.2|nokia-7-plus-01/);
    expect(outbox().account('mail')).toMatchObject({ sent: 2, waiting: 0 });
  });

  it('log in with the secret of a file; a wrong one is told without it', async () => {
    const { mails, port } = await mailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) =>
        done(username === 'lab' && password === SECRET ? null : new Error('no'), { user: username }),
    });
    const right = lab(mail(port, { user: 'lab', password: 'mail.password' }));
    expect(await right.notifier().test('mail')).toMatchObject({ ok: true });
    expect(mails).toHaveLength(1);
    const wrong = lab(mail(port, { user: 'other', password: 'mail.password' }));
    const { ok, detail } = await wrong.notifier().test('mail');
    expect({ ok, detail }).toEqual({ ok: false, detail: 'the server does not take this user and password' });
  });

  it('whom a server does not take for a while get the mail later, and the others once', async () => {
    const got: string[] = [];
    let isFull = true;
    const { port } = await mailServer({
      onRcptTo: ({ address }, _session, done) =>
        done(
          isFull && address.startsWith('night')
            ? Object.assign(new Error('mailbox full'), { responseCode: 452 })
            : undefined,
        ),
      onData(stream, { envelope }, done) {
        stream.resume().on('end', () => {
          got.push(...envelope.rcptTo.map(({ address }) => address));
          done();
        });
      },
    });
    const { show, settle, pass, outbox } = lab(mail(port, { to: ['desk@example.com', 'night@example.com'] }));
    show(labAlert(1));
    await settle();
    pass(60_000);
    await settle();
    expect(outbox().account('mail')).toMatchObject({
      lastError: expect.stringContaining('"sending.rejected","values":{"code":452,"names":"night@example.com"'),
    });
    for (let round = 0; round < 3; round++) {
      pass(3_600_000);
      await settle();
    }
    expect(got).toEqual(['desk@example.com']);
    expect(outbox().account('mail')).toMatchObject({
      sent: 0,
      waiting: 1,
      lastError: expect.stringContaining('"sending.server"'),
    });
    isFull = false;
    pass(24 * 3_600_000);
    await settle();
    expect(got).toEqual(['desk@example.com', 'night@example.com']);
    expect(outbox().account('mail')).toMatchObject({ sent: 1, waiting: 0 });
  });

  it('do not go unencrypted where encryption was asked for', async () => {
    const { mails, port } = await mailServer();
    const { notifier } = lab(mail(port, { tls: 'starttls' }));
    expect(await notifier().test('mail')).toMatchObject({ ok: false });
    expect(mails).toEqual([]);
  });
});
