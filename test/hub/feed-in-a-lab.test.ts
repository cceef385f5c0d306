/**
 * A whole lab that takes a feed from a real broker: an app that its hints know is believed at its first refusal, by a relay in another
 * thread than the one that took the feed; one that nobody told of is not.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readHubServerConfig } from '../../src/hub/config.ts';
import { openStream, type Stream } from '../../src/hub/stream.ts';
import { publishFeedDirectory } from '../../src/lab/feed-publishing.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import type { Lab } from '../clients/client.ts';
import { askCurl } from '../clients/curl.ts';
import { describeWith } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { HOST, startWorld, type World } from '../e2e/world.ts';
import { type Nats, openNats, type Postgres, writeHubConfig, writeLabConfig } from './engines.ts';

const [HINTED, OTHER] = ['bank.example.com', 'chat.example.com'];

describeWith(['nats-server', 'curl'], 'a lab that takes the feed of its hub', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'hub-'));
  let nats: Nats;
  let stream: Stream;
  let world: World;
  beforeAll(async () => {
    nats = await openNats(directory, ['alpha/hanoi']);
    await nats.start();
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const [secret, shown] = ['feed.key', 'feed.pub'].map((name) => path.join(directory, name)) as [string, string];
    writeFileSync(secret, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(shown, publicKey.export({ type: 'spki', format: 'pem' }));
    const tables = path.join(directory, 'tables');
    mkdirSync(tables);
    writeFileSync(path.join(tables, 'pass-through.yaml'), `${HINTED}: pins since version 7.1\n`);
    const hub = writeHubConfig(directory, nats, { url: 'postgresql://hub@127.0.0.1/none' } as Postgres);
    stream = await openStream(readHubServerConfig(hub));
    await publishFeedDirectory(hub, tables, secret);
    const file = writeLabConfig(directory, nats, 'alpha/hanoi', `feed-key: ${shown}\n`);
    world = await startWorld({ otherHosts: [HINTED, OTHER], args: ['--hub', file] });
  });
  afterAll(async () => {
    await world?.end();
    await stream?.close();
    await nats?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  it('believes an app that the feed knows the first time, says on whose word, and no other app', async () => {
    await eventually('the feed is in force', async () => {
      const { hub } = (await world.lab.api('/api/stats')) as { hub: { feed: { version: number } } };
      return hub.feed.version === 1;
    });
    const { phone } = world.lab;
    expect(await askCurl(phone, { url: `https://${HOST}/page` })).toMatchObject({ ok: true, status: 200 });
    const serversOwn = path.join(directory, 'servers.pem');
    writeFileSync(serversOwn, world.origin.caPem);
    const app: Lab = { ...phone, caFile: serversOwn };
    const times = async (host: string): Promise<boolean[]> => {
      const first = await askCurl(app, { url: `https://${host}/page` });
      return [first.ok, (await askCurl(app, { url: `https://${host}/page` })).ok];
    };
    expect(await times(HINTED)).toEqual([false, true]);
    expect(await times(OTHER)).toEqual([false, false]);
    const source = { organisation: 'alpha', version: 1 };
    const { pins } = (await world.lab.api('/api/pins')) as { pins: { name: string; source?: object }[] };
    expect(pins.filter(({ name }) => name === HINTED)).toMatchObject([{ source }]);
    await eventually('the connection that was let through says so', async () => {
      const { flows } = (await world.lab.api(`/api/flows?host=${HINTED}`)) as { flows: FlowRecord[] };
      return flows.some(
        ({ treatment, treatmentReason }) =>
          treatment === 'passthrough' && treatmentReason?.includes('the feed of alpha, version 1'),
      );
    });
  });
});
