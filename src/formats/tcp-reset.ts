import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Ends a connection with a TCP reset; a TLS stream on top of it goes with it. While the end of a stream is still being
 * sent libuv refuses to reset it, and Node then neither closes nor tells (the descriptor would leak): it is closed plainly.
 */
export function resetSocket(raw: Socket, stream: Duplex = raw): void {
  const ending = [stream, raw].some(
    (socket) => socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished,
  );
  if (raw.destroyed || ending) {
    stream.destroy();
    raw.destroy();
  } else raw.resetAndDestroy();
}
