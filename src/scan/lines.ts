/** Lines of a stream. Promise: constant memory whatever the input; a line longer than `maxBytes` comes as null, once. */

/** A recorded body of this size in one line is already unusual; longer ones are a file of another kind. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<Buffer | null> {
  let parts: Buffer[] = [];
  let held = 0;
  let tooLong = false;
  const take = (): Buffer | null => {
    const line = tooLong ? null : Buffer.concat(parts, held);
    parts = [];
    held = 0;
    tooLong = false;
    return line;
  };
  const keep = (part: Buffer) => {
    if (tooLong || part.length === 0) return;
    held += part.length;
    if (held > maxBytes) {
      tooLong = true;
      parts = [];
      return;
    }
    parts.push(part);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    keep(chunk.subarray(from));
  }
  if (held > 0 || tooLong) yield take();
}
