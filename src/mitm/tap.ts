/**
 * A filter in http-mitm-proxy's pipe that shows each chunk and then waits until the other side has room.
 * Its own last filter answers `true` to every write, so without this a slow server fills the memory (624 MB for a
 * 200 MB upload). Promise: bytes pass unchanged, one chunk at a time.
 */
import { Transform } from 'node:stream';

export interface Sink {
  readonly writableNeedDrain: boolean;
  once(event: 'drain' | 'close', listener: () => void): unknown;
}

export function createTap(sink: () => Sink | undefined, show: (chunk: Buffer) => void, done: () => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      show(chunk);
      const to = sink();
      if (!to?.writableNeedDrain) return next(null, chunk);
      let waiting = true;
      const go = () => {
        if (!waiting) return;
        waiting = false;
        next(null, chunk);
      };
      to.once('drain', go);
      to.once('close', go);
    },
    flush(next) {
      done();
      next();
    },
  });
}
