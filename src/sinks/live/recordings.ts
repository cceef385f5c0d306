/**
 * A recording that somebody drops on the page: streamed in, scanned in a thread of its own, its findings streamed out as lines of
 * JSON, masked. Nothing of it is stored.
 */

import type { Hono } from 'hono';
import { refusalIn, refusalOf } from '../../formats/refusal.ts';
import { jsonLine } from '../../formats/terminal.ts';
import { text } from '../../model/text.ts';
import type { Bindings } from './context.ts';
import type { LiveDependencies } from './dependencies.ts';

export function addRecordings(app: Hono<Bindings>, { scanUpload }: Pick<LiveDependencies, 'scanUpload'>): void {
  app.post('/api/recordings', async (c) => {
    const { body } = c.req.raw;
    if (body === null) return c.json(refusalIn(text('input.empty-recording')), 400);
    const scan = await scanUpload(body);
    if (!scan.ok) return c.json(refusalOf(scan), scan.status);
    const lines = async function* () {
      const encoder = new TextEncoder();
      for await (const line of scan.lines) yield encoder.encode(`${jsonLine(line)}\n`);
    };
    return c.body(ReadableStream.from(lines()) as ReadableStream<Uint8Array<ArrayBuffer>>, 200, {
      'Content-Type': 'application/x-ndjson',
    });
  });
}
