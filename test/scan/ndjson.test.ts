import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingReaders } from '../../src/lab/recording-readers.ts';
import { exchangeEvents, type RecordedExchange } from '../../src/scan/exchange.ts';
import { splitLines } from '../../src/scan/lines.ts';
import { exchangeIn, harEntry, readAll, writeHar } from './recording.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-ndjson-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const write = (...lines: (object | string)[]) => {
  const file = join(dir, 'lines.ndjson');
  writeFileSync(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return file;
};

describe('an exchange per line', () => {
  it('is read with its headers, body, address and response', async () => {
    const file = write({
      url: 'https://sa.example/x?q=1',
      method: 'PUT',
      ip: '1.2.3.4',
      time: '2026-11-22T10:00:00Z',
      headers: { 'X-Imei': '490154203237518', 'X-Two': ['a', 'b'] },
      bodyBase64: Buffer.from([1, 255]).toString('base64'),
      response: { status: 204, body: 'bye' },
    });
    const [recorded] = await readAll(file);
    if (recorded?.type !== 'entry') throw new Error('no entry');
    expect(exchangeIn(recorded.events)).toMatchObject({
      method: 'PUT',
      url: 'https://sa.example/x?q=1',
      ip: '1.2.3.4',
      encrypted: true,
      headers: [
        ['X-Imei', '490154203237518'],
        ['X-Two', 'a'],
        ['X-Two', 'b'],
      ],
      body: '\u0001\u00ff',
      status: 204,
      responseBody: 'bye',
    });
  });

  it('needs a URL only; a JSON body may stand there as it is', async () => {
    const [get, post] = await readAll(
      write({ url: 'http://a.example/' }, { url: 'http://a.example/', body: { imei: 1 } }),
    );
    if (get?.type !== 'entry' || post?.type !== 'entry') throw new Error('no entries');
    expect(exchangeIn(get.events)).toMatchObject({ method: 'GET', body: '' });
    expect(exchangeIn(post.events)).toMatchObject({ method: 'POST', body: '{"imei":1}' });
  });

  it('that is none is reported with its number, and the lines after it are read', async () => {
    const file = write(
      { url: 'http://a.example/' },
      'garbage',
      '[1]',
      '',
      { no: 'url' },
      { url: 'mailto:a@b' },
      { url: 'http://b.example/' },
    );
    expect(
      (await readAll(file)).map((each) => (each.type === 'skipped' ? [each.entry, each.reason] : each.type)),
    ).toEqual([
      'entry',
      [1, 'not a JSON object'],
      [2, 'not a JSON object'],
      [4, 'neither "url" nor a flow event\'s "type"'],
      [5, 'mailto: is no request on the network'],
      'entry',
    ]);
  });
});

describe('a flow event per line', () => {
  const exchange: RecordedExchange = {
    flowId: 'f',
    time: 1,
    url: new URL('http://a.example/x'),
    method: 'POST',
    protocol: 'http/1.1',
    ip: null,
    requestHeaders: [['A', '1']],
    requestBody: Buffer.from([0, 200]),
    response: null,
    messages: [],
    target: '/x',
    moreBodies: [],
  };
  const events = exchangeEvents(exchange, recordingReaders.openExchange);
  const lines = (id: string) =>
    events.map((event) => {
      const at = event.type === 'flow-opened' ? { flow: { ...event.flow, id } } : { flowId: id };
      return { ...event, ...at, ...('bytes' in event && { bytes: event.bytes.toString('base64') }) };
    });

  it('gives back the same flow, also when two of them are interleaved', async () => {
    const [a, b] = [lines('a'), lines('b')];
    const both = a.flatMap((line, index) => [line, b[index] ?? {}]);
    const read = await readAll(write(...both));
    expect(read.map((each) => each.type)).toEqual(['entry', 'entry']);
    for (const each of read)
      if (each.type === 'entry')
        expect(exchangeIn(each.events)).toMatchObject({ method: 'POST', body: '\u0000\u00c8' });
  });

  it('whose flow never closed is closed at the end of the file, and said to be cut', async () => {
    const [recorded] = await readAll(write(...lines('a').slice(0, -1)));
    expect(recorded).toMatchObject({ type: 'entry', missing: ['end of the flow not recorded'] });
    if (recorded?.type === 'entry') expect(exchangeIn(recorded.events).method).toBe('POST');
  });

  it('of a flow that was never opened is reported', async () => {
    expect(await readAll(write(...lines('a').slice(1, 2)))).toMatchObject([
      { type: 'skipped', reason: 'event of a flow that was not opened' },
    ]);
  });
});

describe('lines', () => {
  const split = async (chunks: Buffer[], maxBytes?: number) => {
    const lines: string[] = [];
    async function* feed() {
      yield* chunks;
    }
    for await (const line of splitLines(feed(), maxBytes)) {
      if (Buffer.isBuffer(line)) lines.push(line.toString('latin1'));
      else if (line.isLast) lines.push('end of a long line');
      else lines.push(`piece of ${line.piece.length}`);
    }
    return lines;
  };

  it('are the same however the stream was cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-z]{0,5}$/), { minLength: 1 }),
        fc.array(fc.nat(30)),
        async (lines, cuts) => {
          const text = Buffer.from(lines.join('\n'));
          const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
          const chunks = [0, ...places].map((from, index) => text.subarray(from, places[index] ?? text.length));
          const expected = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
          expect(await split(chunks)).toEqual(expected);
        },
      ),
    );
  });

  it('that are too long come in pieces, and cost no memory', async () => {
    const long = Array.from({ length: 8 }, () => Buffer.alloc(1000, 120));
    const pieces = Array.from({ length: 8 }, () => 'piece of 1000');
    expect(await split([Buffer.from('a\n'), ...long, Buffer.from('\nb')], 5000)).toEqual([
      'a',
      ...pieces,
      'piece of 0',
      'end of a long line',
      'b',
    ]);
    expect((await split([...long], 5000)).at(-1)).toBe('end of a long line');
  });
});

describe('files and directories', () => {
  it('are read by what is in them, and what is no recording is named', async () => {
    const place = join(dir, 'many');
    mkdirSync(join(place, 'deeper'), { recursive: true });
    writeHar(join(place, 'a.har'), [harEntry()]);
    writeFileSync(join(place, 'b.txt'), '{"url":"http://a.example/"}\n');
    writeFileSync(join(place, 'c.png'), Buffer.from([0x89, 0x50]));
    writeFileSync(join(place, 'empty.har'), '');
    writeHar(join(place, 'deeper', 'named-otherwise.json'), [harEntry()]);
    const read = await readAll(place);
    expect(read.map((each) => [each.type, each.type === 'progress' ? '' : each.file.slice(place.length + 1)])).toEqual([
      ['entry', 'a.har'],
      ['entry', 'b.txt'],
      ['skipped', 'c.png'],
      ['entry', 'deeper/named-otherwise.json'],
      ['skipped', 'empty.har'],
    ]);
    const ids = read.flatMap((each) =>
      each.type === 'entry' && each.events[0]?.type === 'flow-opened' ? [each.events[0].flow.id] : [],
    );
    expect(new Set(ids).size).toBe(3);
  });

  it('that are not there end the scan with one line', async () => {
    await expect(readAll(join(dir, 'none.har'))).rejects.toThrow(/^there is no .*none\.har: check the path$/);
  });
});

describe('the last line', () => {
  it('that is cut gives what is there of it, and says so', async () => {
    const file = write('{"url":"http://a.example/x","method":"POST","body":"imei=490154203237518');
    const [recorded] = await readAll(file);
    expect(recorded).toMatchObject({ type: 'entry', partial: expect.stringContaining('ends within the entry') });
    expect(recorded?.type === 'entry' && exchangeIn(recorded.events).body).toBe('imei=490154203237518');
  });

  it('that is cut within the address names no other server', async () => {
    const all = await readAll(write('{"url":"http://a.example/"}', '{"method":"GET","url":"http://b.exam'));
    expect(all).toMatchObject([{ type: 'entry' }, { type: 'skipped', reason: 'the line ends in the middle' }]);
  });
});
