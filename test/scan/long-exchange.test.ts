/** An exchange too large to be held is read as it streams by: the same request, however it was cut and written. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlowEvent } from '../../src/model/flow.ts';
import { createJsonText } from '../../src/scan/json-text.ts';
import { exchangeIn, harEntry, type Read, readAll } from './recording.ts';

const MiB = 2 ** 20;
/** Larger than what is parsed in one go. */
const LARGE = 33 * MiB;

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-long-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** `parts` one after the other; a number is so many bytes of filler. */
function write(name: string, ...parts: (string | number)[]): string {
  const file = join(dir, name);
  const descriptor = openSync(file, 'w');
  const filler = 'lorem \\"ipsum\\" \\u0111\\n'.repeat(MiB / 16);
  for (const part of parts) {
    if (typeof part === 'string') writeSync(descriptor, part);
    else for (let left = part; left > 0; left -= filler.length) writeSync(descriptor, filler);
  }
  closeSync(descriptor);
  return file;
}

/** Flows from their parts, and what was said of each. */
function flows(all: Read[]): { events: FlowEvent[]; entry: number; partial: string | undefined }[] {
  const out: { events: FlowEvent[]; entry: number; partial: string | undefined }[] = [];
  let held: FlowEvent[] = [];
  for (const each of all) {
    if (each.type === 'part') held.push(...each.events);
    if (each.type !== 'entry') continue;
    out.push({ events: [...held, ...each.events], entry: each.entry, partial: each.partial });
    held = [];
  }
  return out;
}

/** What JSON.parse makes of the text of one entry. */
const [BEFORE, AFTER] = JSON.stringify(
  harEntry({ request: { postData: { mimeType: 'text/plain', text: '@' } } }),
).split('@') as [string, string];

describe('a very large request', () => {
  it('in a HAR is read to its end, unescaped, and the entries after it as well', async () => {
    const file = write(
      'a.har',
      `{"log":{"entries":[${BEFORE}`,
      LARGE,
      'imei 4901542032\\u0033\\u00337518',
      `${AFTER},${JSON.stringify(harEntry())}]}}`,
    );
    const [large, small, ...none] = flows(await readAll(file));
    expect(none).toEqual([]);
    expect(large?.partial).toBe('entry larger than 32 MiB: only its request was read');
    const read = exchangeIn(large!.events);
    expect(read).toMatchObject({ method: 'POST', url: 'http://zzhc.vnet.cn/report?a=1', ip: '42.62.48.10' });
    expect(read.headers).toContainEqual(['X-Imei', '490154203237518']);
    expect(read.body.startsWith('lorem "ipsum" \u00c4\u0091\nlorem')).toBe(true);
    expect(read.body.endsWith('imei 4901542032337518')).toBe(true);
    expect(large!.events.at(-1)).toMatchObject({ type: 'flow-closed', bytesUp: read.body.length });
    expect(small).toMatchObject({ entry: 1, partial: undefined });
    expect(exchangeIn(small!.events).url).toBe('http://zzhc.vnet.cn/report?a=1');
  });

  it('in a line of JSON is read to its end, and the lines after it as well', async () => {
    const file = write(
      'a.ndjson',
      '{"url":"http://a.example/x","headers":{"User-Agent":"okhttp/4.12.0"},"body":"',
      LARGE,
      'the end"}\n{"url":"http://b.example/"}\n',
    );
    const [large, small] = flows(await readAll(file));
    expect(large).toMatchObject({ entry: 0, partial: 'line longer than 32 MiB: only its request was read' });
    const read = exchangeIn(large!.events);
    expect(read).toMatchObject({
      method: 'POST',
      url: 'http://a.example/x',
      headers: [['User-Agent', 'okhttp/4.12.0']],
    });
    expect(read.body.endsWith('\nthe end')).toBe(true);
    expect(small?.entry).toBe(1);
  });

  it('in base64 is decoded', async () => {
    const piece = Buffer.from([0, 1, 2, 253, 254, 255, 7]).toString('base64').replaceAll('=', 'A');
    const file = write('b.ndjson', '{"url":"http://a.example/x","bodyBase64":"', piece.repeat(LARGE / 8), '/w=="}');
    const [{ events } = { events: [] as FlowEvent[] }] = flows(await readAll(file));
    const { body } = exchangeIn(events);
    expect(body.length).toBe((LARGE / 8 / 4) * piece.length * 3 + 1);
    expect(Buffer.from(body.slice(-7), 'latin1').toString('hex')).toMatch(/ff$/);
  });

  it('that the file ends in is read as far as it goes, and told so', async () => {
    const file = write('c.har', `{"log":{"entries":[${BEFORE}`, LARGE, 'cut here');
    const all = await readAll(file);
    expect(exchangeIn(flows(all)[0]!.events).body.endsWith('cut here')).toBe(true);
    expect(flows(all)[0]!.events).toContainEqual(expect.objectContaining({ type: 'body-end', complete: false }));
    expect(all.at(-1)).toMatchObject({ type: 'skipped', reason: expect.stringContaining('ends in the middle') });
  });
});

describe('a very large response', () => {
  it('is left out, and the request before it is read', async () => {
    const entry = JSON.stringify(
      harEntry({ request: { postData: { text: 'sent' } }, response: { content: { text: '@' } } }),
    ).split('@') as [string, string];
    const [large] = flows(await readAll(write('d.har', `{"log":{"entries":[${entry[0]}`, LARGE, `${entry[1]}]}}`)));
    expect(exchangeIn(large!.events)).toMatchObject({ method: 'POST', body: 'sent', responseBody: '' });
  });
});

describe('something large that is no exchange', () => {
  it.each([
    [
      'many small values',
      '{"url":"http://a.example/x","list":[',
      '"x",'.repeat(2 * MiB),
      LARGE,
      'no single large body',
    ],
    ['a header without end', '{"headers":{"a":"', '', LARGE, 'cannot be told from its beginning'],
    ['a body without an address', '{"body":"', '', LARGE, 'neither "url" nor'],
    ['a URL that is none', '{"url":"file:///x","body":"', '', LARGE, 'file: is no request'],
  ])('is skipped with the reason: %s', async (_what, open, more, size, reason) => {
    const all = await readAll(write('e.ndjson', open, more, size, '"}\n{"url":"http://b.example/"}'));
    expect(all).toMatchObject([
      { type: 'skipped', entry: 0, reason: expect.stringMatching(new RegExp(`^line longer than 32 MiB, .*${reason}`)) },
      { type: 'entry', entry: 1 },
    ]);
  });
});

describe('the text of a JSON string', () => {
  const read = (json: string, cuts: number[]): string => {
    const bytes = Buffer.from(`${json.slice(1)} rest`);
    const places = [...new Set(cuts.map((each) => each % bytes.length))].sort((a, b) => a - b);
    const text = createJsonText();
    const out: Buffer[] = [];
    for (const [index, from] of [0, ...places].entries()) {
      const to = places[index] ?? bytes.length;
      const { text: part, rest } = text.push(bytes.subarray(from, to));
      out.push(part);
      if (rest === null) continue;
      expect(bytes.subarray(from + rest).toString()).toBe(' rest');
      return Buffer.concat(out).toString();
    }
    throw new Error('no end');
  };

  it('is what JSON.parse says, for every cutting', () => {
    const escapes = fc.constantFrom('"', '\\', '\n', '\ud83d\ude00', '\u0111', '\u0001', 'a', '\u20ac');
    fc.assert(
      fc.property(
        fc.string({ unit: escapes }),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 8 }),
        (value, all, cuts) => {
          const json = JSON.stringify(value);
          const escaped = all
            ? json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
            : json;
          expect(read(escaped, cuts)).toBe(value);
        },
      ),
    );
  });

  it('never throws on what is no JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('\\', 'u', 'd', '8', '"', 'x') })), (pieces) => {
        const text = createJsonText();
        for (const piece of pieces) if (text.push(Buffer.from(piece)).rest !== null) return;
      }),
    );
  });
});
