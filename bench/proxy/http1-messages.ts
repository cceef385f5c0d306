/**
 * HTTP/1 as far as the benchmark's own two ends need it, because Node's costs four times as much and the load must not be
 * what is measured: heads, Content-Length, and chunked bodies whose last chunk ends what was received. Nobody pipelines, so what follows a
 * message (the text of an error that ends with its connection) is dropped.
 */

export interface MessageListener {
  /** The head, without its blank line. */
  head(text: string): void;
  end(): void;
}

const LAST_CHUNK = '0\r\n\r\n';
const NO_BODY = /^HTTP\/1\.1 (?:1\d\d|204|304)/;

/** Returns the function to give received bytes to. */
export function readMessages(listener: MessageListener): (chunk: Buffer) => void {
  let head = '';
  /** Of the body, still to come; null: between two messages, or in a head. */
  let left: number | null = null;
  let tail = '';
  const finish = (): void => {
    head = '';
    left = null;
    listener.end();
  };
  const readBody = (chunk: Buffer): void => {
    if (left !== Number.POSITIVE_INFINITY) {
      left = left! - chunk.length;
      if (left <= 0) finish();
      return;
    }
    tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - LAST_CHUNK.length))).slice(-LAST_CHUNK.length);
    if (tail === LAST_CHUNK) finish();
  };
  return (chunk) => {
    if (left !== null) return readBody(chunk);
    const before = head.length;
    head += chunk.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const rest = chunk.subarray(end + 4 - before);
    const text = head.slice(0, end);
    const length = /^content-length: *(\d+)/im.exec(text)?.[1];
    if (length !== undefined) left = Number(length);
    else left = /^transfer-encoding: *chunked/im.test(text) && !NO_BODY.test(text) ? Number.POSITIVE_INFINITY : 0;
    tail = '';
    listener.head(text);
    if (left === 0 || rest.length > 0) readBody(rest);
  };
}
