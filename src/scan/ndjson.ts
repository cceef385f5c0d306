/**
 * Recorded traffic as lines of JSON. Two forms, which may be mixed:
 *   {"url":"https://a.example/x","method":"POST","headers":{"X-Id":"1"},"body":"text"}     one exchange per line
 *   {"type":"request-head","flowId":"1",…}                                               one flow event per line
 * An exchange may have `bodyBase64` in place of `body`, `time` (ISO 8601, or a number that counts seconds, milliseconds, …),
 * `ip`, `protocol`, headers as a list of pairs, and `response: {status, headers, body}`. Bytes of events are base64 text
 * under `bytes`. Entries of a HAR, whole HARs and lines of iOS's App Privacy Report are read as well.
 * Promise: a line that is neither is reported with its number and why, and the lines after it are read.
 */
import { isUtf8 } from 'node:buffer';
import type { FlowEvent } from '../model/flow.ts';
import type { OpenExchange } from '../model/recording.ts';
import type { Recorded } from '../model/scan.ts';
import { text } from '../model/text.ts';
import { isFlowEvent, reviveEvent } from './flow-event.ts';
import { cutItem, parseItem, readItem, recordedItem } from './item.ts';
import { MAX_LINE_BYTES, splitLines } from './lines.ts';
import { createLongExchange, type LongExchange, type LongExchangeOptions } from './long-exchange.ts';
import { inPart, skipped } from './told.ts';

/** Flows whose end never came are closed at the end of the file; more at once than this would be a broken file. */
const MAX_OPEN_FLOWS = 10_000;

export async function* readNdjson(
  file: string,
  chunks: AsyncIterable<Buffer>,
  flowPrefix: string,
  openExchange: OpenExchange,
): AsyncGenerator<Recorded> {
  const open = new Map<string, { entry: number; events: FlowEvent[] }>();
  let entry = -1;
  let long: LongExchange | null = null;
  for await (const line of splitLines(chunks)) {
    if (!long) entry++;
    if (!Buffer.isBuffer(line)) {
      long ??= createLongExchange(longLine(`${flowPrefix}${entry}`, openExchange));
      const events = long.push(line.piece);
      if (events.length > 0) yield { type: 'part', file, entry, events };
      if (!line.isLast) continue;
      yield ended(file, entry, long);
      long = null;
      continue;
    }
    const json = textOf(line);
    if (json === '' || json === '[' || json === ']') continue;
    if (json.startsWith('{') && !json.endsWith('}')) {
      const cut = cutItem(json, { file, entry, flowId: `${flowPrefix}${entry}` }, openExchange);
      yield cut ?? skipped(file, entry, text('unread.cut-line'));
      continue;
    }
    const value = parseItem(json);
    if (value === null) yield skipped(file, entry, text('unread.no-object'));
    else if (isFlowEvent(value)) yield* addEvent(value, entry);
    else yield* recordedLine(value, entry);
  }
  for (const [flowId, { entry: began, events }] of open) {
    events.push({
      type: 'flow-closed',
      flowId,
      time: events.at(-1)?.time ?? 0,
      reason: 'error',
      detail: text('ended.recording'),
      bytesUp: 0,
      bytesDown: 0,
    });
    yield { type: 'entry', file, entry: began, events, missing: [{ why: text('unread.no-end') }] };
  }

  function* addEvent(value: object, at: number): Generator<Recorded> {
    const event = reviveEvent(value, flowPrefix);
    if (event === null) {
      yield skipped(file, at, text('unread.no-event'));
      return;
    }
    if (event.type === 'flow-opened') {
      if (open.size >= MAX_OPEN_FLOWS) yield skipped(file, at, text('unread.many-flows'));
      else open.set(event.flow.id, { entry: at, events: [event] });
      return;
    }
    const flow = open.get(event.flowId);
    if (!flow) {
      yield skipped(file, at, text('unread.no-flow'));
      return;
    }
    flow.events.push(event);
    if (event.type !== 'flow-closed') return;
    open.delete(event.flowId);
    yield { type: 'entry', file, entry: flow.entry, events: flow.events, missing: [] };
  }

  function* recordedLine(value: object, at: number): Generator<Recorded> {
    const { log, entries = log?.entries } = value as { log?: { entries?: unknown } | null; entries?: unknown };
    if (!Array.isArray(entries)) {
      yield recordedItem(value, { file, entry: at, flowId: `${flowPrefix}${at}` }, openExchange);
      return;
    }
    for (const [index, each] of (entries as unknown[]).entries()) {
      if (typeof each !== 'object' || each === null) yield skipped(file, at, text('unread.no-request'));
      else yield recordedItem(each, { file, entry: at, flowId: `${flowPrefix}${at}.${index}` }, openExchange);
    }
  }
}

/** Without the mark of UTF-8, RFC 7464's record separator, and the comma of a list that has an item on each line. */
function textOf(line: Buffer): string {
  return (isUtf8(line) ? line.toString('utf8') : line.toString('latin1'))
    .replace('\u001e', '')
    .replace(/^\ufeff/, '')
    .trim()
    .replace(/^\[(?=\{)/, '')
    .replace(/,$/, '');
}

const LONG_BODIES: Partial<Record<string, 'utf8' | 'base64'>> = { body: 'utf8', bodyBase64: 'base64' };

function longLine(flowId: string, openExchange: OpenExchange): LongExchangeOptions {
  return {
    read(entry) {
      const read = readItem(entry, flowId);
      if (!read.ok) return read;
      return 'exchange' in read ? read : { ok: false, why: text('unread.long.tunnel') };
    },
    bodyAt: (path) => LONG_BODIES[path] ?? null,
    isBehindRequest: (path) => path.startsWith('response.'),
    openExchange,
  };
}

function ended(file: string, entry: number, long: LongExchange): Recorded {
  const end = long.end();
  const most = MAX_LINE_BYTES / 2 ** 20;
  if (!end.ok) return skipped(file, entry, text('unread.long-line', { most, why: end.why }));
  return { type: 'entry', file, entry, events: end.events, missing: [], ...inPart(text('unseen.long-line', { most })) };
}
