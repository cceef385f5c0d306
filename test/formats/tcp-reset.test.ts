import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { resetSocket } from '../../src/formats/tcp-reset.ts';
import { reset } from '../../src/wire/join.ts';
import { type TestServer, tcpServer } from '../wire/servers.ts';

let server: TestServer;
afterEach(() => server.close());

const ways: [string, (socket: Socket) => void][] = [
  ['the door', resetSocket],
  ['the wire', (socket) => reset({ stream: socket, raw: socket })],
];
for (const [name, way] of ways) {
  it(`${name} resets an open connection`, async () => {
    const peer = new Promise<string>((resolve) => {
      void tcpServer((socket) =>
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? '')).resume(),
      ).then((made) => {
        server = made;
        const socket = connect({ port: made.port, host: '127.0.0.1' }, () => way(socket));
      });
    });
    expect(await peer).toBe('ECONNRESET');
  });

  it(`${name} closes a connection whose end is just being sent, which the system refuses to reset`, async () => {
    server = await tcpServer((socket) => socket.resume());
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    const errors: string[] = [];
    socket.on('error', (error) => errors.push(error.message));
    const closed = once(socket, 'close');
    socket.end();
    way(socket);
    await closed;
    expect(errors).toEqual([]);
  });
}
