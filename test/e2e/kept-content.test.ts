/** Content that a lab keeps, through the real proxy and the API. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEvidence } from '../../src/lab/evidence.ts';
import type { ContentPart, FlowContent } from '../../src/model/content.ts';
import type { FlowRecord } from '../../src/model/flow.ts';
import { eventually } from './eventually.ts';
import { HOST, startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const worlds: Partial<Record<'findings' | 'all' | 'none', World>> = {};
beforeAll(async () => {
  for (const keep of ['findings', 'all', 'none'] as const) worlds[keep] = await startWorld({ args: ['--keep', keep] });
});
afterAll(async () => {
  for (const world of Object.values(worlds)) await world.end();
});

function post(world: World, path: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    request({
      ...world.lab.phone.proxy,
      method: 'POST',
      path: `http://${HOST}${path}`,
      headers: { Host: HOST, 'Content-Type': 'application/json', Authorization: 'Bearer abc' },
      agent: false,
    })
      .on('response', (response) => response.resume().on('end', resolve))
      .on('error', reject)
      .end(body);
  });
}

/** The latest one, when so many are closed. */
const closedFlow = (world: World, count: number): Promise<FlowRecord> =>
  eventually('a closed flow', async () => {
    const { flows } = (await world.lab.api(`/api/flows?host=${HOST}`)) as { flows: FlowRecord[] };
    return flows.length === count && flows.every(({ closedAt }) => closedAt !== null) ? flows[0] : null;
  });

const contentOf = (world: World, id: string, reveal: boolean) =>
  world.lab.api(`/api/flows/${id}/content${reveal ? '?reveal=true' : ''}`) as Promise<FlowContent>;

describe('kept content', () => {
  it('of a finding: the request as it stood on the wire, masked until it is revealed', async () => {
    const world = worlds.findings as World;
    const body = gzipSync(JSON.stringify({ IMEI1: IMEI }));
    await post(world, `/upload?imei=${IMEI}`, body);
    await world.lab.until('a leak', (alerts) => alerts.some(({ type }) => type === 'leak'));
    const flow = await closedFlow(world, 1);
    expect(flow.content).toMatchObject({ keep: 'findings' });
    expect(flow.content?.bytes).toBeGreaterThan(body.length - 1);
    const masked = await contentOf(world, flow.id, false);
    expect(JSON.stringify(masked)).not.toContain(IMEI);
    expect(JSON.stringify(masked)).not.toContain('Bearer abc');
    expect(masked.exchanges[0]?.request).toMatchObject({
      method: 'POST',
      body: { bytes: body.length, kept: body.length },
    });
    expect(masked.exchanges[0]?.response).toMatchObject({ status: 200 });
    const clear = await contentOf(world, flow.id, true);
    expect(clear.exchanges[0]?.request?.url).toBe(`http://${HOST}/upload?imei=${IMEI}`);
    const part = (await world.lab.api(
      `/api/flows/${flow.id}/content/body?side=request&exchange=${masked.exchanges[0]?.exchange}&reveal=true`,
    )) as ContentPart;
    expect(Buffer.from(part.bytes, 'base64').equals(body)).toBe(true);
    expect(part.next).toBeNull();
    const store = openEvidence(world.lab.dataDir);
    const subjects = store.audits().map(({ action, subject }) => `${action} ${subject}`);
    store.close();
    expect(subjects).toContain(`reveal content of flow ${flow.id}`);
    expect(subjects).toContain(`reveal body of flow ${flow.id}`);
  });

  it('is not given to a viewer, nor without being asked for in clear', async () => {
    const world = worlds.findings as World;
    const { id } = await closedFlow(world, 1);
    const viewer = readFileSync(`${world.lab.dataDir}/token.viewer`, 'utf8').trim();
    const ask = (at: string, token: string) =>
      fetch(`${world.lab.ready.ui.url}${at}`, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask(`/api/flows/${id}/content`, viewer)).status).toBe(403);
    expect((await ask(`/api/flows/${id}/content/body?side=request&exchange=0&reveal=true`, viewer)).status).toBe(403);
    const operator = readFileSync(`${world.lab.dataDir}/token.operator`, 'utf8').trim();
    const answer = await ask(`/api/flows/${id}/content/body?side=request&exchange=0`, operator);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('reveal');
  });

  it('of an innocent request: nothing with `findings`, all with `all`, nothing with `none`; each says why', async () => {
    const body = Buffer.from('{"hello":"world"}');
    for (const [keep, world] of Object.entries(worlds)) {
      await post(world, '/hello', body);
      const flow = await closedFlow(world, keep === 'findings' ? 2 : 1);
      const content = await contentOf(world, flow.id, true);
      if (keep === 'all') {
        expect(flow.content).toMatchObject({ keep, notKept: 0, why: [] });
        expect(content.exchanges[0]?.request?.body).toMatchObject({ bytes: body.length, kept: body.length });
        expect(content.exchanges[0]?.response?.body.endedAt).not.toBeNull();
      } else {
        expect(content).toMatchObject({ state: 'none', why: [keep === 'none' ? 'not-asked' : 'no-finding'] });
        expect(flow.content).toMatchObject({ keep, bytes: 0 });
      }
    }
  });
});
