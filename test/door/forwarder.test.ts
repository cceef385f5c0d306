import { createHash, randomBytes } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { text } from '../../src/model/text.ts';
import { startLab, type TestLab } from '../wire/lab.ts';
import { curl, curlWith, dialUp, httpServer, type TestServer, tcpServer } from '../wire/servers.ts';

let lab: TestLab;
const servers: TestServer[] = [];
beforeEach(async () => {
  lab = await startLab();
});
afterEach(async () => {
  await lab.stop();
  for (const server of servers.splice(0)) await server.close();
});

async function host(name: string, server: Promise<TestServer>): Promise<TestServer> {
  const made = await server;
  servers.push(made);
  lab.map.set(`${name}:80`, made.port);
  return made;
}
/** A server that answers every connection by hand. */
const byHand = (name: string, handler: (socket: Socket) => void) => host(name, tcpServer(handler));
const echo = (name: string) =>
  host(
    name,
    httpServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () =>
        response.end(`${name} ${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`),
      );
    }),
  );
const get = (name: string, path = '/', fields = '') =>
  `GET http://${name}${path} HTTP/1.1\r\nHost: ${name}\r\n${fields}\r\n`;
const count = (bytes: Buffer, text: string) => bytes.toString('latin1').split(text).length - 1;

describe('absolute-form HTTP', () => {
  it('serves several hosts on one client connection, one flow for each', async () => {
    await echo('a.test');
    await echo('b.test');
    const client = dialUp(lab.door.port);
    const ask = async (text: string, n: number) => {
      client.socket.write(text);
      await client.until((bytes) => count(bytes, 'HTTP/1.1 200 OK') === n && bytes.toString().endsWith(' '));
    };
    await ask(get('a.test', '/1'), 1);
    await ask(get('b.test', '/2'), 2);
    await ask(get('a.test', '/3'), 3);
    expect(client.text()).toMatch(/a\.test GET \/1[\s\S]*b\.test GET \/2[\s\S]*a\.test GET \/3/);
    client.socket.end();
    await lab.closed(1);
    expect(lab.flows().map((flow) => flow.destination.host)).toEqual(['a.test', 'b.test']);
    expect(lab.copied(lab.flows()[0]!.id, 'request').toString()).toContain('GET /3 HTTP/1.1');
  });

  it('answers pipelined requests in their order, across hosts', async () => {
    await byHand('slow.test', (socket) => {
      socket.once('data', () => setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow'), 30));
    });
    await echo('fast.test');
    const client = dialUp(lab.door.port);
    client.socket.write(get('slow.test') + get('fast.test', '/f') + get('fast.test', '/g'));
    const bytes = await client.until((all) => all.includes('GET /g'));
    expect(bytes.toString()).toMatch(/slow[\s\S]*GET \/f[\s\S]*GET \/g/);
    client.socket.destroy();
  });

  it.each([1, 3, 1000])('relays sized and chunked bodies cut into %i bytes', async (size) => {
    await echo('a.test');
    const client = dialUp(lab.door.port);
    const text =
      'POST http://a.test/s HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nsized' +
      'POST http://a.test/c HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nchu\r\n4\r\nnked\r\n0\r\n\r\n' +
      get('a.test', '/end', 'Connection: close\r\n');
    for (let at = 0; at < text.length; at += size) {
      client.socket.write(text.slice(at, at + size));
      if (size < 100) await new Promise((resolve) => setImmediate(resolve));
    }
    await client.ended;
    expect(client.text()).toMatch(/POST \/s sized[\s\S]*POST \/c chunked[\s\S]*GET \/end/);
    expect((await lab.closed()).closed.reason).toBe('ended');
  });

  it('carries large bodies both ways unchanged', async () => {
    const down = randomBytes(4_000_000);
    const up = randomBytes(4_000_000);
    const hash = createHash('sha256');
    await host(
      'big.test',
      httpServer((request, response) => {
        request.on('data', (chunk: Buffer) => hash.update(chunk));
        request.on('end', () => response.end(down));
      }),
    );
    const ran = await curlWith(
      up,
      '-x',
      lab.proxy,
      '--data-binary',
      '@-',
      '-H',
      'Transfer-Encoding: chunked',
      'http://big.test/',
    );
    expect(ran.stdout.equals(down)).toBe(true);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(up).digest('hex'));
  });

  it('passes 100, 103 and trailers through', async () => {
    const answer =
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n';
    await byHand('a.test', (socket) => {
      let seen = '';
      socket.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        if (seen.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        if (seen.endsWith('body')) socket.write(answer);
      });
    });
    const client = dialUp(lab.door.port);
    client.socket.write(
      'PUT http://a.test/ HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n',
    );
    await client.until((bytes) => bytes.includes('100 Continue'));
    client.socket.write('body');
    const bytes = await client.until((all) => all.includes('X-Sum: 7\r\n\r\n'));
    expect(bytes.toString()).toBe(`HTTP/1.1 100 Continue\r\n\r\n${answer}`);
    // The connection is still good for the next request.
    await echo('b.test');
    client.socket.write(get('b.test', '/next'));
    await client.until((all) => all.includes('b.test GET /next'));
    client.socket.destroy();
  });

  it('passes a WebSocket upgrade, messages both ways and its end', async () => {
    const http = createHttp();
    const sockets = new WebSocketServer({ server: http, perMessageDeflate: true });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data.toString()}`)));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    lab.map.set('ws.test:80', (http.address() as { port: number }).port);
    // ws through an absolute-form proxy: the request names the server, the TCP connection goes to the door.
    const client = new WebSocket(`ws://127.0.0.1:${lab.door.port}/`, {
      headers: { Host: 'ws.test' },
      finishRequest: (request) => {
        request.path = 'http://ws.test/live';
        request.end();
      },
    } as ConstructorParameters<typeof WebSocket>[2] as never);
    await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
    const text = 'long enough to be compressed '.repeat(100);
    const answer = new Promise<string>((resolve) => client.once('message', (data) => resolve(data.toString())));
    client.send(text);
    expect(await answer).toBe(`echo ${text}`);
    const gone = new Promise((resolve) => client.once('close', resolve));
    client.close();
    await gone;
    const { flow, closed } = await lab.closed();
    expect(closed.reason).toBe('ended');
    expect(lab.copied(flow.id, 'response').toString('latin1')).toMatch(/^HTTP\/1\.1 101 [\s\S]*permessage-deflate/);
    sockets.close();
    http.close();
  });

  it('passes server-sent events one by one, as they come', async () => {
    let stream: Socket | undefined;
    await byHand('sse.test', (socket) => {
      stream = socket;
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'));
    });
    const client = dialUp(lab.door.port);
    client.socket.write(get('sse.test'));
    await client.until((bytes) => bytes.includes('\r\n\r\n'));
    for (const n of [1, 2, 3]) {
      stream?.write(`data: ${n}\n\n`);
      await client.until((bytes) => bytes.toString().endsWith(`data: ${n}\n\n`));
    }
    stream?.end();
    expect(await client.ended).toBe('end');
    expect((await lab.closed()).closed.reason).toBe('ended');
  });

  it('hands a CONNECT on the same connection over to a tunnel', async () => {
    await echo('a.test');
    await byHand('b.test', (socket) => socket.pipe(socket));
    lab.map.set('b.test:9', lab.map.get('b.test:80')!);
    const client = dialUp(lab.door.port);
    client.socket.write(get('a.test', '/first'));
    await client.until((bytes) => bytes.includes('a.test GET /first'));
    client.socket.write('CONNECT b.test:9 HTTP/1.1\r\n\r\nraw bytes');
    await client.until((bytes) => bytes.includes('raw bytes'));
    client.socket.end();
    await lab.closed(1);
    expect(lab.flows().map((flow) => flow.arrival)).toEqual(['http-absolute', 'http-connect']);
  });

  it('passes the reset of the server on and adds nothing to the body', async () => {
    await byHand('a.test', (socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () =>
          setImmediate(() => socket.resetAndDestroy()),
        );
      });
    });
    const client = dialUp(lab.door.port);
    client.socket.write(get('a.test'));
    expect(await client.ended).toBe('ECONNRESET');
    expect(client.text()).toMatch(/^(HTTP\/1\.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf)?$/);
    expect((await lab.closed()).closed.reason).toBe('server-reset');
  });

  it('passes the reset of the phone on', async () => {
    const error = new Promise<string>((resolve) => {
      void byHand('a.test', (socket) => {
        socket.on('error', (problem: NodeJS.ErrnoException) => resolve(problem.code ?? ''));
        socket.resume();
      });
    });
    const client = dialUp(lab.door.port);
    client.socket.write('POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\nhalf');
    await lab.seen((event) => event.type === 'flow-opened');
    client.socket.resetAndDestroy();
    expect(await error).toBe('ECONNRESET');
    expect((await lab.closed()).closed.reason).toBe('client-reset');
  });

  it('says that an answer was cut when the server ends too early', async () => {
    await byHand('a.test', (socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'));
    });
    expect((await curl('-x', lab.proxy, 'http://a.test/')).code).toBe(18);
    expect((await lab.closed()).closed).toMatchObject({
      reason: 'ended',
      detail: text('ended.half-answer'),
    });
  });

  it.each([
    ['chunked twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '2\r\nok\r\n0\r\n\r\n'],
    ['with a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '2\r\nok\r\n0\r\n\r\n'],
    ['with a signed length', 'Content-Length: +2\r\n', 'ok'],
  ])('does not leave the next request of a phone waiting behind an answer %s', async (_what, fields, body) => {
    await byHand('a.test', (socket) =>
      socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\n${body}`)),
    );
    const client = dialUp(lab.door.port);
    client.socket.write(get('a.test', '/first'));
    await client.until((bytes) => bytes.includes(body));
    client.socket.write(get('a.test', '/second'));
    // Closed, so that the phone asks again on another connection.
    await client.ended;
  });

  it('answers and keeps a connection on which a chunk size has 13 digits', async () => {
    await byHand('a.test', (socket) =>
      socket.on('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0000000000002\r\nok\r\n0\r\n\r\n'),
      ),
    );
    const client = dialUp(lab.door.port);
    client.socket.write(get('a.test', '/first'));
    await client.until((bytes) => count(bytes, '0\r\n\r\n') === 1);
    client.socket.write(get('a.test', '/second'));
    await client.until((bytes) => count(bytes, '0\r\n\r\n') === 2);
    client.socket.destroy();
  });

  it('takes a path with a raw UTF-8 à, whose second byte is a blank to JavaScript', async () => {
    const got: Buffer[] = [];
    await byHand('a.test', (socket) =>
      socket.on('data', (chunk: Buffer) => {
        got.push(chunk);
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      }),
    );
    const client = dialUp(lab.door.port);
    client.socket.write('GET http://a.test/là HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await client.until((bytes) => bytes.includes('200 OK'));
    expect(Buffer.concat(got).toString()).toMatch(/^GET \/là HTTP\/1\.1\r\n/);
    client.socket.destroy();
  });

  it('keeps at most nine servers connected for one client connection', async () => {
    const client = dialUp(lab.door.port);
    for (let n = 0; n < 12; n++) {
      await echo(`h${n}.test`);
      client.socket.write(get(`h${n}.test`, `/${n}`));
      await client.until((bytes) => bytes.includes(`GET /${n} `));
    }
    expect(lab.wire.openFlows).toBeLessThanOrEqual(9);
    client.socket.end();
    await lab.closed(11);
  });
});
