import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import asyncApiSchema from '@asyncapi/specs/schemas/3.0.0-without-$id.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { LiveFrame } from '../../../src/model/lab.ts';
import { describeLive } from '../../../src/sinks/live/asyncapi.ts';
import { readOrCreateToken } from '../../../src/sinks/live/tokens.ts';
import { labRecord } from '../lab-alert.ts';
import { startLab, type TestLab, TOKEN } from './lab-dependencies.ts';

let lab: TestLab;
const asyncApi = describeLive();
const opened: WebSocket[] = [];

beforeEach(async () => {
  lab = await startLab();
});
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.terminate();
  await lab.close();
});

/** A client that keeps its frames and resolves `until` when enough have come. */
function watcher(
  query = '',
  headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
  protocols?: string[],
) {
  const socket = new WebSocket(`${lab.url.replace('http', 'ws')}/api/alerts/live${query}`, protocols ?? [], {
    headers,
  });
  opened.push(socket);
  const frames: LiveFrame[] = [];
  const waiting = new Set<() => void>();
  socket.on('error', () => {});
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)) as LiveFrame);
    for (const check of waiting) check();
  });
  const until = (enough: (frames: LiveFrame[]) => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!enough(frames)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { socket, frames, until, seqs: () => seqsOf(frames) };
}

function seqsOf(frames: LiveFrame[]): number[] {
  return frames.flatMap((frame) => (frame.type === 'alert' ? [frame.alert.seq] : []));
}

const hasSeq = (seq: number) => (frames: LiveFrame[]) => seqsOf(frames).at(-1) === seq;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('the live WebSocket', () => {
  it('greets with the latest seq, then shows alerts as they come', async () => {
    lab.show(1);
    const client = watcher();
    await client.until((frames) => frames.length === 1);
    expect(client.frames).toEqual([{ type: 'hello', v: 1, seq: 1, epoch: 'memory' }]);
    lab.show(2);
    await client.until(hasSeq(2));
    expect(client.frames[1]).toEqual({ type: 'alert', alert: labRecord(2).alert });
  });

  it('resumes after a seq from the store, over many pages and without a gap, while new alerts arrive', async () => {
    for (const seq of range(1, 900)) lab.services.store.putAlert(labRecord(seq));
    const client = watcher('?since=100');
    await client.until((frames) => frames.length > 0);
    for (const seq of range(901, 1000)) lab.show(seq);
    await client.until(hasSeq(1000));
    expect(client.seqs()).toEqual(range(101, 1000));
  });

  it('filters by device, severity and kind, from the store and live', async () => {
    const other = { id: 'b', model: null, ip: '10.77.0.3', mac: null };
    lab.show(1, { device: other });
    lab.show(2, { device: other, severity: 'low' });
    lab.show(3);
    const client = watcher('?since=0&device=b&severity=high&kind=imei');
    await client.until(hasSeq(1));
    for (const [seq, changes] of [
      [4, {}],
      [5, { device: other }],
      [6, { device: other, severity: 'info' as const }],
      [7, { device: other }],
    ] as const) {
      lab.show(seq, changes);
    }
    await client.until(hasSeq(7));
    expect(client.seqs()).toEqual([1, 5, 7]);
  });

  it('takes the token as a subprotocol, as browsers must send it', async () => {
    const client = watcher('', {}, [`bearer.${TOKEN}`]);
    await client.until((frames) => frames.length === 1);
    expect(client.socket.protocol).toBe(`bearer.${TOKEN}`);
    const two = watcher('', {}, ['phonehome', `bearer.${TOKEN}`]);
    await two.until((frames) => frames.length === 1);
    expect(two.socket.protocol).toBe('phonehome');
  });

  it.each([
    ['without a token', '', {}, undefined, 401],
    ['with a wrong token', '', { authorization: 'Bearer x' }, undefined, 401],
    ['with a wrong token as subprotocol', '', {}, ['bearer.x'], 401],
    ['from a foreign page', '', { authorization: `Bearer ${TOKEN}`, origin: 'http://evil.example' }, undefined, 403],
    ['under a rebound name', '', { authorization: `Bearer ${TOKEN}`, host: 'evil.example' }, undefined, 421],
    ['with a filter nobody knows', '?severity=worst', { authorization: `Bearer ${TOKEN}` }, undefined, 400],
    ['at another address', '/elsewhere', { authorization: `Bearer ${TOKEN}` }, undefined, 404],
  ])('refuses a client %s', async (_name, query, headers, protocols, status) => {
    const client = watcher(query, headers, protocols);
    const [, response] = (await once(client.socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(status);
    expect(lab.stats().clients).toBe(0);
  });

  it('refuses the 65th client and takes a new one when another left', async () => {
    const clients = range(1, 64).map(() => watcher());
    await Promise.all(clients.map((client) => client.until((frames) => frames.length > 0)));
    const [, response] = (await once(watcher().socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(503);
    clients[0]?.socket.close();
    await once(clients[0]?.socket as WebSocket, 'close');
    const client = watcher();
    await client.until((frames) => frames.length > 0);
  });
});

/** Speaks just enough WebSocket to join and then not read. */
async function joinWithoutReading(): Promise<Socket> {
  const socket = connect(lab.address.port, '127.0.0.1');
  socket.write(
    `GET /api/alerts/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
  );
  await once(socket, 'readable');
  return socket;
}

/** Frames of a server are never masked; none here is longer than 64 KB. */
function parseFrames(bytes: Buffer): LiveFrame[] {
  const frames: LiveFrame[] = [];
  for (let at = bytes.indexOf('\r\n\r\n') + 4; at + 4 <= bytes.length; ) {
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const [start, length] = short === 126 ? [at + 4, bytes.readUInt16BE(at + 2)] : [at + 2, short];
    if (start + length > bytes.length) break;
    if (((bytes[at] ?? 0) & 0x0f) === 1)
      frames.push(JSON.parse(bytes.toString('utf8', start, start + length)) as LiveFrame);
    at = start + length;
  }
  return frames;
}

describe('a client that does not read', () => {
  it('costs bounded memory, holds up nobody, is told the exact gap when it reads again, and misses nothing', async () => {
    const silent = await joinWithoutReading();
    const reader = watcher();
    await reader.until((frames) => frames.length === 1);

    let seq = 0;
    let most = 0;
    while (lab.stats().behind === 0 && seq < 50_000) {
      for (let i = 0; i < 100; i++) lab.show(++seq);
      most = Math.max(most, lab.stats().bufferedBytes);
      await reader.until(hasSeq(seq));
    }
    for (let i = 0; i < 2000; i++) lab.show(++seq);
    expect(lab.stats().behind).toBe(1);
    expect(most).toBeLessThan(1024 * 1024);
    await reader.until(hasSeq(seq));
    expect(reader.seqs()).toEqual(range(1, seq));

    const chunks: Buffer[] = [];
    silent.on('data', (chunk: Buffer) => chunks.push(chunk));
    let frames: LiveFrame[] = [];
    while (!frames.some(({ type }) => type === 'gap')) {
      await once(silent, 'data');
      frames = parseFrames(Buffer.concat(chunks));
    }
    const gap = frames.find((frame) => frame.type === 'gap');
    const pushed = seqsOf(frames);
    expect(pushed).toEqual(range(1, pushed.length));
    expect(gap).toEqual({ type: 'gap', from: pushed.length + 1, to: seq });

    const fetched: number[] = [];
    for (let since = (gap?.from ?? 0) - 1; since < seq; since = fetched.at(-1) ?? seq) {
      const { alerts } = (await (await lab.call(`/api/alerts?since=${since}&limit=2000`)).json()) as {
        alerts: { seq: number }[];
      };
      fetched.push(...alerts.map((alert) => alert.seq));
    }
    expect([...pushed, ...fetched]).toEqual(range(1, seq));

    lab.show(++seq);
    while (seqsOf(frames).at(-1) !== seq) {
      await once(silent, 'data');
      frames = parseFrames(Buffer.concat(chunks));
    }
    expect(lab.stats().behind).toBe(0);
    silent.destroy();
  });

  it('is cut off when it answers no ping', async () => {
    await lab.close();
    // Long enough for a busy machine to bring an answer back within two of them.
    lab = await startLab({ pingMs: 500 });
    const silent = await joinWithoutReading();
    const alive = watcher();
    await alive.until((frames) => frames.length === 1);
    silent.resume();
    await once(silent, 'close');
    let pings = 0;
    alive.socket.on('ping', () => pings++);
    while (pings < 2) await once(alive.socket, 'ping');
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('does not keep the lab from stopping', async () => {
    const silent = await joinWithoutReading();
    silent.on('error', () => {});
    await lab.close();
    silent.destroy();
    lab = await startLab();
  });
});

describe('the description', () => {
  it('AsyncAPI is valid 3.0, and frames are what it says', async () => {
    const schema = structuredClone(asyncApiSchema) as Record<string, unknown>;
    const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
    validate(structuredClone(asyncApi));
    expect(validate.errors ?? []).toEqual([]);

    lab.show(1);
    const client = watcher('?since=0');
    await client.until((frames) => frames.length === 2);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(asyncApi, 'live');
    for (const frame of [...client.frames, { type: 'gap', from: 1, to: 2 }]) {
      const check = ajv.getSchema(`live#/components/messages/${frame.type}/payload`);
      expect(check?.(frame), JSON.stringify(check?.errors)).toBe(true);
    }
  });
});

describe('the token', () => {
  it('is made at first start, for its owner only, and stays', () => {
    const directory = mkdtempSync(join(tmpdir(), 'phonehome-token-'));
    const file = join(directory, 'data', 'token');
    const token = readOrCreateToken(file);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(readOrCreateToken(file)).toBe(token);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    rmSync(directory, { recursive: true });
  });
});
