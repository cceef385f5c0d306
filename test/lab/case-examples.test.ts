/** Decoded examples of a report. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { examplesOf } from '../../src/lab/case-examples.ts';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { openKeys } from '../../src/lab/evidence.ts';
import type { HeldEvent } from '../../src/sinks/content/piece.ts';
import { openContentStore } from '../../src/sinks/content/store.ts';
import { chunk, head } from '../sinks/content/events.ts';
import { IMEI, labAlert } from '../sinks/lab-alert.ts';

it('are made of the findings that a report lists, however many there are', () => {
  const data = mkdtempSync(join(tmpdir(), 'phonehome-examples-'));
  try {
    const { phoneKeys } = openKeys(data, null);
    const store = openContentStore({ file: pathsIn(data).content, phoneKeys, maxBytes: 1e6 });
    const body = chunk('flow-1', Buffer.from(Buffer.from(JSON.stringify({ IMEI1: IMEI })).toString('base64')));
    const { bytes } = body;
    const events: HeldEvent[] = [
      { event: head('flow-1') as HeldEvent['event'], bytes: [], length: 0 },
      { event: body, bytes: [bytes], length: bytes.length },
    ];
    store.put([{ flowId: 'flow-1', number: 0, device: 'nokia-7-plus-01', time: 1, events }]);
    store.close();
    const findings = Array.from({ length: 400 }, (_, n) => labAlert(n + 1));
    const examples = examplesOf(data, findings, () => false);
    expect([...examples.keys()]).toEqual(findings.slice(0, 300).map(({ id }) => id));
    expect(examples.get(labAlert(1).id)?.layers.at(-1)?.text).toContain('490154*******18');
  } finally {
    rmSync(data, { recursive: true });
  }
});
