/** Several hosts on one connection: each request and answer belongs to one server, and no byte of it to another. */
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMitmCarrier } from '../../src/mitm/carrier.ts';
import { silentLog, startLab, type TestLab } from '../wire/lab.ts';
import { dialUp, type TestServer, tcpServer } from '../wire/servers.ts';

let lab: TestLab;
const servers: TestServer[] = [];
beforeEach(async () => {
  lab = await startLab();
});
afterEach(async () => {
  await lab.stop();
  for (const server of servers.splice(0)) await server.close();
});

/** A server that answers every connection by hand. */
async function byHand(name: string, handler: (socket: Socket) => void): Promise<void> {
  const made = await tcpServer(handler);
  servers.push(made);
  lab.map.set(`${name}:80`, made.port);
}
const get = (name: string, path = '/') => `GET http://${name}${path} HTTP/1.1\r\nHost: ${name}\r\n\r\n`;

describe('a request for one server', () => {
  /** All that a server of this name was sent; it answers every piece with an empty 200. */
  const heard = async (name: string): Promise<() => string> => {
    let got = '';
    await byHand(name, (socket) =>
      socket.on('data', (chunk: Buffer) => {
        got += chunk.toString('latin1');
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      }),
    );
    return () => got;
  };

  it.each([
    [
      'in a trailer',
      'Transfer-Encoding: chunked\r\n',
      '1\r\nx\r\n0\r\nX-Sum: 1\r\nProxy-Authorization: Basic secret\r\n\r\n',
    ],
    ['twice, in odd case', 'PROXY-authorization: Basic secret\r\nproxy-AUTHORIZATION: Basic secret\r\n', ''],
    ['folded', 'Proxy-Authorization:\r\n Basic\r\n\tsecret\r\n', ''],
    ['with a blank before its colon', 'Proxy-Authorization : Basic secret\r\n', ''],
    ['behind a VT', '\x0bProxy-Authorization: Basic secret\r\n', ''],
    ['without its colon', 'Proxy-Authorization Basic secret\r\n', ''],
    [
      'beside an upgrade',
      'Connection: upgrade, proxy-authorization\r\nUpgrade: x\r\nProxy-Authorization: Basic secret\r\n',
      '',
    ],
    ['behind a bare CR', 'X: y\rProxy-Authorization: Basic secret\r\n', ''],
  ])('keeps the login that is meant for the lab: %s', async (_what, fields, body) => {
    const got = await heard('a.test');
    const client = dialUp(lab.door.port);
    client.socket.write(Buffer.from(`POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n${body}`, 'latin1'));
    await client.until((bytes) => bytes.includes('HTTP/1.1 '));
    client.socket.end();
    await client.ended;
    expect(got()).not.toMatch(/secret|^proxy-auth/im);
    if (body) expect(got()).toMatch(/\r\n0\r\nX-Sum: 1\r\n\r\n$/);
  });

  it('makes Host agree with the target and shows what it takes away', async () => {
    const got = await heard('a.test');
    const client = dialUp(lab.door.port);
    client.socket.write(
      'GET http://me:490154203237518@a.test/x#imei HTTP/1.1\r\nHost: b.test\r\nhost: c.test\r\nConnection: x-hop\r\nX-Hop: 7\r\n\r\n',
    );
    await client.until((bytes) => bytes.includes('200 OK'));
    client.socket.end();
    await lab.closed();
    expect(got()).toBe('GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const cut = lab.events.flatMap((event) => (event.type === 'raw-bytes' ? [event.bytes.toString()] : [])).join('');
    for (const part of ['me:490154203237518', '#imei', 'b.test', 'c.test', 'X-Hop: 7']) expect(cut).toContain(part);
  });

  it('sends a body in chunks without the length that some servers would go by', async () => {
    const got = await heard('a.test');
    const client = dialUp(lab.door.port);
    client.socket.write(
      `POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    );
    await client.ended;
    expect(got()).toBe('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    expect(lab.events.some((event) => event.type === 'raw-bytes' && event.bytes.includes('Content-Length: 3'))).toBe(
      true,
    );
  });

  it('does not give the words of one server to a phone that waits for another', async () => {
    const intruder = Promise.withResolvers<Socket>();
    await byHand('a.test', (socket) => {
      intruder.resolve(socket);
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    });
    const asked = Promise.withResolvers<Socket>();
    await byHand('b.test', (socket) => socket.once('data', () => asked.resolve(socket)));
    const client = dialUp(lab.door.port);
    client.socket.write(get('a.test'));
    await client.until((bytes) => bytes.includes('200 OK'));
    client.socket.write(get('b.test'));
    const waiting = await asked.promise;
    (await intruder.promise).write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse');
    await lab.closed();
    waiting.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue');
    await client.until((bytes) => bytes.includes('true'));
    expect(client.text()).not.toContain('false');
    client.socket.destroy();
  });

  it.each([
    [
      'a second answer behind the first',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nX: false\r\n\r\n',
    ],
    ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\nfalse'],
  ])('ends the connection after %s, and sends nothing more to that server', async (_what, answer) => {
    let got = '';
    await byHand('a.test', (socket) =>
      socket.on('data', (chunk: Buffer) => {
        got += chunk.toString();
        socket.write(answer);
      }),
    );
    const client = dialUp(lab.door.port);
    client.socket.write(get('a.test', '/first'));
    await client.until((bytes) => bytes.includes('HTTP/1.1 '));
    client.socket.write(get('b.test', '/hidden'));
    client.socket.end();
    await client.ended;
    expect(got).not.toContain('hidden');
    expect(client.text()).not.toContain('false');
  });

  const LOGIN = `Proxy-Authorization: Basic ${Buffer.from('nokia:x').toString('base64')}\r\nCookie: b=1\r\n`;
  const forB = `GET http://b.test/hidden HTTP/1.1\r\nHost: b.test\r\n${LOGIN}\r\n`;
  const CHUNKED = 'Host: a.test\r\nTransfer-Encoding: chunked\r\n';

  it.each([
    ['a chunk size of 13 zeros', CHUNKED, '0000000000000\r\n\r\n', true],
    ['chunk sizes with leading zeros', CHUNKED, '0000000000000004\r\nWiki\r\n0000\r\n\r\n', true],
    ['chunks and a length', `Content-Length: 3\r\n${CHUNKED}`, '0\r\n\r\n', false],
    ['a chunk longer than its size', CHUNKED, '4\r\nWikipedia\r\n0\r\n\r\n', false],
    ['a chunk size that is none', CHUNKED, 'zz\r\n\r\n0\r\n\r\n', false],
    ['two lengths', 'Host: a.test\r\nContent-Length: 3\r\nContent-Length: 4\r\n', 'abc', false],
    ['a length behind a bare CR', 'Host: a.test\r\nX: y\rContent-Length: 9\r\n', 'abc', false],
    ['a coding after chunked', 'Host: a.test\r\nTransfer-Encoding: chunked, identity\r\n', '0\r\n\r\n', false],
  ])('never sends a request to another server behind %s', async (_what, fields, body, goesOn) => {
    const got = { 'a.test': '', 'b.test': '' };
    for (const name of ['a.test', 'b.test'] as const)
      await byHand(name, (socket) => {
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
        socket.on('data', (chunk: Buffer) => {
          got[name] += chunk.toString();
        });
      });
    const client = dialUp(lab.door.port);
    client.socket.write(`POST http://a.test/ HTTP/1.1\r\n${fields}\r\n${body}`);
    // The phone has its answer, or was told that it gets none, before it asks for the other server.
    await client.until((bytes) => bytes.includes('HTTP/1.1 '));
    client.socket.write(forB);
    client.socket.end();
    await client.ended;
    expect(got['a.test']).not.toMatch(/hidden|b=1|Proxy-Authorization/);
    expect(got['b.test'].includes('hidden')).toBe(goesOn);
  });

  it('sends a request in the same packet as one whose end is in doubt to no server at all', async () => {
    const got: string[] = [];
    for (const name of ['a.test', 'b.test'])
      await byHand(name, (socket) =>
        socket.on('data', (chunk: Buffer) => {
          got.push(chunk.toString());
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        }),
      );
    const client = dialUp(lab.door.port);
    client.socket.write(`POST http://a.test/ HTTP/1.1\r\nContent-Length: 3\r\n${CHUNKED}\r\n0\r\n\r\n${forB}`);
    await client.ended;
    expect(client.text()).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(got.join('')).not.toContain('hidden');
    expect(lab.flows().map((flow) => flow.destination.host)).toEqual(['a.test']);
  });

  it('is sent with the Host of its target by the second engine, too, and what is left out is shown', async () => {
    await lab.stop();
    lab = await startLab({ wire: { carrier: createMitmCarrier({ now: Date.now, log: silentLog }) } });
    const got = await heard('a.test');
    const client = dialUp(lab.door.port);
    client.socket.write(
      'GET http://me:490154203237518@a.test/x#imei HTTP/1.1\r\nHost: b.test\r\nProxy-Authorization: Basic secret\r\n\r\n',
    );
    await client.until((bytes) => bytes.includes('200 OK'));
    client.socket.end();
    await lab.closed();
    expect(got()).toMatch(/^GET \/x HTTP\/1\.1\r\n/);
    expect(got()).toMatch(/\r\nhost: a\.test\r\n/i);
    expect(got()).not.toMatch(/b\.test|secret|4901/);
    const cut = lab.events.flatMap((event) => (event.type === 'raw-bytes' ? [event.bytes.toString()] : [])).join('');
    for (const part of ['me:490154203237518', '#imei', 'b.test']) expect(cut).toContain(part);
  });
});
