/** Examples for a report, out of what was kept of the connections of its findings. */
import { piecesOf } from '../formats/flow-content.ts';
import type { Alert } from '../model/alert.ts';
import { type ExampleLayer, exampleOf } from '../report/example.ts';
import { openKeptContent } from './content.ts';

/** Of one finding: a phone repeats itself on one connection. */
const MAX_EXCHANGES = 50;
const MAX_BODY = 256_000;

/** By the id of their alerts. Of an alert whose connection was not kept, or cannot be read any more, there is none. */
export function examplesOf(
  dataDir: string,
  findings: readonly Alert[],
  isRevealed: (alert: Alert) => boolean,
  passphrase: string | null = null,
): Map<string, ExampleLayer[]> {
  const examples = new Map<string, ExampleLayer[]>();
  let content: ReturnType<typeof openKeptContent>;
  try {
    content = openKeptContent(dataDir, passphrase);
  } catch {
    // Its key is encrypted, or gone: the report does without.
    return examples;
  }
  if (content === null) return examples;
  try {
    for (const alert of findings) {
      const { evidence } = alert;
      if (evidence?.where !== 'body' || evidence.direction !== 'request') continue;
      for (let exchange = 0; exchange < MAX_EXCHANGES; exchange++) {
        const body = bodyOf(content.eventsOf(evidence.flow), exchange);
        const example = body && exampleOf(alert, body, isRevealed(alert));
        if (example) {
          examples.set(alert.id, example);
          break;
        }
        if (body === null && exchange > 1) break;
      }
    }
  } finally {
    content.close();
  }
  return examples;
}

/** Whole, or null. */
function bodyOf(events: Parameters<typeof piecesOf>[0], exchange: number): Buffer | null {
  const parts: Buffer[] = [];
  let length = 0;
  for (const { at, bytes } of piecesOf(events, { side: 'request', exchange })) {
    if (at !== length || length + bytes.length > MAX_BODY) return null;
    parts.push(bytes);
    length += bytes.length;
  }
  return length === 0 ? null : Buffer.concat(parts);
}
