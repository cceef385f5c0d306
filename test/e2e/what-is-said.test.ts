/**
 * FAULTS.md, "Words" and "Another phone's name", on the lab as a user runs it: what is said of a phone is true, also of one that
 * refuses the certificate, after the lab was killed, and when somebody takes another phone's name.
 */
import { once } from 'node:events';
import { request } from 'node:http';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { DeviceCoverage } from '../../src/model/coverage.ts';
import { openTunnel } from '../clients/tunnel.ts';
import { eventually } from './eventually.ts';
import { ANY_PHONE, type LabProcess, startLab } from './lab-process.ts';
import { HOST, startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
let world: World;
afterEach(() => world.end());

const PHONES = `devices:
  - id: phone-a
    match: { ip: 127.0.0.1 }
    identifiers: { imei: "${IMEI}" }
  - id: phone-b
    match: { ip: 127.0.0.9 }
    identifiers: { imei: "${IMEI}" }
`;

async function coverageOf(lab: LabProcess, deviceId: string): Promise<DeviceCoverage | undefined> {
  const { coverage } = (await lab.api('/api/coverage')) as { coverage: DeviceCoverage[] };
  return coverage.find((one) => one.deviceId === deviceId);
}

/** The running lab has written its counts. */
function hasKept(dataDir: string): boolean {
  const database = new DatabaseSync(path.join(dataDir, 'evidence.db'), { readOnly: true });
  try {
    return database
      .prepare('SELECT json FROM coverage')
      .all()
      .some(({ json }) => String(json).includes('lab-failed'));
  } finally {
    database.close();
  }
}

/** One request in clear, with or without a proxy login. */
function post(lab: LabProcess, body: string, login?: string): Promise<number> {
  const authorization = login ? { 'Proxy-Authorization': `Basic ${Buffer.from(`${login}:`).toString('base64')}` } : {};
  return new Promise((resolve, reject) => {
    request({
      ...lab.phone.proxy,
      method: 'POST',
      path: `http://${HOST}/upload`,
      headers: { Host: HOST, 'Content-Type': 'application/json', ...authorization },
      agent: false,
    })
      .on('response', (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)))
      .on('error', reject)
      .end(body);
  });
}

/** `fatal`, `unknown_ca` (RFC 5246 7.2), in clear as in TLS 1.2 before the keys are agreed. */
const UNKNOWN_CA = Buffer.from([0x15, 3, 3, 0, 2, 2, 48]);

/** A handshake that ends as an app without the lab's certificate ends it: by an alert. Node's own client sends none. */
async function refuse(lab: LabProcess): Promise<void> {
  const tunnel = await openTunnel(lab.stranger, HOST, 443);
  tunnel.write(await clientHello());
  await once(tunnel, 'data');
  // The lab may answer it with a reset.
  tunnel.on('error', () => {});
  const closed = new Promise((resolve) => tunnel.once('close', resolve));
  tunnel.end(UNKNOWN_CA);
  await closed;
}

function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk);
        done();
      },
    });
    tlsConnect({ socket, servername: HOST, maxVersion: 'TLSv1.2' }).on('error', () => {});
  });
}

describe('a phone', () => {
  it('that refuses the certificate is told to install it, and "all could be read" is not said of it, before and after the lab was killed', async () => {
    world = await startWorld();
    await post(world.lab, '{"hello":"world"}');
    await refuse(world.lab);
    const said = async (lab: LabProcess) => (await coverageOf(lab, 'phone-1'))?.sentence ?? '';
    await eventually('the refusal to be counted', async () => (await said(world.lab)).includes('could not connect'));
    const before = await said(world.lab);
    expect(before).toMatch(
      /^This phone does not trust the lab yet: nothing encrypted can be read\. Open http:\/\/phonehome\.lab/,
    );
    expect(before).toContain('1 app could not connect through the lab: collector.example.com (CN).');
    expect(before).not.toContain('All of what');
    expect(await coverageOf(world.lab, 'phone-1')).toMatchObject({ trust: 'refuses', readShare: 1, simulated: true });
    await world.lab.until('the advice', (all) =>
      all.some(({ message }) => message.includes('does not trust the lab yet')),
    );
    // What was counted is on the disk within some seconds.
    await eventually('the counts to be kept', async () => hasKept(world.lab.dataDir));
    await world.lab.kill();
    const again = await startLab({ dataDir: world.lab.dataDir, devices: ANY_PHONE });
    try {
      const after = (await coverageOf(again, 'phone-1')) as DeviceCoverage;
      expect(after.gaps).toMatchObject([{ kind: 'lab-down', to: expect.any(String) }]);
      expect(after.sentence).toBe(`${before} ${after.sentence.slice(before.length + 1)}`);
      expect(after.sentence).toContain('The lab was not running from');
      expect(after).toMatchObject({ trust: 'refuses', readShare: 1 });
    } finally {
      await again.stop();
    }
  });

  it('that takes the name of another one is filed under its own address, and that is told once', async () => {
    world = await startWorld({ devices: PHONES });
    for (let i = 0; i < 3; i++) expect(await post(world.lab, JSON.stringify({ imei: IMEI }), 'phone-b')).toBe(200);
    const alerts = await world.lab.until('the leak and the conflict', (all) =>
      ['leak', 'system'].every((type) => all.some((alert) => alert.type === type)),
    );
    expect(alerts.filter(({ type }) => type === 'leak').map(({ device }) => device.id)).toEqual(['phone-a']);
    expect(alerts.filter(({ type }) => type === 'system')).toMatchObject([
      {
        device: { id: 'phone-a' },
        count: 1,
        message: expect.stringMatching(
          /^127\.0\.0\.1 is the address of phone-a, and it logged in to the proxy as phone-b/,
        ),
        text: { key: 'login.address-wins', values: { phone: 'phone-a', login: 'phone-b' } },
      },
    ]);
    expect(await coverageOf(world.lab, 'phone-b')).toBeUndefined();
  });
});
