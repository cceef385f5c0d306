/** `raw.ndjson` of a package: what was kept of connections that no HAR can hold. */
import { exchangesIn, type WholeExchange } from '../export/exchanges.ts';
import type { PackageWriter } from '../export/zip.ts';
import type { ContentReader } from '../sinks/content/store.ts';
import type { Redaction } from './redaction.ts';

/** Something was kept of it. */
export const holdsBytes = ({ request, response, messages }: WholeExchange): boolean =>
  request.body.length + response.body.length + messages.length > 0;

/**
 * What was kept and is no HTTP: of each direction its bytes, and messages of other protocols.
 * @param flows ids of connections that hold such
 * @returns how much is left out
 */
export async function addRaw(
  { zip, redaction }: { zip: PackageWriter; redaction: Redaction | null },
  content: ContentReader,
  flows: readonly string[],
): Promise<number> {
  let leftOut = 0;
  function* lines(): Generator<string> {
    for (const id of flows)
      for (const one of exchangesIn(content.eventsOf(id))) {
        if (one.head !== null || !holdsBytes(one)) continue;
        const redacted = redaction?.exchange(one);
        leftOut += redacted?.leftOut.length ?? 0;
        for (const line of rawLines(id, redacted?.exchange ?? one)) yield `${JSON.stringify(line)}\n`;
      }
  }
  if (flows.length > 0) await zip.add('raw.ndjson', lines());
  return leftOut;
}

function rawLines(flow: string, { request, response, messages }: WholeExchange): object[] {
  const sides = { request, response };
  return [
    ...(['request', 'response'] as const)
      .filter((direction) => sides[direction].body.length + sides[direction].missing > 0)
      .map((direction) => ({
        flow,
        direction,
        bytes: sides[direction].body.toString('base64'),
        missing: sides[direction].missing,
      })),
    ...messages.map(({ direction, time, protocol, label, bytes }) => ({
      flow,
      direction,
      time: new Date(time).toISOString(),
      protocol,
      label,
      bytes: bytes.toString('base64'),
    })),
  ];
}
