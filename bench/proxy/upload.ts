/** One large upload to an origin that takes nothing for a while: what a proxy then keeps in memory. */
import { request } from 'node:http';
import { openTls, type Target } from './load.ts';
import { ORIGIN_HOST } from './origin.ts';

const LINES = Buffer.from(
  Array.from({ length: 1400 }, (_, index) => `event ${index} screen on, battery ${index % 100} %\n`).join(''),
);

/** Resolves when the origin has answered; the phone waits whenever the proxy does not take more. */
export async function upload(target: Target, megabytes: number): Promise<void> {
  const socket = await openTls(target, 'http/1.1');
  const length = megabytes << 20;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const put = request({
    createConnection: () => socket,
    method: 'PUT',
    path: '/stall',
    headers: {
      host: `${ORIGIN_HOST}:${target.originPort}`,
      'content-type': 'text/plain',
      'content-length': length,
    },
  });
  put.on('response', (answer) => {
    if (answer.statusCode !== 200) reject(new Error(`the upload was answered ${answer.statusCode}`));
    answer.resume().on('end', resolve);
  });
  put.on('error', reject);
  let left = length;
  const fill = (): void => {
    while (left > 0) {
      const piece = LINES.subarray(0, Math.min(left, LINES.length));
      left -= piece.length;
      if (!put.write(piece)) {
        put.once('drain', fill);
        return;
      }
    }
    put.end();
  };
  fill();
  await promise.finally(() => socket.destroy());
}
