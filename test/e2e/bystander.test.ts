/**
 * A bystander's phone in the lab's Wi-Fi: it reaches its servers by their own certificates, and nothing of what it sends is kept
 * but how many connections it made; taken off the list it is a phone like any other.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { phonehome } from '../cli/phonehome.ts';
import { openTunnel } from '../clients/tunnel.ts';
import { eventually } from './eventually.ts';
import { HOST, startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
let world: World;
const dataDir = mkdtempSync(path.join(tmpdir(), 'phonehome-bystander-'));
beforeAll(async () => {
  world = await startWorld({ devices: '', dataDir });
});
afterAll(async () => {
  await world.end();
  rmSync(dataDir, { recursive: true, force: true });
});

function post(): Promise<void> {
  return new Promise((resolve, reject) => {
    request({
      ...world.lab.phone.proxy,
      method: 'POST',
      path: `http://${HOST}/upload`,
      headers: { Host: HOST, 'Content-Type': 'application/json' },
      agent: false,
    })
      .on('response', (response) => response.resume().on('end', resolve))
      .on('error', reject)
      .end(JSON.stringify({ imei: IMEI }));
  });
}

/** Over TLS, believing the server's own authority alone. */
async function postPrivately(): Promise<void> {
  const socket = await openTunnel(world.lab.phone, HOST, 443);
  const tls = connect({ socket, servername: HOST, ca: readFileSync(world.originCaFile) });
  const body = JSON.stringify({ imei: IMEI });
  tls.end(
    `POST /private HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await new Promise((resolve, reject) => tls.on('close', resolve).on('error', reject).resume());
}

const device = async (...words: string[]): Promise<string> => {
  const { code, stdout, stderr } = await phonehome(['device', ...words, '--data', dataDir]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
};

const heldIn = (name: string): boolean => readFileSync(path.join(dataDir, name)).includes(HOST);

it('passes it through and keeps nothing but a count, and hears of it again when told to', async () => {
  expect(await device('ignore', '127.0.0.1')).toMatch(/^bystander-127\.0\.0\.1 is ignored from now on/);
  await post();
  await postPrivately();
  expect(world.origin.received.map(({ path: target }) => target)).toEqual(['/upload', '/private']);
  await eventually('both are counted', async () => {
    const listed = await device('list');
    return listed.includes('bystander-127.0.0.1') && listed.includes('ignored: 2 connections');
  });
  const { devices } = (await world.lab.api('/api/devices')) as { devices: unknown[] };
  expect(devices).toMatchObject([{ id: 'bystander-127.0.0.1', ignored: { connections: 2 }, identifiers: {} }]);
  expect(await world.lab.api('/api/flows')).toEqual({ flows: [] });
  expect(await world.lab.api('/api/coverage')).toMatchObject({ coverage: [] });
  const { alerts } = (await world.lab.api('/api/alerts')) as { alerts: { type: string; device: { id: string } }[] };
  expect(alerts.filter((alert) => alert.device.id !== 'lab')).toEqual([]);
  expect(
    readdirSync(dataDir)
      .filter((name) => name.startsWith('evidence'))
      .some(heldIn),
  ).toBe(false);

  expect(await device('ignore', '127.0.0.1', '--off')).toMatch(/a phone like any other again/);
  await post();
  const told = await world.lab.until('a leak', (all) => all.some(({ identifier }) => identifier?.kind === 'imei'));
  expect(told.find(({ identifier }) => identifier?.kind === 'imei')?.device.id).toBe('bystander-127.0.0.1');

  // Ignored again, forgotten, and still ignored.
  await device('ignore', 'bystander-127.0.0.1');
  const forgotten = await phonehome(['forget', 'bystander-127.0.0.1', '--data', dataDir]);
  expect(forgotten.stdout).toMatch(/It is still ignored/);
  await post();
  await eventually('it is counted again', async () => (await device('list')).includes('ignored: 1 connection'));
  expect(await world.lab.api('/api/flows')).toEqual({ flows: [] });
});
