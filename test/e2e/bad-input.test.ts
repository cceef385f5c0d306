/** What goes wrong around a lab, on either engine: an answer to the phone, a clear line in the list of flows; the lab stays up. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { askCurl } from '../clients/curl.ts';
import { askNodeFetch } from '../clients/node-fetch.ts';
import { requireTool } from '../clients/tools.ts';
import { openTls } from '../clients/tunnel.ts';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

const BREAKING = 'breaking.example.com';

describe('servers and phones that misbehave', () => {
  let world: World;
  let odd: Server;
  let breaking: Server | null = null;
  const broken: string[] = [];
  /** The end of each piece the breaking server was given. */
  const heard: string[] = [];
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'odd-'));
    // Takes a connection and resets it.
    odd = createServer((socket: Socket) => socket.resetAndDestroy());
    await new Promise<void>((done) => odd.listen(0, '127.0.0.1', done));
    world = await startWorld({
      args: ['--allow-destinations', '127.0.0.0/8'],
      certified: [BREAKING],
      more: async (origin) => [{ host: BREAKING, port: 443, listensOn: await startBreaking(origin) }],
    });
  });
  afterAll(async () => {
    odd.close();
    breaking?.close();
    await world.end();
    await rm(dir, { recursive: true });
  });

  /** Under TLS: resets in the middle of its answer, or of the request's body; keeps how each connection broke. */
  const startBreaking = async (tls: { certPem: string; keyPem: string }): Promise<number> => {
    const server = createServer((raw) => {
      raw.on('error', () => {});
      const secured = new TLSSocket(raw, { isServer: true, cert: tls.certPem, key: tls.keyPem });
      secured.on('error', (error: NodeJS.ErrnoException) => broken.push(error.code ?? error.message));
      let got = 0;
      let target = '';
      secured.on('data', (chunk: Buffer) => {
        got += chunk.length;
        heard.push(chunk.toString('latin1', Math.max(0, chunk.length - 100)));
        target ||= chunk.toString('latin1', 0, 40);
        if (target.includes('/answer'))
          secured.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf an answer', () => raw.resetAndDestroy());
        if (target.includes('/upload') && got > 1 << 20) raw.resetAndDestroy();
        if (target.includes('/greeting')) {
          secured.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
          target = '';
        }
      });
    });
    breaking = server;
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return (server.address() as AddressInfo).port;
  };
  const flows = async (): Promise<FlowRecord[]> =>
    ((await world.lab.api('/api/flows?limit=2000')) as { flows: FlowRecord[] }).flows;
  /** How the one flow ends that goes to the breaking server while `during` runs. */
  const reasonOf = async (during: () => Promise<void>): Promise<string | null | undefined> => {
    const toBreaking = async () => (await flows()).filter((flow) => flow.destination.host === BREAKING);
    const before = new Set((await toBreaking()).map((flow) => flow.id));
    await during();
    const mine = await eventually('its flow is filed and closed', async () => {
      const since = (await toBreaking()).filter((flow) => !before.has(flow.id));
      return since.length === 1 && since[0]?.closedAt !== null && since;
    });
    return mine[0]?.reason;
  };
  const stillWorks = async (): Promise<void> => {
    const answer = await askNodeFetch(world.lab.phone, { url: `${world.https}/page` });
    expect(answer).toMatchObject({ ok: true, status: 200 });
  };

  it.each([
    ['refuses the connection', 'http://127.0.0.1:1/', /refused/i],
    ['does not exist', 'http://no-such-host.invalid/', /name could not be resolved/],
  ])('tells the phone in plain text with 502 when the server %s', async (_, url, reason) => {
    const answer = await askCurl(world.lab.phone, { url });
    expect(answer).toMatchObject({ ok: true, status: 502 });
    expect(answer.body.toString()).toMatch(reason);
    expect(answer.body.toString()).not.toMatch(/<html|^\s+at /m);
    await stillWorks();
  });

  it('answers a CONNECT to a server that refuses with 502', async () => {
    const answer = await askCurl(world.lab.phone, { url: 'https://127.0.0.1:1/' });
    expect(answer.ok).toBe(false);
    expect(answer.stderr).toContain('502');
    await stillWorks();
  });

  it('passes a reset of the server on', async () => {
    const { port } = odd.address() as { port: number };
    const answer = await askCurl(world.lab.phone, { url: `https://127.0.0.1:${port}/` });
    expect(answer.ok).toBe(false);
    await stillWorks();
  });

  describe('a reset in the middle of a body under TLS', () => {
    it('by the server: the app gets what came and the reset, and nothing of the lab’s', async (context) => {
      requireTool(context, 'curl');
      const reason = await reasonOf(async () => {
        const answer = await askCurl(world.lab.phone, { url: `https://${BREAKING}/answer` });
        expect(answer.ok).toBe(false);
        // A reset may overtake what came before it: RFC 9293 lets a stack drop what was not read yet.
        expect([200, null]).toContain(answer.status);
        expect('half an answer'.startsWith(answer.body.toString())).toBe(true);
      });
      expect(reason).toBe('server-reset');
      await stillWorks();
    });

    it('by the server, of a large upload: the app notices, and what it had sent is searched', async (context) => {
      requireTool(context, 'curl');
      const body = Buffer.concat([Buffer.from(`imei=490154203237518&pad=`), Buffer.alloc(8 << 20, 'x')]);
      const headers: [string, string][] = [['Content-Type', 'application/x-www-form-urlencoded']];
      const reason = await reasonOf(async () => {
        const answer = await askCurl(world.lab.phone, { url: `https://${BREAKING}/upload`, body, headers });
        expect(answer.ok).toBe(false);
        const mine = (one: Alert) => one.flow?.url?.includes('/upload') === true;
        await world.lab.until('leak', (all) => all.some(mine));
      });
      expect(reason).toBe('server-reset');
      await stillWorks();
    });

    it('by the app: the server gets a reset, and what was sent is searched', async () => {
      const before = broken.length;
      const reason = await reasonOf(async () => {
        const phone = await openTls(world.lab.phone, BREAKING, 443, ['http/1.1']);
        phone.on('error', () => {});
        const raw = (phone as unknown as { _parent: Socket })._parent;
        // Answered once, the handshake is over on both sides: a reset that meets its last words looks like an end.
        phone.write(`GET /greeting HTTP/1.1\r\nHost: ${BREAKING}\r\n\r\n`);
        await once(phone, 'data');
        phone.write(`POST /leaves HTTP/1.1\r\nHost: ${BREAKING}\r\nContent-Length: 1000\r\n\r\nid=490154203237518;`);
        await eventually('the server has it', () => heard.some((text) => text.endsWith('id=490154203237518;')));
        raw.resetAndDestroy();
        await eventually('the server notices', () => broken.slice(before).includes('ECONNRESET'));
        const mine = (one: Alert) => one.flow?.url?.includes('/leaves') === true;
        await world.lab.until('leak', (all) => all.some(mine));
      });
      expect(reason).toBe('client-reset');
      await stillWorks();
    });
  });

  it('files phones that reset at once as what they are, not as refused', async () => {
    const { proxy } = world.lab.phone;
    // While the lab does not run, its kernel takes the connections and their resets: it then meets phones already gone.
    process.kill(world.lab.pid, 'SIGSTOP');
    for (let time = 0; time < 10; time++) {
      const socket = connect(proxy);
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    process.kill(world.lab.pid, 'SIGCONT');
    const gone = await eventually('all ten are filed', async () => {
      const nowhere = (await flows()).filter((flow) => flow.destination.host === 'unknown');
      return nowhere.length >= 10 && nowhere.every((flow) => flow.closedAt !== null) && nowhere;
    });
    expect(gone.map((flow) => flow.reason)).toEqual(Array.from({ length: 10 }, () => 'client-reset'));
    expect(world.lab.alerts().filter((one) => /was refused/.test(one.message))).toEqual([]);
    await stillWorks();
  });

  it('survives garbage, silence and resets at every point of a conversation', async (context) => {
    requireTool(context, 'curl');
    const { proxy } = world.lab.phone;
    const openings: (string | Buffer)[] = [
      '',
      '\0',
      'GET',
      'GET / HTTP/1.1\r\n',
      'CONNECT',
      `CONNECT ${world.host}:443 HTTP/1.1\r\nHost: x\r\n`,
      `CONNECT ${world.host}:443 HTTP/1.1\r\n\r\n`,
      `CONNECT ${world.host}:443 HTTP/1.1\r\n\r\n\x16\x03\x01\x02\x00\x01`,
      `CONNECT ${world.host}:99999 HTTP/1.1\r\n\r\n`,
      `GET ${world.http}/page HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`,
      `POST ${world.http}/page HTTP/1.1\r\nHost: ${world.host}\r\nContent-Length: 100\r\n\r\nhalf`,
      `POST ${world.http}/page HTTP/1.1\r\nHost: ${world.host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `POST ${world.http}/page HTTP/1.1\r\nHost: ${world.host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      'GET http://[::1 HTTP/1.1\r\n\r\n',
      '\x05\xff',
      Buffer.from([5, 1, 0, 5, 1, 0, 3, 200]),
      Buffer.alloc(70_000, 'A'),
      Buffer.from([0x16, 3, 1, 0xff, 0xff, 1, 0, 0]),
    ];
    for (const opening of openings) {
      for (const ending of ['end', 'resetAndDestroy'] as const) {
        const socket = connect(proxy);
        socket.on('error', () => {});
        await new Promise<void>((done) => socket.once('connect', () => done()));
        await new Promise<void>((done) => void socket.write(opening || ' ', () => done()));
        socket[ending]();
        socket.resume();
      }
    }
    await stillWorks();
    let open: string[] = ['not asked yet'];
    const allClosed = eventually('every flow is closed', async () => {
      const { flows } = (await world.lab.api('/api/flows?limit=2000')) as { flows: FlowRecord[] };
      open = flows
        .filter((flow) => flow.closedAt === null)
        .map((flow) => `${flow.arrival} ${flow.destination.host}:${flow.destination.port} ${flow.bytesUp} bytes up`);
      return flows.length > 0 && open.length === 0;
    });
    await allClosed.catch(() => expect(open).toEqual([]));
    expect(world.lab.stderr()).not.toMatch(/internal error|internal fault/);
  });
});
