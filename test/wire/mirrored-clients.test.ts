/** Servers must not treat a phone differently because of the lab: what each real client's TLS looks like behind it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browse } from '../clients/chromium.ts';
import type { Lab } from '../clients/client.ts';
import { askCurl } from '../clients/curl.ts';
import { compileOkHttp, type OkHttp } from '../clients/okhttp.ts';
import { askPython } from '../clients/python.ts';
import { findTool, requireTool, type Tool } from '../clients/tools.ts';
import { firstHello } from './first-hello.ts';
import { labCa } from './lab.ts';

const url = 'https://a.test/';
let dir: string;
let caFile: string;
let okhttp: OkHttp | null = null;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mirrored-'));
  caFile = join(dir, 'ca.pem');
  writeFileSync(caFile, labCa.pem);
  if (findTool('javac') && findTool('okhttp')) okhttp = await compileOkHttp();
});
afterAll(async () => {
  await okhttp?.remove();
  rmSync(dir, { recursive: true });
});

interface Row {
  client: string;
  tools: Tool[];
  ask: (lab: Lab) => Promise<unknown>;
  /** Numbers the lab's OpenSSL cannot speak, by list; see docs/tls-fingerprints.md. */
  lost?: { ciphers?: number[]; signatureAlgorithms?: number[]; extensions: number[] };
}

const SHA1 = [0x0203, 0x0201, 0x0202];
const CCM8 = [0xc0a0, 0xc0a1, 0xc0a2, 0xc0a3, 0xc0ae, 0xc0af];
const POST_HANDSHAKE_AUTH = 0x0031;
const STATUS_REQUEST_V2 = 0x0011;
const SIGNATURE_ALGORITHMS_CERT = 0x0032;
const SCT = 0x0012;
const ALPS = [0x4469, 0x44cd];
const TRUST_ANCHORS = 0xca34;
const ECH = 0xfe0d;

const ROWS: Row[] = [
  {
    client: 'curl',
    tools: ['curl'],
    ask: (lab) => askCurl(lab, { url }, '2'),
    lost: { extensions: [POST_HANDSHAKE_AUTH] },
  },
  {
    client: 'Python requests',
    tools: ['python', 'requests'],
    ask: (lab) => askPython(lab, { url }),
    lost: { ciphers: CCM8, extensions: [POST_HANDSHAKE_AUTH] },
  },
  {
    client: 'OkHttp',
    tools: ['java', 'javac', 'okhttp'],
    ask: async (lab) => okhttp?.ask(lab, { url }, { http: 'h2' }),
    lost: { signatureAlgorithms: SHA1, extensions: [STATUS_REQUEST_V2, SIGNATURE_ALGORITHMS_CERT] },
  },
  {
    client: 'Chromium',
    tools: ['chromium', 'certutil'],
    ask: (lab) => browse(lab, url),
    lost: { extensions: [SCT, ...ALPS, TRUST_ANCHORS, ECH] },
  },
];

describe.each(ROWS)('$client', ({ tools, ask, lost }) => {
  it('is met with its own suites, groups, algorithms and extensions but for what OpenSSL cannot speak', async (context) => {
    requireTool(context, ...tools);
    const { offer: sent, facts } = await firstHello('passthrough', ask, caFile);
    const { offer: met, facts: atServer } = await firstHello('intercept', ask, caFile);
    const without = (all: number[], gone: readonly number[] = []) => all.filter((each) => !gone.includes(each));
    expect(met.ciphers).toEqual(without(sent.ciphers, lost?.ciphers));
    expect(met.groups).toEqual(sent.groups);
    expect(met.signatureAlgorithms).toEqual(without(sent.signatureAlgorithms, lost?.signatureAlgorithms));
    expect(met.versions).toEqual(sent.versions);
    // OpenSSL writes them in an order of its own; JA4 sorts them for that reason.
    expect(met.extensions.toSorted()).toEqual(without(sent.extensions, lost?.extensions).toSorted());
    expect(atServer.alpn).toEqual(facts.alpn);
    expect(atServer.sni).toBe('a.test');
    if (!lost?.ciphers) expect(atServer.ja4?.split('_')[1]).toBe(facts.ja4?.split('_')[1]);
  });
});

it('GREASE and ECH of a browser are recorded, although the server does not meet them', async (context) => {
  requireTool(context, 'chromium', 'certutil');
  const sent = await firstHello('passthrough', (lab) => browse(lab, url), caFile);
  expect(sent.facts).toMatchObject({ grease: true, ech: true });
  const met = await firstHello('intercept', (lab) => browse(lab, url), caFile);
  expect(met.facts).toMatchObject({ grease: false, ech: false });
});
