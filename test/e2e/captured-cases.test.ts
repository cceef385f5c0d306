/**
 * Every reported case as a capture between phone and proxy, recorded by dumpcap while the demonstration plays them. With the phones'
 * TLS keys beside it `scan` finds what the lab found live, but for where the server is, which the proxy alone knows; without
 * them it says what it could not look into.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { REPLAY_PREFIX } from '../../src/model/device.ts';
import { replays } from '../../src/replay/registry.ts';
import { run } from '../clients/process.ts';
import { describeWith, toolPath } from '../clients/tools.ts';
import { type CaseFinding, differences, essence, KNOWN_TO_THE_LAB_ALONE, scanCases, seenIn } from './case-findings.ts';
import { eventually } from './eventually.ts';
import { phonehome } from './lab-process.ts';

describeWith(['dumpcap', 'tshark'], 'every case, captured on its way to the proxy', () => {
  let dir: string;
  let capture: string;
  let port: number;
  let alerts: Alert[];
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'captured-cases-'));
    capture = path.join(dir, 'cases.pcapng');
    port = await freePort();
    const dumpcap = spawn(toolPath('dumpcap'), ['-i', 'lo', '-f', `tcp port ${port}`, '-w', capture]);
    const ended = once(dumpcap, 'close');
    let said = '';
    dumpcap.stderr.on('data', (part: Buffer) => {
      said += part;
    });
    await eventually('dumpcap capturing', () => said.includes('File: '));
    const ports = ['--proxy-port', String(port), '--ui-port', '0'];
    const ran = await phonehome(['demo', '--once', '--json', ...ports, '--data', path.join(dir, 'data')], {
      NODE_OPTIONS: `--tls-keylog=${path.join(dir, 'cases.keys')}`,
    });
    const all = ran.stdout
      .trim()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { alert?: Alert }).alert ?? []);
    alerts = [...new Map(all.map((alert) => [alert.id, alert])).values()];
    await callOnce(port);
    await eventually('the last connection in the capture', async () => {
      const told = await tshark('-Y', `data.data == ${LAST.toString('hex')}`);
      return told.trim();
    });
    dumpcap.kill('SIGINT');
    await ended;
  }, 300_000);
  afterAll(() => rm(dir, { recursive: true }));

  const tshark = async (...args: string[]): Promise<string> =>
    (await run(toolPath('tshark'), ['-n', '-r', capture, ...args])).stdout.toString();

  /** Cases by tshark's number of a connection: a replay's phone names itself to the proxy. */
  async function casesOf(): Promise<Map<number, string>> {
    const fields = ['tcp.stream', 'http.proxy_authorization'].flatMap((name) => ['-e', name]);
    const asHttp = ['-d', `tcp.port==${port},http`, '-Y', 'http.proxy_authorization'];
    const lines = (await tshark(...asHttp, '-T', 'fields', ...fields)).trim().split('\n');
    const named = lines.map((line): [number, string] => {
      const [stream, given = ''] = line.split('\t');
      const [user = ''] = Buffer.from(given.replace('Basic ', ''), 'base64').toString().split(':');
      return [Number(stream), user.slice(REPLAY_PREFIX.length)];
    });
    return new Map(named);
  }

  it('gives the same findings, as often, but for where the server is', async () => {
    const names = await casesOf();
    const cases = replays.map((replay) => ({ name: replay.name, device: replay.device() }));
    const { found, summary } = await scanCases(dir, capture, cases, (entry) => names.get(entry));
    // The last connection is the test's own.
    expect(summary).toMatchObject({ entries: names.size + 1, notRecorded: {}, partiallyScanned: {} });
    const seen = seenIn(alerts, ({ device }) => device.id.slice(REPLAY_PREFIX.length));
    expect(differences(seen.map(withoutPlace), found.map(withoutPlace))).toEqual(KNOWN_TO_THE_LAB_ALONE);
    expect(found.every(({ destination }) => destination?.ip === null)).toBe(true);
    expect(new Set(found.map(essence)).size).toBeGreaterThan(40);
  }, 300_000);

  it('without its keys says of every tunnel that nobody looked into it', async () => {
    await mkdir(path.join(dir, 'closed'));
    const closed = path.join(dir, 'closed', 'cases.pcapng');
    await copyFile(capture, closed);
    const tunnels = (await tshark('-d', `tcp.port==${port},http`, '-Y', 'http.request.method == CONNECT')).trim();
    const { stdout } = await phonehome(['scan', closed, '--json']);
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as object;
    expect(summary).toMatchObject({
      notRecorded: {
        'TLS without its keys: not looked into (keys are read from a file beside the capture, e.g. cases.keys)':
          tunnels.split('\n').length,
      },
      sentence: expect.stringContaining('Not everything could be read'),
    });
  }, 300_000);
});

/** Its address, and what follows from it. */
const withoutPlace = <T extends CaseFinding>(found: T): T => ({
  ...found,
  destination: found.destination && {
    host: found.destination.host,
    port: found.destination.port,
    owner: found.destination.owner,
  },
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const LAST = Buffer.from('the last in the capture');

/** A connection that comes after all others. */
async function callOnce(port: number): Promise<void> {
  const server = createServer((socket) => void socket.resume()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect(port, '127.0.0.1');
  socket.end(LAST);
  await once(socket.resume(), 'close');
  server.close();
}
