/**
 * An app with a certificate pin, as banks and messengers have it: the lab must notice, step aside, and say what it
 * could not look into. A bad network is not a pin.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceCoverage } from '../../src/model/coverage.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import type { Lab } from '../clients/client.ts';
import { askCurl } from '../clients/curl.ts';
import { compileOkHttp } from '../clients/okhttp.ts';
import { requireTool } from '../clients/tools.ts';
import { openTunnel } from '../clients/tunnel.ts';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

const PINNED = 'bank.example.com';
const FLAKY = 'flaky.example.com';
let world: World;
beforeAll(async () => {
  world = await startWorld({ otherHosts: [PINNED, FLAKY] });
});
afterAll(() => world.end());

const flowsTo = async (host: string): Promise<FlowRecord[]> =>
  ((await world.lab.api(`/api/flows?host=${host}`)) as { flows: FlowRecord[] }).flows;

describe('an app with a certificate pin', () => {
  it('fails at its first two starts at most, then works untouched; one alert says where its data went unseen', async (context) => {
    requireTool(context, 'java', 'javac', 'okhttp');
    const okhttp = await compileOkHttp();
    // The app trusts the lab's CA like any other, and the server's own, but insists on the server's own key.
    const both = path.join(world.lab.dataDir, 'both.pem');
    await writeFile(both, (await readFile(world.lab.ready.ca.pem, 'utf8')) + world.origin.caPem);
    const phone: Lab = { ...world.lab.phone, caFile: both };
    const spki = new X509Certificate(world.origin.certPem).publicKey.export({ type: 'spki', format: 'der' });
    const pin = `${PINNED}=sha256/${createHash('sha256').update(spki).digest('base64')}`;
    const failures: number[] = [];
    for (let start = 0; start < 3; start++) {
      const answer = await okhttp.ask(phone, { url: `https://${PINNED}/page` }, { pin, times: 3 });
      expect(answer).toMatchObject({ ok: true, status: 200 });
      expect(answer.body.toString()).toContain('the page of the lab');
      failures.push(answer.stderr.match(/^attempt \d/gm)?.length ?? 0);
    }
    await okhttp.remove();
    // Each time it is silent when intercepted and speaks when passed through: after twice that is proof.
    expect(failures).toEqual([1, 1, 0]);

    const of = (all: ReturnType<World['lab']['alerts']>) =>
      all.filter((one) => one.type === 'pinned' && one.destination?.host === PINNED);
    const alerts = of(await world.lab.until('pinned alert', (all) => of(all).length > 0));
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({ destination: { location: { country: 'CN' } } });
    await eventually('the flow that was let through is filed', async () =>
      (await flowsTo(PINNED)).some(
        (flow) => flow.treatment === 'passthrough' && flow.bytesUp > 0 && flow.bytesDown > 0,
      ),
    );
    const { coverage } = (await world.lab.api('/api/coverage')) as { coverage: DeviceCoverage[] };
    const unseen = coverage.flatMap((one) => one.unseen);
    expect(unseen.find((one) => one.host === PINNED && one.class === 'pinned')).toMatchObject({ country: 'CN' });
  });
});

describe('an app on a bad network', () => {
  it('is not passed through, however often its connections are reset in the handshake', async (context) => {
    requireTool(context, 'curl');
    for (let time = 0; time < 6; time++) {
      const socket = await openTunnel(world.lab.phone, FLAKY, 443);
      socket.on('error', () => {});
      await new Promise<void>((done) => void socket.write(Buffer.from([0x16, 3, 1, 2, 0]), () => done()));
      socket.resetAndDestroy();
    }
    const plain = connect(world.lab.phone.proxy);
    plain.on('error', () => {}).once('connect', () => plain.resetAndDestroy());
    const url = `https://${FLAKY}/page`;
    expect(await askCurl(world.lab.phone, { url })).toMatchObject({ ok: true, status: 200 });
    await eventually('the good flow is filed', async () =>
      (await flowsTo(FLAKY)).some((flow) => flow.treatment === 'intercept' && flow.requests === 1),
    );
    expect((await flowsTo(FLAKY)).filter((flow) => flow.treatment === 'passthrough')).toEqual([]);
    expect(world.lab.alerts().filter((one) => one.type === 'pinned' && one.destination?.host === FLAKY)).toEqual([]);
  });
});
