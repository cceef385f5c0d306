/** What goes wrong around a lab, on either engine: an answer to the phone, a clear line in the list of flows; the lab stays up. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { askCurl } from '../clients/curl.ts';
import { requireTool } from '../clients/tools.ts';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

describe('servers and phones that misbehave', () => {
  let world: World;
  let odd: Server;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'odd-'));
    // Takes a connection and resets it.
    odd = createServer((socket: Socket) => socket.resetAndDestroy());
    await new Promise<void>((done) => odd.listen(0, '127.0.0.1', done));
    world = await startWorld({ args: ['--allow-destinations', '127.0.0.0/8'] });
  });
  afterAll(async () => {
    odd.close();
    await world.end();
    await rm(dir, { recursive: true });
  });

  const stillWorks = async (): Promise<void> => {
    const answer = await askCurl(world.lab.phone, { url: `${world.https}/page` });
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
