import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  type TlsOptions,
} from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readHubServerConfig } from '../../src/hub/config.ts';
import { openStream, type Stream } from '../../src/hub/stream.ts';
import { createVendorAuthority, type VendorAuthority } from '../../src/replay/vendor-authority.ts';
import { connectBroker } from '../../src/sinks/hub/broker.ts';
import { readHubConfig } from '../../src/sinks/hub/config.ts';
import { heartbeatOf } from '../../src/sinks/hub/messages.ts';
import { describeWith } from '../clients/tools.ts';
import { jwtAccounts } from './broker-accounts.ts';
import { type Nats, openNats, type Postgres, writeHubConfig, writeLabConfig } from './engines.ts';

const LABS = ['alpha/hanoi', 'beta/hanoi'];
const NOWHERE = { url: 'postgresql://hub@127.0.0.1/none' } as Postgres;

for (const kind of ['nkey', 'jwt'] as const)
  describeWith(['nats-server'], `a broker with TLS and credentials of each lab (${kind})`, () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'hub-'));
    let authority: VendorAuthority;
    let nats: Nats;
    let stream: Stream;
    const configOf = (name: string) => readHubConfig(writeLabConfig(directory, nats, name), () => null);
    const beat = (organisation: string) =>
      heartbeatOf(
        { organisation, lab: 'hanoi' },
        { version: '1', history: 'h', head: 0, published: 0 },
        new Date(0).toISOString(),
      );

    beforeAll(async () => {
      authority = await createVendorAuthority(Date.now());
      nats = await openNats(directory, LABS, { jwt: kind === 'jwt', authority });
      await nats.start();
      stream = await openStream(readHubServerConfig(writeHubConfig(directory, nats, NOWHERE)));
    });
    afterAll(async () => {
      await stream?.close();
      await nats?.end();
      rmSync(directory, { recursive: true, force: true });
    });

    it('takes what a lab publishes under its own name, and the hub gets it', async () => {
      const broker = await connectBroker(configOf('alpha/hanoi'));
      await broker.publish([beat('alpha')]);
      await broker.close();
      const messages = await stream.next(10);
      for (const message of messages) message.ack();
      expect(messages.map(({ subject }) => subject)).toEqual(['phonehome.alpha.hanoi.heartbeat']);
    });

    it('refuses what a lab publishes under the name of another organisation', async () => {
      const broker = await connectBroker(configOf('beta/hanoi'));
      await expect(broker.publish([beat('alpha')])).rejects.toThrow(/permissions violation/i);
      await broker.close();
    });

    it.each([
      ['publish', '$JS.API.STREAM.PURGE.PHONEHOME'],
      ['publish', '$JS.API.STREAM.DELETE.PHONEHOME'],
      ['publish', '$JS.API.STREAM.MSG.GET.PHONEHOME'],
      ['publish', '$JS.API.CONSUMER.MSG.NEXT.PHONEHOME.hub'],
      ['publish', 'phonehome.beta.saigon.alert'],
      ['subscribe', 'phonehome.>'],
      ['subscribe', '_INBOX.alpha.hanoi.>'],
      ['subscribe', '>'],
    ] as const)('does not let a lab %s %s', async (action, subject) => {
      const connection = await raw('beta/hanoi');
      const refused = Promise.withResolvers<string>();
      void (async () => {
        for await (const status of connection.status())
          if (status.type === 'error') refused.resolve(status.error.message);
      })();
      if (action === 'publish') connection.publish(subject, '');
      else connection.subscribe(subject, { callback: () => {} });
      expect(await refused.promise).toMatch(/permissions violation/i);
      await connection.close();
    });

    it('does not talk to a client that it does not know, nor without TLS', async () => {
      const stranger = await openNats(mkdtempSync(path.join(directory, 'other-')), LABS, {
        jwt: kind === 'jwt',
        authority,
      });
      const config = configOf('alpha/hanoi');
      const text = stranger.seeds['alpha/hanoi'] as string;
      const credentials = { kind: config.credentials?.kind ?? 'nkey', text } as const;
      await expect(connectBroker({ ...config, credentials })).rejects.toThrow(/authorization violation/i);
      await expect(connectBroker({ ...config, credentials: null })).rejects.toThrow(/authorization violation/i);
    });

    it('is not believed by a lab that trusts another authority', async () => {
      const other = await createVendorAuthority(Date.now());
      await expect(connectBroker({ ...configOf('alpha/hanoi'), ca: other.caPem })).rejects.toThrow();
    });

    function raw(name: string): Promise<NatsConnection> {
      const secret = Buffer.from(nats.seeds[name] as string);
      const [organisation, lab] = name.split('/');
      return connect({
        servers: nats.url.slice('tls://'.length),
        authenticator: (kind === 'jwt' ? credsAuthenticator : nkeyAuthenticator)(secret),
        inboxPrefix: `_INBOX.${organisation}.${lab}`,
        reconnect: false,
        tls: { ca: authority.caPem, checkServerIdentity: () => undefined } as TlsOptions,
      });
    }
  });

describeWith(['nats-server'], 'a broker without TLS', () => {
  it('gets nothing of a lab that was told to use it', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'hub-'));
    const nats = await openNats(directory, LABS);
    await nats.start();
    try {
      const config = readHubConfig(writeLabConfig(directory, nats, 'alpha/hanoi'), () => null);
      await (await connectBroker(config)).close();
      await expect(connectBroker({ ...config, url: config.url.replace('nats:', 'tls:') })).rejects.toThrow(/tls/i);
    } finally {
      await nats.kill();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describeWith(['nats-server'], 'a lab whose JWT ended', () => {
  it('is refused', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'hub-'));
    const authority = await createVendorAuthority(Date.now());
    const nats = await openNats(directory, LABS, {
      authority,
      accounts: jwtAccounts(['hub', ...LABS], ['alpha/hanoi']),
    });
    await nats.start();
    try {
      const config = readHubConfig(writeLabConfig(directory, nats, 'alpha/hanoi'), () => null);
      await expect(connectBroker(config)).rejects.toThrow(/authorization violation|expired/i);
      const well = await connectBroker(readHubConfig(writeLabConfig(directory, nats, 'beta/hanoi'), () => null));
      await well.close();
    } finally {
      await nats.kill();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
