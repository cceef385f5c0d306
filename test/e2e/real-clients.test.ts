/**
 * Browsers and libraries people really use load pages through the lab without a certificate error, leak through it
 * visibly, and refuse it when its CA is not installed; the lab then says so.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browse } from '../clients/chromium.ts';
import type { Answer, Lab } from '../clients/client.ts';
import { askCurl } from '../clients/curl.ts';
import { askNodeFetch } from '../clients/node-fetch.ts';
import { compileOkHttp, type OkHttp } from '../clients/okhttp.ts';
import { askPython } from '../clients/python.ts';
import { findTool, requireTool, type Tool } from '../clients/tools.ts';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
let world: World;
let okhttp: OkHttp | null = null;
beforeAll(async () => {
  world = await startWorld({ otherHosts: clients.map(({ name }) => refusedHost(name)) });
  if (findTool('javac') && findTool('okhttp')) okhttp = await compileOkHttp();
});
afterAll(async () => {
  await okhttp?.remove();
  await world.end();
});

const JAVA: Tool[] = ['java', 'javac', 'okhttp'];
const clients: { name: string; tools: Tool[]; ask: (lab: Lab, url: string) => Promise<Answer | undefined> }[] = [
  { name: 'curl over HTTP/1.1', tools: ['curl'], ask: (lab, url) => askCurl(lab, { url }) },
  { name: 'curl over HTTP/2', tools: ['curl'], ask: (lab, url) => askCurl(lab, { url }, '2') },
  { name: 'Python requests', tools: ['python'], ask: (lab, url) => askPython(lab, { url }) },
  { name: 'Node fetch', tools: [], ask: (lab, url) => askNodeFetch(lab, { url }) },
  { name: 'OkHttp over HTTP/1.1', tools: JAVA, ask: async (lab, url) => okhttp?.ask(lab, { url }, { http: 'h1' }) },
  { name: 'OkHttp over HTTP/2', tools: JAVA, ask: async (lab, url) => okhttp?.ask(lab, { url }, { http: 'h2' }) },
  { name: 'Chromium', tools: ['chromium', 'certutil'], ask: (lab, url) => browse(lab, url) },
];

describe.each(clients)('$name', ({ name, tools, ask }) => {
  const slug = slugOf(name);

  it('loads a page through the lab with no certificate error, and its query is searched', async (context) => {
    requireTool(context, ...tools);
    const answer = await ask(world.lab.phone, `${world.https}/page/${slug}?device=${IMEI}`);
    expect(answer?.stderr).toBe(answer?.ok ? answer.stderr : '');
    expect(answer?.body.toString()).toContain('the page of the lab');
    const alerts = await world.lab.until(`leak of ${name}`, (all) => all.some((one) => one.flow?.url?.includes(slug)));
    expect(alerts.find((one) => one.flow?.url?.includes(slug))).toMatchObject({
      type: 'leak',
      identifier: { kind: 'imei', known: true },
      flow: { protocol: name.endsWith('HTTP/2') || name === 'Chromium' ? 'h2' : 'http/1.1' },
    });
  });

  it('refuses the page without the CA, and the lab tells of a client that rejected its certificate', async (context) => {
    requireTool(context, ...tools);
    const before = world.origin.received.length;
    const rejected = await rejections();
    const answer = await ask(world.lab.stranger, `https://${refusedHost(name)}/page`);
    expect(answer?.ok).toBe(false);
    expect(world.origin.received.length).toBe(before);
    await eventually('the flow is filed as rejected', async () => (await rejections()) > rejected);
  });
});

const slugOf = (name: string): string => name.replaceAll(/\W+/g, '-').toLowerCase();
/** A name of its own: after three rejections of one name the lab lets the phone through to it. */
const refusedHost = (name: string): string => `${slugOf(name)}.example.com`;

async function rejections(): Promise<number> {
  const answer = (await world.lab.api('/api/flows?limit=500')) as {
    flows: { reason?: string; closeReason?: string }[];
  };
  return answer.flows.filter((flow) => JSON.stringify(flow).includes('client-rejected-certificate')).length;
}
