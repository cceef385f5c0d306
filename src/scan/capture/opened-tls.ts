/**
 * What went through TLS connections whose keys are there, as tshark opens them (`follow,tls`), stream by stream.
 */
import type { Direction } from '../../model/flow.ts';
import { type TsharkInput, tshark } from './tshark.ts';

/** tshark holds what it follows in memory, and reads the file once per batch. */
const STREAMS_PER_PASS = 500;

export interface Opened {
  stream: number;
  /** In the order of the wire. Empty: it could not be opened. */
  parts: AsyncIterable<{ direction: Direction; bytes: Buffer }>;
}

export interface Wanted {
  /** tshark's number of the connection. */
  stream: number;
  clientPort: number;
}

/** `parts` of one must be read before the next is asked for. */
export async function* openTls(input: TsharkInput, wanted: readonly Wanted[]): AsyncGenerator<Opened> {
  for (let at = 0; at < wanted.length; at += STREAMS_PER_PASS) {
    const batch = wanted.slice(at, at + STREAMS_PER_PASS);
    // tshark answers the last question first.
    const questions = batch.toReversed().flatMap(({ stream }) => ['-z', `follow,tls,raw,${stream}`]);
    const lines = tshark(input, ['-q', ...questions]);
    let next = await untilStream(lines);
    while (next !== null) {
      const stream = next;
      const { clientPort } = batch.find((each) => each.stream === stream) ?? { clientPort: 0 };
      let follows: number | null = null;
      yield {
        stream,
        parts: (async function* parts() {
          follows = yield* partsOf(lines, clientPort);
        })(),
      };
      next = follows;
    }
  }
}

const FOLLOWS = /^Filter: tcp\.stream eq (\d+)/;

async function untilStream(lines: AsyncGenerator<string, string | null>): Promise<number | null> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) return null;
    const began = FOLLOWS.exec(value);
    if (began) return Number(began[1]);
  }
}

/** Returns the stream that follows. */
async function* partsOf(
  lines: AsyncGenerator<string, string | null>,
  clientPort: number,
): AsyncGenerator<{ direction: Direction; bytes: Buffer }, number | null> {
  let isFirstClient = true;
  for (;;) {
    const { value, done } = await lines.next();
    if (done) return null;
    const began = FOLLOWS.exec(value);
    if (began) return Number(began[1]);
    if (value.startsWith('Node 0: ')) isFirstClient = value.endsWith(`:${clientPort}`);
    if (!/^\t?[0-9a-f]+$/.test(value)) continue;
    const direction = value.startsWith('\t') === isFirstClient ? 'response' : 'request';
    yield { direction, bytes: Buffer.from(value.trimStart(), 'hex') };
  }
}
