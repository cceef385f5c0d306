/**
 * One road: what a running lab finds in 200 exchanges, made from tables, is what `scan` finds in the same exchanges recorded as
 * HAR and as a capture with its keys, field by field: kind, confidence, severity, owner, protocol, place, layers, attribution. Only ids
 * and times may differ. What it says of how much could be read is what the capture gives, too.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCoverage } from '../../src/coverage/coverage.ts';
import { createInspector } from '../../src/inspect/inspector.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { DeviceCoverage } from '../../src/model/coverage.ts';
import type { Lab } from '../clients/client.ts';
import { askNodeHttp2 } from '../clients/node-http2.ts';
import { requireTool } from '../clients/tools.ts';
import { openTls, openTunnel } from '../clients/tunnel.ts';
import { talkWebSocket } from '../clients/websocket.ts';
import { tapWire, type Wire } from '../clients/wire-tap.ts';
import { readAll } from '../scan/recording.ts';
import { ANY_PHONE, phonehome } from './lab-process.ts';
import { captureOf, essence, type Told } from './same-findings.ts';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const SERVER = '42.62.48.10';
const COUNT = 200;

type Protocol = 'http/1.1' | 'https/1.1' | 'h2' | 'ws' | 'wss';

interface Exchange {
  host: string;
  protocol: Protocol;
  method: string;
  target: string;
  headers: [string, string][];
  body: Buffer | null;
}

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

/** What an app sends of a phone: registered values, values of another phone by their shape, and nothing. */
const CLAIMS: readonly Record<string, string>[] = [
  { imei: IMEI },
  { deviceId: IMEI, mac: '02:00:5E:10:00:01' },
  { imsi: '001010123456789', v: '3' },
  { phone: '+84912345678' },
  { lat: '21.02785', lon: '105.83420' },
  { android_id: '9774d56d682e549c' },
  { gaid: '38400000-8cf0-11bd-b23e-10b96e40000d', os: '14' },
  { email: 'somebody@example.org' },
  { model: 'Lab phone', build: 'UP1A.231005.007' },
  { imei2: '356938035643809' },
];

type Form = (claims: Record<string, string>) => { type: string; body: Buffer; encoding?: string };
const json = (claims: Record<string, string>): string => JSON.stringify({ data: [{ device: claims, seq: 7 }] });

const FORMS: readonly Form[] = [
  (claims) => ({ type: 'application/json', body: Buffer.from(json(claims)) }),
  (claims) => ({ type: 'application/x-www-form-urlencoded', body: Buffer.from(String(new URLSearchParams(claims))) }),
  (claims) => ({ type: 'application/json', encoding: 'gzip', body: gzipSync(json(claims)) }),
  (claims) => ({ type: 'application/json', encoding: 'deflate', body: deflateSync(json(claims)) }),
  (claims) => ({ type: 'application/json', encoding: 'br', body: brotliCompressSync(json(claims)) }),
  (claims) => ({ type: 'text/plain', body: Buffer.from(Buffer.from(json(claims)).toString('base64')) }),
  (claims) => ({
    type: 'multipart/form-data; boundary=edge',
    body: Buffer.from(
      `${Object.entries(claims)
        .map(([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
        .join('')}--edge--\r\n`,
    ),
  }),
  (claims) => ({ type: 'application/octet-stream', body: gzipSync(json(claims)) }),
];

const PROTOCOLS: readonly Protocol[] = ['http/1.1', 'https/1.1', 'h2', 'http/1.1', 'ws', 'https/1.1', 'wss'];
const AGENTS = ['Dalvik/2.1.0 (Linux; U; Android 14; Lab)', 'okhttp/4.12.0', 'MiuiBrowser/12', 'curl/8.5'];

function exchange(index: number): Exchange {
  const claims = pick(CLAIMS, index);
  const protocol = pick(PROTOCOLS, index + Math.floor(index / 10));
  const base = {
    host: `e${index % 40}.example.com`,
    protocol,
    headers: [['User-Agent', pick(AGENTS, Math.floor(index / 3))]] as [string, string][],
  };
  if (protocol === 'ws' || protocol === 'wss')
    return { ...base, headers: [], method: 'GET', target: `/live/${index}`, body: Buffer.from(json(claims)) };
  const place = index % 4;
  if (place === 1)
    return { ...base, method: 'GET', target: `/page/${index}?${new URLSearchParams(claims)}`, body: null };
  if (place === 2) {
    for (const [name, value] of Object.entries(claims)) base.headers.push([`X-${name}`, value]);
    return { ...base, method: 'GET', target: `/page/${index}`, body: null };
  }
  const { type, encoding, body } = pick(FORMS, Math.floor(index / 4))(claims);
  base.headers.push(['Content-Type', type]);
  if (encoding) base.headers.push(['Content-Encoding', encoding]);
  return { ...base, method: 'POST', target: `/echo/${index}`, body };
}

/** Over a connection of its own, which it closes. */
async function send(lab: Lab, { host, protocol, method, target, headers, body }: Exchange): Promise<void> {
  if (protocol === 'ws' || protocol === 'wss') {
    await talkWebSocket(lab, `${protocol}://${host}${target}`, [String(body)]);
    return;
  }
  if (protocol === 'h2') {
    const fields = headers.map(([name, value]): [string, string] => [name.toLowerCase(), value]);
    const asked = await askNodeHttp2(lab, {
      url: `https://${host}${target}`,
      method,
      headers: [[':authority', host], ...fields],
      ...(body ? { body } : {}),
    });
    expect(asked.status).toBe(200);
    return;
  }
  const socket =
    protocol === 'https/1.1' ? await openTls(lab, host, 443, ['http/1.1']) : await openTunnel(lab, host, 80);
  const length: [string, string][] = body ? [['Content-Length', String(body.length)]] : [];
  const lines = [['Host', host], ...headers, ...length, ['Connection', 'close']].map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  if (body) socket.write(body);
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  expect(Buffer.concat(parts).toString('latin1')).toMatch(/^HTTP\/1\.1 200/);
}

/** The same exchange as a recorder would write it down. */
function harEntry({ host, protocol, method, target, headers, body }: Exchange, index: number): object {
  const isSocket = protocol === 'ws' || protocol === 'wss';
  const scheme = { 'http/1.1': 'http', 'https/1.1': 'https', h2: 'https', ws: 'ws', wss: 'wss' }[protocol];
  const fields: [string, string][] = [['Host', host], ...headers];
  const list = fields.map(([name, value]) => ({ name, value }));
  const type = headers.find(([name]) => name === 'Content-Type')?.[1] ?? 'application/octet-stream';
  return {
    startedDateTime: new Date(1_700_000_000_000 + index * 1000).toISOString(),
    time: 1,
    request: {
      method,
      url: `${scheme}://${host}${target}`,
      httpVersion: protocol === 'h2' ? 'h2' : 'HTTP/1.1',
      cookies: [],
      headers: protocol === 'h2' ? list.slice(1).map((one) => ({ ...one, name: one.name.toLowerCase() })) : list,
      queryString: [],
      headersSize: -1,
      bodySize: isSocket ? 0 : (body?.length ?? 0),
      ...(body && !isSocket ? { postData: { mimeType: type, text: body.toString('base64'), encoding: 'base64' } } : {}),
    },
    response: {
      status: isSocket ? 101 : 200,
      statusText: '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: isSocket ? [{ name: 'Upgrade', value: 'websocket' }] : [],
      content: { size: 0, mimeType: '' },
      redirectURL: '',
      headersSize: -1,
      bodySize: 0,
    },
    cache: {},
    timings: { send: 0, wait: 1, receive: 0 },
    serverIPAddress: SERVER,
    ...(isSocket ? { _webSocketMessages: [{ type: 'send', time: 1.7e9, opcode: 1, data: String(body) }] } : {}),
  };
}

let world: World;
let wire: Wire;
let dir: string;
const exchanges = Array.from({ length: COUNT }, (_, index) => exchange(index));
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'live-and-scan-'));
  const [, ...otherHosts] = [...new Set(['collector.example.com', ...exchanges.map(({ host }) => host)])];
  world = await startWorld({ otherHosts });
  wire = await tapWire(world.lab.phone);
});
afterAll(async () => {
  wire.close();
  await world.end();
  await rm(dir, { recursive: true });
});

const api = async (method: string, target: string, body?: object): Promise<Record<string, unknown>> => {
  const { readFile } = await import('node:fs/promises');
  const token = (await readFile(world.lab.ready.token, 'utf8')).trim();
  const answer = await fetch(new URL(target, world.lab.ready.ui.url), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return (await answer.json()) as Record<string, unknown>;
};

/** Each exchange in a test run of its own, so that repeats are not folded into one alert. */
async function live(): Promise<string[][]> {
  const runs: string[] = [];
  for (const [index, one] of exchanges.entries()) {
    const { id } = await api('POST', '/api/cases', { title: `exchange ${index}`, deviceId: 'phone-1' });
    await send(wire.lab, one);
    await expect.poll(async () => (await api('GET', '/api/stats')).openFlows).toBe(0);
    await api('PATCH', `/api/cases/${id}`, { closed: true });
    runs.push(String(id));
  }
  const found = new Map<string, Alert[]>(runs.map((id) => [id, []]));
  for (let since = 0; ; ) {
    const { alerts } = (await world.lab.api(`/api/alerts?since=${since}&limit=500`)) as { alerts: Alert[] };
    for (const alert of alerts) if (alert.identifier) found.get(alert.case?.id ?? '')?.push(alert);
    if (alerts.length === 0) break;
    since = alerts.at(-1)?.seq ?? since;
  }
  return runs.map((id) => (found.get(id) ?? []).map((alert) => essence(alert as Told)).sort());
}

/** What the lab says of how much could be read, and what it would say had the capture been its traffic. */
async function saidOfReading(file: string): Promise<{ live: unknown; scan: unknown }> {
  // Whether the phone trusts the lab's certificate no recording tells.
  const essential = ({ sentence, readShare, rows }: DeviceCoverage) => ({
    sentence,
    readShare,
    rows: rows.map((row) => ({ class: row.class, connections: row.connections })),
  });
  const { coverage: phones } = (await api('GET', '/api/coverage')) as { coverage: DeviceCoverage[] };
  const told = phones.find(({ deviceId }) => deviceId === 'phone-1');
  const counted = createCoverage({ deviceOf: () => 'phone-1' });
  const inspector = createInspector({ deviceFor: () => null });
  for (const recorded of await readAll(file)) {
    if (recorded.type !== 'entry' && recorded.type !== 'part') continue;
    for (const event of recorded.events) {
      counted.consume(event, null);
      for (const found of inspector.push(event)) counted.inspected(found);
    }
  }
  const scan = counted.of('phone-1');
  return { live: told && essential(told), scan: scan && essential(scan) };
}

/** Findings per exchange, in a recording whose entries are the exchanges. */
async function scanned(file: string): Promise<string[][]> {
  await writeFile(path.join(dir, 'phones.yaml'), ANY_PHONE);
  const ran = await phonehome(['scan', file, '--json', '--devices', path.join(dir, 'phones.yaml')]);
  const found: string[][] = exchanges.map(() => []);
  for (const text of ran.stdout.trim().split('\n')) {
    const line = JSON.parse(text) as Told & { type: string; entry: number };
    if (line.type === 'finding') found[line.entry]?.push(essence(line));
  }
  return found.map((list) => [...new Set(list)].sort());
}

describe('200 exchanges in every protocol', () => {
  let fromLive: string[][] = [];
  const differences = (fromScan: string[][]): object[] =>
    exchanges.flatMap((one, index) =>
      JSON.stringify(fromLive[index]) === JSON.stringify(fromScan[index])
        ? []
        : [
            {
              exchange: `${index} ${one.protocol} ${one.method} ${one.target}`,
              live: fromLive[index],
              scan: fromScan[index],
            },
          ],
    );

  it('give the same findings live and recorded as HAR, field by field', async () => {
    fromLive = await live();
    const file = path.join(dir, 'exchanges.har');
    const log = { version: '1.2', creator: { name: 'test', version: '1' }, entries: exchanges.map(harEntry) };
    await writeFile(file, JSON.stringify({ log }));
    expect(differences(await scanned(file))).toEqual([]);
    expect(fromLive.filter((list) => list.length > 0).length).toBeGreaterThan(COUNT / 2);
  }, 180_000);

  it('and as a capture with its keys, which says the same of how much could be read', async (context) => {
    requireTool(context, 'tshark');
    expect(wire.connections).toHaveLength(COUNT);
    const file = path.join(dir, 'exchanges.pcapng');
    await writeFile(file, captureOf(wire, SERVER));
    expect(differences(await scanned(file))).toEqual([]);
    const { live: told, scan } = await saidOfReading(file);
    expect(told).toMatchObject({
      readShare: 1,
      sentence: 'All of what this phone sent through the lab could be read.',
    });
    expect(scan).toEqual(told);
  }, 180_000);
});
