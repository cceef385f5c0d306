/**
 * The harness itself, against the stand-in proxy: each client loads a page when it has the CA and refuses without it.
 * Only then does "curl failed" in another test say something about the lab.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StandInLab, startStandInLab } from '../replay/stand-in-lab.ts';
import { browse } from './chromium.ts';
import type { Lab } from './client.ts';
import { askCurl } from './curl.ts';
import { askNodeFetch } from './node-fetch.ts';
import { compileOkHttp } from './okhttp.ts';
import { type Origin, PAGE, startOrigin } from './origin.ts';
import { askPython } from './python.ts';
import { requireTool, type Tool } from './tools.ts';

const url = 'https://server.test/page';
let dir: string;
let origin: Origin;
let standIn: StandInLab;
let trusted: Lab;
let untrusted: Lab;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'clients-'));
  origin = await startOrigin(['server.test']);
  standIn = await startStandInLab(dir);
  standIn.upstream.push({ host: 'server.test', port: 443, dial: `127.0.0.1:${origin.tlsPort}`, address: '192.0.2.1' });
  standIn.vendorCas.push(origin.caPem);
  const caFile = path.join(dir, 'ca.pem');
  await writeFile(caFile, standIn.caPem);
  trusted = { proxy: standIn.proxy, caFile, user: 'phone-1' };
  untrusted = { ...trusted, caFile: null };
});
afterAll(async () => {
  await standIn.stop();
  await origin.stop();
  await rm(dir, { recursive: true });
});

const clients: { name: string; tools: Tool[]; ask: (lab: Lab) => ReturnType<typeof browse>; names: boolean }[] = [
  { name: 'curl', tools: ['curl'], ask: (lab) => askCurl(lab, { url }), names: true },
  { name: 'Python requests', tools: ['python', 'requests'], ask: (lab) => askPython(lab, { url }), names: true },
  { name: 'Node fetch', tools: [], ask: (lab) => askNodeFetch(lab, { url }), names: true },
  {
    name: 'OkHttp',
    tools: ['java', 'javac', 'okhttp'],
    async ask(lab) {
      const okhttp = await compileOkHttp();
      return okhttp.ask(lab, { url }).finally(() => okhttp.remove());
    },
    names: false, // It answers a 407 with its name and the stand-in never asks.
  },
  { name: 'Chromium', tools: ['chromium', 'certutil'], ask: (lab) => browse(lab, url), names: false },
];

describe.each(clients)('$name', ({ tools, ask, names }) => {
  it('loads a page through a proxy whose CA it was given', async (context) => {
    requireTool(context, ...tools);
    standIn.names.length = 0;
    const answer = await ask(trusted);
    expect(answer.stderr).toBe(answer.ok ? answer.stderr : '');
    expect(answer.ok).toBe(true);
    expect(answer.body.toString()).toContain('the page of the lab');
    if (answer.status !== null) expect(answer).toMatchObject({ status: 200, body: Buffer.from(PAGE) });
    if (names) expect(standIn.names).toEqual(['phone-1']);
  });

  it('refuses the page when it was not given the CA', async (context) => {
    requireTool(context, ...tools);
    const before = origin.received.length;
    const answer = await ask(untrusted);
    expect(answer.ok).toBe(false);
    expect(answer.stderr).toMatch(/certificat|CERT|SIGNATURE/);
    expect(origin.received.length).toBe(before);
  });
});
