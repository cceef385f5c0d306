/** Phones that leak as fast as they are answered, each time in a place of its own. */
import { connect, type Socket } from 'node:net';

export const IMEI = '490154203237518';
let places = 0;

function post(host: string): string {
  const body = JSON.stringify({ [`place${++places}`]: IMEI });
  return `POST http://${host}/report HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Goes on until it is ended, on new connections where one was closed. */
export function startLoad(port: number, host: string, connections = 4): { end(): void } {
  const open = new Set<Socket>();
  let isEnded = false;
  const dial = (): void => {
    const socket = connect(port, '127.0.0.1');
    open.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => socket.write(post(host)));
    socket.once('close', () => {
      open.delete(socket);
      // A lab that is gone refuses at once: not as fast as it can be asked.
      if (!isEnded) setTimeout(() => isEnded || dial(), 50);
    });
    socket.write(post(host));
  };
  for (let number = 0; number < connections; number++) dial();
  return {
    end() {
      isEnded = true;
      for (const socket of open) socket.destroy();
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
