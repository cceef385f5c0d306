/**
 * Two phones of one model, with a vendor id nobody registered, hashed with a salt nobody knows: found by holding the
 * phones against each other, through the real lab. Ordinary traffic of both, full of sessions, nonces, times, counters and
 * versions, is the control: nothing else may be claimed.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { eventually } from './eventually.ts';
import { type LabProcess, phonehome, startLab } from './lab-process.ts';

const DEVICES = `devices:
  - id: unit-1
    model: Lab Phone X
    match: { ip: 10.77.0.11 }
    identifiers: { imei: "490154203237518", android_id: 9774d56d682e549c }
  - id: unit-2
    model: Lab Phone X
    match: { ip: 10.77.0.12 }
    identifiers: { imei: "490154203237526", android_id: 1f2e3d4c5b6a7988 }
`;
const VENDOR = 'report.vendor.example';
const SITE = 'www.site.example';
const REQUESTS = 6;

/** Hands out sessions as servers do: a cookie, and a token in a JSON answer. */
function startServer(): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume().on('end', () => {
      if (incoming.url !== '/login') return outgoing.end('{"ok":true}');
      const token = gzipSync(JSON.stringify({ token: randomBytes(24).toString('base64url') }));
      outgoing.setHeader('Set-Cookie', [`visitor=${randomUUID()}; Path=/`, `prefs=${randomBytes(12).toString('hex')}`]);
      outgoing.setHeader('Content-Type', 'application/json');
      outgoing.setHeader('Content-Encoding', 'gzip');
      outgoing.end(token);
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

interface Unit {
  id: string;
  vendorId: string;
  cookies: string;
  apiKey: string;
  counter: number;
}

let dir = '';
let server: Server;
let lab: LabProcess;
const map = (port: number): string =>
  JSON.stringify([VENDOR, SITE].map((host) => ({ host, port: 80, dial: `127.0.0.1:${port}`, address: '203.0.113.9' })));
const start = async (): Promise<LabProcess> =>
  startLab({ dataDir: dir, devices: DEVICES, args: ['--upstream-map', path.join(dir, 'map.json')] });

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'two-phones-'));
  server = await startServer();
  await writeFile(path.join(dir, 'map.json'), map((server.address() as AddressInfo).port));
  lab = await start();
});
afterAll(async () => {
  await lab.stop();
  server.close();
  await rm(dir, { recursive: true });
});

const saltOfTheVendor = randomBytes(16);
function unit(id: string): Unit {
  const vendorId = createHash('sha256').update(saltOfTheVendor).update(id).digest('hex');
  return {
    id,
    vendorId,
    cookies: '',
    apiKey: '',
    counter: id === 'unit-1' ? 100_000_000_000_001 : 300_000_000_000_007,
  };
}

interface Answer {
  cookies: string;
  body: Buffer;
}

/** Through the lab's proxy, as the phone that the proxy user name says; a connection of its own each time. */
function send(from: Unit, host: string, target: string, headers: [string, string][], body?: Buffer): Promise<Answer> {
  const credentials = `Basic ${Buffer.from(`${from.id}:`).toString('base64')}`;
  return new Promise((resolve, reject) => {
    request({
      ...lab.phone.proxy,
      method: body ? 'POST' : 'GET',
      path: `http://${host}${target}`,
      headers: [
        ...headers,
        ['Host', host],
        ['Proxy-Authorization', credentials],
        ['Content-Length', String(body?.length ?? 0)],
      ].flat(),
      agent: false,
    })
      .on('error', reject)
      .on('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const cookies = (response.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]).join('; ');
          resolve({ cookies, body: Buffer.concat(parts) });
        });
      })
      .end(body);
  });
}

async function logIn(from: Unit): Promise<void> {
  const { cookies, body } = await send(from, SITE, '/login', []);
  const { token } = JSON.parse(gunzipSync(body).toString()) as { token: string };
  from.cookies = cookies;
  from.apiKey = token;
}

/** What every app and browser sends, and what differs between two phones without naming either. */
async function browse(from: Unit, round: number): Promise<void> {
  const language = from.id === 'unit-1' ? 'vi-VN' : 'nb-NO';
  const zone = from.id === 'unit-1' ? 'Asia/Ho_Chi_Minh' : 'Europe/Oslo';
  const common: [string, string][] = [
    ['User-Agent', 'Mozilla/5.0 (Linux; Android 10; Lab Phone X Build/QKQ1.190828.002) AppleWebKit/537.36'],
    ['Accept-Language', language],
    ['Cookie', from.cookies],
    ['X-Api-Key', from.apiKey],
    ['X-App-Version', '7.32.1-release+20261101'],
    ['X-Build', 'QKQ1.190828.002'],
    ['X-Install-Source', 'com.android.vending'],
    ['X-Request-Id', randomUUID()],
    ['If-None-Match', '"5f2b-61a4f5c3e0b7d"'],
    ['X-Installed-At', from.id === 'unit-1' ? '1763800000123' : '1763900000456'],
  ];
  await send(from, SITE, `/page/${round}?cb=${randomBytes(8).toString('hex')}&ts=${1_763_800_000_000 + round}`, common);
  const event = {
    app: { version: '7.32.1', flavour: 'releaseGlobal', sdk: 'b1946ac92492d2347c6235b4d2611184' },
    zone,
    screen: '1080x2160',
    free: 48_318_382_080 + round * 4096,
    seq: from.counter++,
    nonce: randomBytes(16).toString('base64url'),
    at: new Date(1_763_800_000_000 + round * 1000).toISOString(),
    items: [{ id: randomUUID() }, { id: randomUUID() }],
  };
  await send(
    from,
    SITE,
    '/events',
    [...common, ['Content-Type', 'application/json']],
    Buffer.from(JSON.stringify(event)),
  );
}

async function report(from: Unit, round: number): Promise<void> {
  const body = gzipSync(JSON.stringify({ v: 3, model: 'Lab Phone X', dev: { u: from.vendorId }, n: round }));
  const headers: [string, string][] = [
    ['Content-Type', 'application/json'],
    ['Content-Encoding', 'gzip'],
  ];
  await send(from, VENDOR, '/r', headers, body);
}

async function command(...args: string[]): Promise<Record<string, unknown>[]> {
  const { stdout, stderr, code } = await phonehome([...args, '--data', dir, '--json']);
  expect(`${code} ${stderr}`).toBe('0 ');
  return stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Record<string, unknown>);
}

const unknown = (alerts: Alert[]): Alert[] => alerts.filter((alert) => alert.identifier?.kind === 'vendor_id');

describe('a vendor id nobody registered', () => {
  const one = unit('unit-1');
  const two = unit('unit-2');

  it('is reported for both phones of the model after enough requests, and nothing else is', async () => {
    await logIn(one);
    await logIn(two);
    for (let round = 0; round < REQUESTS; round++) {
      for (const phone of [one, two]) {
        await browse(phone, round);
        await report(phone, round);
      }
    }
    await lab.until('two unknown identifiers', (alerts) => unknown(alerts).length >= 2);
    const claimed = lab
      .alerts()
      .filter((alert) => alert.type === 'leak' && alert.identifier?.confidence !== 'possible');
    expect(claimed.map(({ device, identifier }) => [device.id, identifier?.kind]).sort()).toEqual([
      ['unit-1', 'vendor_id'],
      ['unit-2', 'vendor_id'],
    ]);
    for (const alert of claimed) {
      const other = alert.device.id === 'unit-1' ? 'unit-2' : 'unit-1';
      expect(alert).toMatchObject({
        severity: 'medium',
        identifier: { known: false, confidence: 'likely', masked: '64 hex digits' },
        evidence: { where: 'body', path: '$.dev.u', direction: 'request' },
        destination: { host: VENDOR },
      });
      expect(alert.identifier?.reasoning).toMatch(
        new RegExp(
          `^unknown persistent identifier: 64 hex digits, the same in \\d requests over \\d connections of this phone, another one on ${other} of the same model$`,
        ),
      );
      expect(JSON.stringify(alert)).not.toContain(one.vendorId.slice(0, 12));
    }
  });

  it('is stored as a keyed hash only', async () => {
    await lab.stop();
    const stored = (await readdir(dir)).filter((name) => name.startsWith('evidence'));
    for (const name of stored) {
      const bytes = await readFile(path.join(dir, name));
      for (const { vendorId } of [one, two]) {
        expect(bytes.includes(vendorId)).toBe(false);
        expect(bytes.includes(createHash('sha256').update(vendorId).digest('hex').slice(0, 32))).toBe(false);
      }
    }
    lab = await start();
  });

  it('is still known after the lab was started again: one more request of one phone is enough', async () => {
    const before = unknown(lab.alerts()).length;
    expect(before).toBe(0);
    await report(one, 99);
    const [alert] = unknown(await lab.until('an unknown identifier', (alerts) => unknown(alerts).length > 0));
    expect(alert).toMatchObject({ device: { id: 'unit-1' }, evidence: { path: '$.dev.u' } });
  });

  it('is what "compare" says of the two phones, from the store, with and without a lab', async () => {
    // What was sent a moment ago is in the store within a second or two.
    const lines = await eventually('the latest request in the store', async () => {
      const found = await command('compare', 'unit-1', 'unit-2');
      const isLatest = ({ type, requests }: Record<string, unknown>): boolean =>
        type === 'persistent' && (requests as { a: number }).a === REQUESTS + 1;
      return found.some(isLatest) && found;
    });
    expect(lines.filter(({ type }) => type === 'persistent')).toEqual([
      {
        type: 'persistent',
        host: VENDOR,
        where: 'body',
        path: '$.dev.u',
        shape: '64 hex digits',
        kind: null,
        requests: { a: REQUESTS + 1, b: REQUESTS },
      },
    ]);
    expect(lines.at(-1)).toMatchObject({ type: 'summary', of: 'phones', a: { devices: ['unit-1'] }, persistent: 1 });
    const forPeople = await phonehome(['compare', 'unit-1', 'unit-2', '--data', dir]);
    expect(forPeople.stdout).toContain('these tell the two apart');
    expect(forPeople.stdout).toMatch(/unknown +64 hex digits +report\.vendor\.example +body \$\.dev\.u/);
  });

  it('shows as changed when the phone was reset between two cases, and in a phase before a phase', async () => {
    const run = async (title: string, phone: Unit, during: () => Promise<void>): Promise<string> => {
      const [opened] = await command('case', 'new', title, '--device', phone.id);
      await during();
      await command('case', 'close', String(opened?.id));
      return String(opened?.id);
    };
    const reset = { ...one, vendorId: createHash('sha256').update('after the reset').digest('hex') };
    const before = await run('before the reset', one, () => report(one, 200));
    const after = await run('after the reset', reset, async () => {
      await command('case', 'mark', 'set-up');
      await report(reset, 201);
      await command('case', 'mark', 'idle');
      await send(reset, SITE, '/idle', []);
    });
    const summary = { type: 'summary', of: 'runs', persistent: 0 };
    const isChangedToken = ({ what, change }: Record<string, unknown>) => what === 'token' && change === 'changed';
    const changed = { type: 'difference', change: 'changed', what: 'token', host: VENDOR, path: '$.dev.u' };
    const runs = await eventually('both runs in the store', async () => {
      const found = await command('compare', before, after);
      // Destinations and tokens are written one after the other: until both are, a token seems to have disappeared.
      return found.some(({ host }) => host === SITE) && found.some(isChangedToken) && found;
    });
    expect(runs.filter(({ what }) => what === 'token')).toMatchObject([changed]);
    expect(runs).toContainEqual(expect.objectContaining({ change: 'appeared', what: 'destination', host: SITE }));
    expect(runs.at(-1)).toMatchObject(summary);
    const phases = await command('compare', `${after}:set-up`, `${after}:idle`);
    expect(phases.filter(({ what }) => what === 'token')).toMatchObject([{ ...changed, change: 'disappeared' }]);
  });

  it('is not invented for a name that means nothing', async () => {
    const ran = await phonehome(['compare', 'unit-1', 'nobody', '--data', dir]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toBe(
      'phonehome: "nobody" is neither a case nor a phone that sent anything: see phonehome case list and phonehome device list\n',
    );
  });
});
