import type { Socket } from 'node:net';

/**
 * Ends a connection with a TCP reset. While the end of a socket is still being sent libuv refuses to reset it, and Node
 * then neither closes nor tells (the descriptor would leak): such a socket is closed plainly.
 */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
