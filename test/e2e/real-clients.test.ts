/**
 * Browsers and libraries people really use load pages through the lab without a certificate error, leak through it
 * visibly, and refuse it when its CA is not installed; the lab then says so.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { browse } from '../clients/chromium.ts';
import type { Answer, Lab } from '../clients/client.ts';
import { askCurl } from '../clients/curl.ts';
import { askNodeFetch } from '../clients/node-fetch.ts';
import { compileOkHttp, type OkHttp } from '../clients/okhttp.ts';
import { askPython } from '../clients/python.ts';
import { findTool, requireTool, type Tool } from '../clients/tools.ts';
import { KNOWN } from '../engines/known-differences.ts';
import { ENGINE } from './engine.ts';
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

/** What an app that offers HTTP/2 is seen to speak. */
const H2 = KNOWN['product: an alert about an app that offers HTTP/2 says'][ENGINE];
const JAVA: Tool[] = ['java', 'javac', 'okhttp'];
const clients: {
  name: string;
  tools: Tool[];
  protocol: string;
  ask: (lab: Lab, url: string) => Promise<Answer | undefined>;
}[] = [
  { name: 'curl over HTTP/1.1', protocol: 'http/1.1', tools: ['curl'], ask: (lab, url) => askCurl(lab, { url }) },
  { name: 'curl over HTTP/2', protocol: H2, tools: ['curl'], ask: (lab, url) => askCurl(lab, { url }, '2') },
  {
    name: 'Python requests',
    protocol: 'http/1.1',
    tools: ['python', 'requests'],
    ask: (lab, url) => askPython(lab, { url }),
  },
  { name: 'Node fetch', protocol: H2, tools: [], ask: (lab, url) => askNodeFetch(lab, { url }) },
  {
    name: 'OkHttp over HTTP/1.1',
    protocol: 'http/1.1',
    tools: JAVA,
    ask: async (lab, url) => okhttp?.ask(lab, { url }, { http: 'h1' }),
  },
  {
    name: 'OkHttp over HTTP/2',
    protocol: H2,
    tools: JAVA,
    ask: async (lab, url) => okhttp?.ask(lab, { url }, { http: 'h2' }),
  },
  { name: 'Chromium', protocol: H2, tools: ['chromium', 'certutil'], ask: (lab, url) => browse(lab, url) },
];

describe.each(clients)('$name', ({ name, tools, protocol, ask }) => {
  const slug = slugOf(name);

  it('loads a page through the lab with no certificate error, and its query is searched', async (context) => {
    requireTool(context, ...tools);
    const answer = await ask(world.lab.phone, `${world.https}/page?${slug}=${IMEI}`);
    expect(answer?.stderr).toBe(answer?.ok ? answer.stderr : '');
    expect(answer?.body.toString()).toContain('the page of the lab');
    // A place of its own per client: the same value in the same place would only raise a count.
    const mine = (one: Alert): boolean => one.evidence?.path === slug;
    const alerts = await world.lab.until(`leak of ${name}`, (all) => all.some(mine));
    expect(alerts.find(mine)).toMatchObject({
      type: 'leak',
      evidence: { where: 'query' },
      identifier: { kind: 'imei', known: true },
      flow: { protocol },
    });
  });

  it('refuses the page without the CA, and the lab tells of a client that rejected its certificate', async (context) => {
    requireTool(context, ...tools);
    const before = world.origin.received.length;
    const answer = await ask(world.lab.stranger, `https://${refusedHost(name)}/page`);
    expect(answer?.ok).toBe(false);
    expect(world.origin.received.length).toBe(before);
    const host = refusedHost(name);
    await eventually('the flow is filed as rejected', async () =>
      (await flowsTo(host)).some((flow) => flow.reason === 'client-rejected-certificate'),
    );
  });
});

const slugOf = (name: string): string => name.replaceAll(/\W+/g, '-').toLowerCase();
/** A name of its own: after three rejections of one name the lab lets the phone through to it. */
const refusedHost = (name: string): string => `${slugOf(name)}.example.com`;

async function flowsTo(host: string): Promise<FlowRecord[]> {
  return ((await world.lab.api(`/api/flows?host=${host}`)) as { flows: FlowRecord[] }).flows;
}
