/** Where recordings come from, and how they are packed: files, links, pipes; gzip, zlib, zstd, UTF-16; and what is no recording. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireTool } from '../clients/tools.ts';
import { ethernet, pcap, posting } from './frames.ts';
import { harEntry, type Read, readAll } from './recording.ts';

const BIN = fileURLToPath(new URL('../../bin/phonehome.mjs', import.meta.url));
const HAR = JSON.stringify({ log: { entries: [harEntry()] } });
const LINES = '{"url":"http://a.example/"}\n{"url":"http://b.example/"}\n';
const CAPTURE = pcap(posting('a=1').map((packet) => ethernet(packet)));

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-files-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const write = (name: string, bytes: Buffer | string): string => {
  const file = join(dir, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, bytes);
  return file;
};
const said = (all: Read[]) => all.map((each) => (each.type === 'skipped' ? each.reason : each.type));
const utf16 = (text: string, isBig: boolean): Buffer => {
  const bytes = Buffer.from(text, 'utf16le');
  return isBig ? bytes.swap16() : bytes;
};

describe('a file', () => {
  it.each([
    ['gzip', 'a.har.gz', gzipSync(HAR), ['entry']],
    ['gzip under any name', 'a.har', gzipSync(HAR), ['entry']],
    ['gzip twice', 'a.har.gz.gz', gzipSync(gzipSync(HAR)), ['entry']],
    ["zlib, mitmproxy's .zhar", 'a.zhar', deflateSync(HAR), ['entry']],
    ['zstd', 'a.har.zst', zstdCompressSync(HAR), ['entry']],
    [
      "UTF-16, as PowerShell's > writes",
      'a16.har',
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(HAR, false)]),
      ['entry'],
    ],
    [
      'UTF-16, the other byte first',
      'a16be.har',
      Buffer.concat([Buffer.from([0xfe, 0xff]), utf16(HAR, true)]),
      ['entry'],
    ],
    ['UTF-16 without a mark', 'a16.json', utf16(HAR, false), ['entry']],
    [
      'UTF-16, lines',
      'a16.ndjson',
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(LINES, false)]),
      ['entry', 'entry'],
    ],
    [
      'UTF-16 in gzip',
      'a16.har.gz',
      gzipSync(Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(HAR, false)])),
      ['entry'],
    ],
    ['gzip that ends too early', 'cut.har.gz', gzipSync(Buffer.from(LINES)).subarray(0, -6), ['entry', 'entry']],
  ])('in %s is read', async (_how, name, bytes, expected) => {
    expect(said(await readAll(write(name, bytes)))).toEqual(expected);
  });

  it.for(['a.pcap.gz', 'a.pcap'])('that is a packed capture is read as %s', async (name, context) => {
    requireTool(context, 'tshark');
    const all = await readAll(write(name, gzipSync(CAPTURE)));
    expect(said(all)).toEqual(['entry']);
  });

  it.each([
    [
      'damaged gzip',
      'bad.har.gz',
      Buffer.concat([gzipSync('x').subarray(0, 10), Buffer.alloc(40, 7)]),
      /packed data are damaged/,
    ],
    ['nothing', 'empty.har', '', /^empty file$/],
    ['a zip archive', 'a.saz', 'PK\u0003\u0004', /zip archive: unpack it/],
    [
      "mitmproxy's own",
      'flows',
      '1234:9:websocket;0:~8:response;0:~7:version;2:21#4:type;4:http;}',
      /mitmdump -nr FILE --set hardump/,
    ],
    ['xz', 'a.har.xz', Buffer.from('fd377a585a0000', 'hex'), /unpack it first/],
    ['Bluetooth', 'btsnoop_hci.log', 'btsnoop\0\0\0\0\u0001', /Bluetooth/],
    ['a session of Burp', 'burp.xml', '<?xml version="1.0"?>\n<items burpVersion="2">', /export it as HAR/],
    [
      'a session of Charles as JSON',
      's.chlsj',
      '[{"status":"COMPLETE","method":"POST","protocolVersion":"HTTP/1.1","scheme":"https"}]',
      /Charles as JSON: export it as HAR/,
    ],
    ['the network log of Chrome', 'net.json', '{"constants":{"logEventTypes":{}},\n"events": []}', /NetLog of Chrome/],
    [
      'requests that were not sent yet',
      'postman.json',
      '{"info":{"name":"x","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}',
      /not a recording/,
    ],
    ['plain text', 'notes.txt', 'hello\n', /^neither HAR, capture nor NDJSON: record/],
    [
      'TLS keys alone',
      'keys.log',
      `CLIENT_RANDOM ${'0'.repeat(64)} ${'1'.repeat(96)}\n`,
      /^TLS keys: name the capture/,
    ],
  ])('of %s is named with what to do', async (_what, name, bytes, reason) => {
    expect(await readAll(write(name, bytes))).toMatchObject([
      { type: 'skipped', entry: null, reason: expect.stringMatching(reason) },
    ]);
  });
});

describe('a folder', () => {
  it('is read through links, each file once, and what cannot be read in it costs no other', async () => {
    const file = write('elsewhere/real.har', HAR);
    write('folder/a.har', HAR);
    write('folder/bad.har.gz', Buffer.concat([gzipSync('x').subarray(0, 10), Buffer.alloc(40, 7)]));
    write('folder/sub/z.ndjson', LINES);
    symlinkSync(file, join(dir, 'folder/link.har'));
    symlinkSync('a.har', join(dir, 'folder/same.har'));
    symlinkSync('nowhere', join(dir, 'folder/broken.har'));
    symlinkSync('.', join(dir, 'folder/circle'));
    const all = await readAll(join(dir, 'folder'));
    expect(
      all.map((each) => [each.file.slice(dir.length + 8), each.type === 'skipped' ? each.reason : each.type]),
    ).toEqual([
      ['a.har', 'entry'],
      [
        'bad.har.gz',
        'its packed data are damaged: nothing behind the damage was read, and perhaps not all before it; pack the original again',
      ],
      ['broken.har', 'a link to what is not there'],
      ['circle', 'a link to a directory that is read already'],
      ['link.har', 'entry'],
      ['same.har', 'the same file as one that is read already'],
      ['sub/z.ndjson', 'entry'],
      ['sub/z.ndjson', 'entry'],
    ]);
  });

  it('with a pipe in it does not wait for it', async (context) => {
    requireTool(context, 'python');
    write('pipes/a.har', HAR);
    execFileSync('mkfifo', [join(dir, 'pipes/b')]);
    expect(said(await readAll(join(dir, 'pipes')))).toEqual(['entry', 'no file: a pipe, socket or device']);
  });

  it('says nothing of key logs in it: captures beside them use them', async () => {
    write('keys/a.har', HAR);
    write('keys/sslkeylogfile.txt', `CLIENT_RANDOM ${'0'.repeat(64)} ${'1'.repeat(96)}\n`);
    expect(said(await readAll(join(dir, 'keys')))).toEqual(['entry']);
  });
});

describe('a pipe', () => {
  async function scan(command: string): Promise<{ entries: number }> {
    const child = spawn('bash', ['-c', command], { env: { ...process.env, NODE: process.execPath, BIN, FILES: dir } });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
    });
    await new Promise((resolve) => child.on('close', resolve));
    return JSON.parse(out.trim().split('\n').at(-1) ?? '') as { entries: number };
  }
  beforeAll(() => {
    write('piped.ndjson', LINES);
    write('piped.har', HAR);
    write('piped.pcap', CAPTURE);
  });
  it.each([
    ['as -', 'cat "$FILES/piped.ndjson" | "$NODE" "$BIN" scan - --json', 2],
    ['as /dev/stdin', 'cat "$FILES/piped.ndjson" | "$NODE" "$BIN" scan /dev/stdin --json', 2],
    ['from a file', '"$NODE" "$BIN" scan /dev/stdin --json < "$FILES/piped.har"', 1],
    ['from a process', '"$NODE" "$BIN" scan <(cat "$FILES/piped.ndjson") --json', 2],
    ['from a process, packed', '"$NODE" "$BIN" scan <(gzip -c "$FILES/piped.har") --json', 1],
    [
      'that drips',
      '(while IFS= read -r -n 1 -d "" c; do printf "%s" "$c"; done < "$FILES/piped.ndjson") | "$NODE" "$BIN" scan - --json',
      2,
    ],
  ])('%s is read whole', async (_how, command, entries) => {
    expect((await scan(command)).entries).toBe(entries);
  });

  it('of a capture is read whole', async (context) => {
    requireTool(context, 'tshark');
    expect((await scan('cat "$FILES/piped.pcap" | "$NODE" "$BIN" scan - --json')).entries).toBe(1);
  });
});
