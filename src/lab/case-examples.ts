/** Examples for a report, out of what was kept of the connections of its findings. */
import { type ContentSide, piecesOf } from '../formats/flow-content.ts';
import { openBytes } from '../inspect/opened.ts';
import type { Alert } from '../model/alert.ts';
import type { ContentEvent } from '../model/content.ts';
import { type Example, exampleOf, unfoldedExample } from '../report/example.ts';
import { MAX_FINDINGS } from '../report/report.ts';
import { openKeptContent } from './content.ts';

/** Of one finding: a phone repeats itself on one connection. */
const MAX_EXCHANGES = 50;
const MAX_BODY = 256_000;

/** By the id of their alerts, of those that a report lists. Of an alert whose connection was not kept, or cannot be read any more, there is none. */
export function examplesOf(
  dataDir: string,
  findings: readonly Alert[],
  isRevealed: (alert: Alert) => boolean,
  passphrase: string | null = null,
): Map<string, Example> {
  const examples = new Map<string, Example>();
  let content: ReturnType<typeof openKeptContent>;
  try {
    content = openKeptContent(dataDir, passphrase);
  } catch {
    // Its key is encrypted, or gone: the report does without.
    return examples;
  }
  if (content === null) return examples;
  try {
    for (const alert of findings.slice(0, MAX_FINDINGS)) {
      const { evidence } = alert;
      if (evidence?.direction !== 'request' || !(evidence.where === 'body' || evidence.where === 'message')) continue;
      for (let at = 0; at < MAX_EXCHANGES; at++) {
        const side: ContentSide =
          evidence.where === 'message' ? { side: 'message', index: at } : { side: 'request', exchange: at };
        const sent = sentOf(content.eventsOf(evidence.flow), side);
        const example = sent && exampleIn(alert, sent, isRevealed(alert));
        if (example) {
          examples.set(alert.id, example);
          break;
        }
        if (sent === null && at > 1) break;
      }
    }
  } finally {
    content.close();
  }
  return examples;
}

interface Sent {
  bytes: Buffer;
  contentType: string;
  /** Of the field Content-Encoding. */
  encoding: string;
}

function exampleIn(alert: Alert, { bytes, contentType, encoding }: Sent, isRevealed: boolean): Example | null {
  const named = exampleOf(alert, bytes, isRevealed);
  if (named?.rest.length === 0) return named;
  return unfoldedExample(alert, openBytes(bytes, { contentType, encoding, values: [] }), isRevealed) ?? named;
}

/** Whole, with what its head says of it, or null. */
function sentOf(events: Iterable<ContentEvent>, side: ContentSide): Sent | null {
  const all = [...events];
  const parts: Buffer[] = [];
  let length = 0;
  for (const { at, bytes } of piecesOf(all, side)) {
    if (at !== length || length + bytes.length > MAX_BODY) return null;
    parts.push(bytes);
    length += bytes.length;
  }
  if (length === 0) return null;
  const head =
    'exchange' in side
      ? all.find((event) => event.type === 'request-head' && event.exchange === side.exchange)
      : undefined;
  const headers = head?.type === 'request-head' ? head.headers : [];
  const field = (name: string): string => headers.find(([given]) => given.toLowerCase() === name)?.[1] ?? '';
  return { bytes: Buffer.concat(parts), contentType: field('content-type'), encoding: field('content-encoding') };
}
