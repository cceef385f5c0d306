/**
 * 10,000 HTTP/2 streams under way at once over 100 connections: all are answered, the value in the last one is found,
 * and memory settles: 70 bytes kept per stream would not.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createSecureServer,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTls } from '../clients/tunnel.ts';
import { eventually } from '../e2e/eventually.ts';
import { startWorld, type World } from '../e2e/world.ts';
import { settles } from '../trials/settled.ts';

const HOST = 'streams.example.com';
const CONNECTIONS = 100;
const STREAMS_EACH = 100;
const MAX_ROUNDS = 25;
const IMEI = '490154203237518';

let world: World;
let sessions: ClientHttp2Session[] = [];
/** Requests whose head reached the server and whose end did not. */
let underWay = 0;
const closing: (() => void)[] = [];

beforeAll(async () => {
  world = await startWorld({
    otherHosts: [HOST],
    more: async ({ keyPem, certPem }) => {
      const server = createSecureServer({ key: keyPem, cert: certPem });
      server.on('stream', (stream: ServerHttp2Stream) => {
        underWay++;
        stream.on('error', () => undefined);
        stream.resume().on('end', () => {
          underWay--;
          stream.respond({ ':status': 200 });
          stream.end('ok');
        });
      });
      const open = new Set<Socket>();
      server.on('secureConnection', (socket) => open.add(socket));
      closing.push(() => {
        for (const socket of open) socket.destroy();
        server.close();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return [{ host: HOST, port: 8443, listensOn: (server.address() as AddressInfo).port }];
    },
  });
});
afterAll(async () => {
  for (const session of sessions) session.destroy();
  for (const close of closing) close();
  await world.end();
});

it('carries 10,000 streams at once, again and again, in memory that settles', async () => {
  sessions = await Promise.all(Array.from({ length: CONNECTIONS }, openSession));
  await settles(MAX_ROUNDS, async (round) => {
    const streams = sessions.flatMap((session) => Array.from({ length: STREAMS_EACH }, () => begin(session, round)));
    await eventually('10,000 streams at the server', () => underWay === streams.length);
    const answers = streams.map(answered);
    for (const [index, stream] of streams.entries())
      stream.end(index === streams.length - 1 ? `,"imei":"${IMEI}"}` : '}');
    expect(new Set(await Promise.all(answers))).toEqual(new Set([200]));
    return world.lab.residentBytes();
  });
  const [alert] = await world.lab.until('leak', (all) => all.some(({ identifier }) => identifier?.kind === 'imei'));
  expect(alert).toMatchObject({ flow: { protocol: 'h2' }, evidence: { where: 'body', path: '$.imei' } });
});

async function openSession(): Promise<ClientHttp2Session> {
  const socket = await openTls(world.lab.phone, HOST, 8443, ['h2']);
  const session = connect(`https://${HOST}:8443`, { createConnection: () => socket });
  session.on('error', () => undefined);
  return session;
}

/** The head and the beginning of the body; the rest comes when all streams are open. */
function begin(session: ClientHttp2Session, round: number): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/events?round=${round}`,
    'content-type': 'application/json',
  });
  stream.write('{"event":"screen_view"');
  return stream;
}

function answered(stream: ClientHttp2Stream): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let status = 0;
  stream.once('response', (headers) => {
    status = headers[':status'] ?? 0;
  });
  stream
    .resume()
    .once('end', () => resolve(status))
    .once('error', reject);
  return promise;
}
