/** A hostile phone's way to talk: bytes as they are, over a plain socket. */
import { connect } from 'node:net';

/** Sends `bytes` and resolves with everything that came back when the lab closes, or when `enough` is satisfied. */
export function say(
  port: number,
  bytes: string | Buffer,
  enough: (answer: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('error', () => {});
    socket.on('data', (part) => {
      answer += part.toString('latin1');
      if (enough(answer)) socket.destroy();
    });
    socket.once('close', () => resolve(answer));
    socket.write(bytes);
  });
}
