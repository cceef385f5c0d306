/**
 * Follows the answer to one request over a copy of its bytes, so that the door knows when the next request may go out.
 * Promise: sans-I/O, same result however cut, never throws; an answer that cannot be framed lasts until the close.
 */
import { frameResponse } from '../formats/http1-framing.ts';
import { listOf, MAX_SECTION_BYTES, parseResponseHead, type ResponseHead, SectionEnd } from '../formats/http1-head.ts';
import { type BodyMeter, createMeter } from './body-meter.ts';

export interface ResponseWatch {
  /** How many bytes of it belong to the answer. */
  feed(chunk: Buffer): number;
  /** The server has ended. */
  end(): void;
  /** The final answer is whole. */
  readonly complete: boolean;
  /** 101 was seen: from here on both directions are free. */
  readonly upgraded: boolean;
  /** No further request can follow on this connection. */
  readonly wantsClose: boolean;
  /** Something of the answer has come. */
  readonly begun: boolean;
  /** Its end cannot be known, though the phone may believe that it knows. */
  readonly doubtful: boolean;
}

/** `asksUpgrade`: only then does 101 change what follows. */
export function createResponseWatch(method: string, asksUpgrade = true): ResponseWatch {
  let held: Buffer | null = null;
  let section = new SectionEnd(false);
  let body: BodyMeter | null = null;
  let begun = false;
  let complete = false;
  let upgraded = false;
  let wantsClose = false;

  /** What follows the head; null when more of it is needed. */
  const takeHead = (bytes: Buffer, searched: number): Buffer | null => {
    const end = section.find(bytes, searched, bytes.length);
    const odd = !'HTTP/1.'.startsWith(bytes.toString('latin1', 0, Math.min(7, bytes.length)));
    if (end < 0 && !odd && bytes.length <= MAX_SECTION_BYTES) {
      held = bytes;
      return null;
    }
    const head = end < 0 ? null : parseResponseHead(bytes.toString('latin1', 0, end));
    if (head === null) {
      body = createMeter({ kind: 'until-close' });
      wantsClose = true;
      return bytes;
    }
    section = new SectionEnd(false);
    if (head.status < 200 && head.status !== 101) return bytes.subarray(end);
    upgraded = head.status === 101 && asksUpgrade;
    const framing = upgraded
      ? ({ kind: 'until-close' } as const)
      : frameResponse(head, head.minor, head.status, method);
    body = createMeter(framing);
    wantsClose =
      body.untilClose || head.status === 101 || closes(head) || (framing.kind === 'chunked' && framing.last !== null);
    return bytes.subarray(end);
  };

  return {
    feed(chunk) {
      begun = true;
      let searched: number = held?.length ?? 0;
      let rest: Buffer | null = held ? Buffer.concat([held, chunk]) : chunk;
      held = null;
      while (!body && rest && rest.length > 0) {
        rest = takeHead(rest, searched);
        searched = 0;
      }
      if (!body || !rest) return chunk.length;
      const end = body.take(rest, 0);
      complete = body.done;
      if (body.untilClose || end < rest.length) wantsClose = true;
      // Chunks that cannot be read are the phone's to judge. Bytes after the answer's end are nothing that was asked for.
      return body.untilClose ? chunk.length : Math.max(0, chunk.length - (rest.length - end));
    },
    end() {
      wantsClose = true;
      if (body?.untilClose) complete = true;
    },
    get complete() {
      return complete;
    },
    get upgraded() {
      return upgraded;
    },
    get wantsClose() {
      return wantsClose;
    },
    get begun() {
      return begun;
    },
    get doubtful() {
      return (body?.broken ?? null) !== null;
    },
  };
}

function closes({ headers, minor }: ResponseHead): boolean {
  const tokens = headers.filter(([name]) => name.toLowerCase() === 'connection').flatMap(([, value]) => listOf(value));
  return tokens.includes('close') || (minor === 0 && !tokens.includes('keep-alive'));
}
