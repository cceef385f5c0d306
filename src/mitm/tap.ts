/**
 * A filter in http-mitm-proxy's pipe that shows each chunk and then waits until the other side has room.
 * Its own last filter answers `true` to every write, so without this a slow server fills the memory (624 MB for a
 * 200 MB upload). Promise: bytes pass unchanged, one chunk at a time.
 */
import { Transform } from 'node:stream';

export interface Sink {
  readonly writableNeedDrain: boolean;
  on(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
}

export function createTap(sink: () => Sink | undefined, show: (chunk: Buffer) => void, done: () => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      show(chunk);
      const to = sink();
      if (!to?.writableNeedDrain) return next(null, chunk);
      const go = () => {
        to.off('drain', go);
        to.off('close', go);
        next(null, chunk);
      };
      to.on('drain', go);
      to.on('close', go);
    },
    flush(next) {
      done();
      next();
    },
  });
}
