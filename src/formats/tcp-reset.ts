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

interface Named {
  _handle?: { getpeername?(out: object): number } | null;
}

/**
 * The connection is gone, although its stream has only ended: the first system call after a reset is told of it, and that may have
 * been a write that nobody asked for (TLS session tickets), whose failure Node keeps to itself; the next read then shows an end. A
 * connection that was ended still knows the other side's address. Not for one that was ended from here, too.
 */
export function isGone(raw: Socket): boolean {
  const { _handle: handle } = raw as Named;
  return typeof handle?.getpeername === 'function' && handle.getpeername({}) !== 0;
}

/** Without a word from the other side for this long, it has read what it will read, milliseconds. */
const QUIET_MS = 200;
/** Longer than this nobody uploads into nothing. */
const LINGER_MS = 3000;

/**
 * A reset that does not overtake what was said before it: a phone that is still uploading would meet the reset first and never
 * read its answer. So the queue is sent, what the phone still says is read and dropped, and the reset comes when it fell silent.
 * The caller has taken its own `data` listeners away.
 */
export function resetAfterWords(raw: Socket, stream: Duplex = raw): void {
  if (raw.destroyed) return;
  let turns = LINGER_MS / QUIET_MS;
  let heard = true;
  let queued = stream.writableLength;
  const over = () => {
    clearInterval(timer);
    resetSocket(raw, stream);
  };
  const timer = setInterval(() => {
    const moved = heard || stream.writableLength < queued;
    heard = false;
    queued = stream.writableLength;
    if (--turns <= 0 || !moved) over();
  }, QUIET_MS);
  stream.on('data', () => {
    heard = true;
  });
  stream.on('error', () => {});
  stream.once('close', () => clearInterval(timer));
  stream.once('end', over);
  stream.resume();
}

/** A server that left without reading says so by an error of the next write, milliseconds until that counts all the same. */
const READ_OUT_MS = 1000;
const MAX_READ_OUTS = 10;

type Write = (...args: unknown[]) => void;

/**
 * Reads a server's last words before a failed write ends its connection: Node destroys a socket at the first write that fails,
 * with the answer (401, 413) still in the kernel. The failure is told when the other side's bytes are at their end.
 */
export function readOutBeforeFailing(socket: Socket): void {
  const hold = (fail: () => void) => {
    let turns = MAX_READ_OUTS;
    const settle = () => {
      clearInterval(timer);
      socket.off('end', settle).off('close', settle);
      fail();
    };
    const timer = setInterval(() => {
      if (--turns === 0 || (socket.readableLength === 0 && !socket.isPaused())) settle();
    }, READ_OUT_MS);
    // Before others take the end for one: it is the end of a connection that broke.
    socket.prependListener('end', settle);
    socket.once('close', settle);
  };
  for (const name of ['_write', '_writev'] as const) {
    const write = socket[name] as Write | undefined;
    if (!write) continue;
    const held: Write = (...args) => {
      const tell = args.at(-1) as (error?: Error | null) => void;
      write.call(socket, ...args.slice(0, -1), (error?: Error | null) => {
        if (error) hold(() => tell(error));
        else tell();
      });
    };
    Object.assign(socket, { [name]: held });
  }
}
