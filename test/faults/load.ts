/** Phones that leak as fast as they are answered, each time in a place of its own. */
import { connect } from 'node:net';

export const IMEI = '490154203237518';
let places = 0;

function post(host: string): string {
  const body = JSON.stringify({ [`place${++places}`]: IMEI });
  return `POST http://${host}/report HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Goes on until it is ended, or the lab is. */
export function startLoad(port: number, host: string, connections = 4): { end(): void } {
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('data', () => socket.write(post(host)));
    socket.write(post(host));
    return socket;
  });
  return {
    end() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** So many leaks, one after the other, each answered. */
export function leak(port: number, host: string, count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(port, '127.0.0.1');
  let answered = 0;
  socket.on('error', reject);
  socket.on('close', () => reject(new Error(`the lab closed after ${answered} of ${count} answers`)));
  socket.on('data', () => {
    if (++answered < count) return socket.write(post(host));
    resolve();
    return socket.destroy();
  });
  socket.write(post(host));
  return promise;
}
