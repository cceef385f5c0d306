/** Lines of a stream. Promise: constant memory whatever the input; a line longer than `maxBytes` comes in pieces, the last one marked. */
import type { Piece } from './long-exchange.ts';

/** A recorded body of this size in one line is already unusual. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<Buffer | Piece> {
  let parts: Buffer[] = [];
  let held = 0;
  let isLong = false;
  function* keep(part: Buffer): Generator<Piece> {
    if (isLong) {
      yield { piece: part, isLast: false };
      return;
    }
    if (part.length > 0) parts.push(part);
    held += part.length;
    if (held <= maxBytes) return;
    isLong = true;
    for (const piece of parts) yield { piece, isLast: false };
    parts = [];
  }
  const end = (): Buffer | Piece => {
    const line = isLong ? { piece: Buffer.alloc(0), isLast: true } : Buffer.concat(parts, held);
    parts = [];
    held = 0;
    isLong = false;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      yield* keep(chunk.subarray(from, at));
      yield end();
      from = at + 1;
    }
    yield* keep(chunk.subarray(from));
  }
  if (held > 0) yield end();
}
