/** A scan that is stopped gives what it found until then, and names what it did not read. */
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { recordingReaders } from '../../src/lab/recording-readers.ts';
import { readRecording } from '../../src/scan/recordings.ts';
import { describeWith } from '../clients/tools.ts';
import { pcapng } from '../scan/capture-file.ts';
import { harEntry } from '../scan/recording.ts';
import { startPhonehome } from './phonehome.ts';

const IMEI = '490154203237518';
const dir = mkdtempSync(join(tmpdir(), 'phonehome-stopped-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const BEGIN = '{"log":{"version":"1.2","creator":{"name":"test","version":"1"},"entries":[';
const LEAK = `${JSON.stringify(harEntry({ request: { url: `http://stats.example/?imei=${IMEI}`, headers: [] } }))},`;
const CLEAN = `${JSON.stringify(harEntry({ request: { headers: [], postData: { text: 'nothing here '.repeat(80) } } }))},`;
/** One megabyte of entries without anything in them. */
const FILLER = CLEAN.repeat(Math.ceil(1e6 / CLEAN.length));

/** A HAR of 300 MB, of which an IMEI stands at the beginning: a small file, because it is packed. */
function bigHar(name: string): string {
  const file = join(dir, name);
  writeFileSync(file, Buffer.concat([gzipSync(BEGIN + LEAK), ...Array<Buffer>(300).fill(gzipSync(FILLER))]));
  return file;
}

const jsonLines = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a scan that is stopped', () => {
  it('by Ctrl-C ends its --json with a summary that names the files it read in part and those it did not begin', async () => {
    const first = bigHar('0.har.gz');
    const others = Array.from({ length: availableParallelism() }, (_, index) => join(dir, `${index + 1}.har.gz`));
    for (const file of others) copyFileSync(first, file);
    const running = startPhonehome(['scan', '--json', first, ...others]);
    await running.untilStdout('"type":"finding"');
    running.child.kill('SIGINT');
    const { code, signal, stdout, stderr } = await running.ended;
    expect([code, signal]).toEqual([1, null]);
    const all = jsonLines(stdout);
    const summary = all.pop() as { findings: number; sentence: string; stopped: Record<string, unknown> };
    expect(all.filter(({ type }) => type === 'finding').length).toBe(summary.findings);
    expect(summary).toMatchObject({ type: 'summary', kinds: { imei: summary.findings } });
    const begun = [first, ...others.slice(0, -1)].map((file) => ({ file, entries: expect.any(Number) }));
    expect(summary.stopped).toEqual({ readInPart: begun, notRead: others.slice(-1) });
    expect(summary.sentence).toMatch(/^The scan was stopped before its end: .* there may be more\.$/);
    expect(stderr).toContain(
      `stopped before everything was read (files read in part: ${others.length}, not at all: 1)`,
    );
  });

  it('by SIGTERM while a pipe gives nothing more prints its table and writes its page', async () => {
    const page = join(dir, 'findings.html');
    const running = startPhonehome(['scan', '-', '--html', page]);
    const { stdin } = running.child;
    stdin.write(BEGIN + LEAK);
    // A pipe holds less: when all of it was taken, the beginning was searched.
    for (let megabytes = 0; megabytes < 10; megabytes++) if (!stdin.write(FILLER)) await once(stdin, 'drain');
    running.child.kill('SIGTERM');
    const { code, signal, stdout, stderr } = await running.ended;
    expect([code, signal]).toEqual([1, null]);
    expect(stdout).toMatch(/imei +490154\*+\d* /);
    expect(stdout).toMatch(/^Stopped in - after [1-9]\d* entries: what comes after was not read$/m);
    expect(stdout).toContain('The scan was stopped before its end: this is what was found until then.');
    expect(stdout).not.toContain('Everything in the recording was read.');
    expect(stderr).toMatch(/^phonehome: stopped before everything was read/);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<b>imei</b>');
    expect(html).toMatch(/<li>Stopped in - after \d+ entries/);
  });

  it('ends with 3 where it already found what it was to fail on, and says that it was stopped', async () => {
    const running = startPhonehome(['scan', '--json', '--fail-on', 'low', bigHar('alone.har.gz')]);
    await running.untilStdout('"type":"finding"');
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(3);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ stopped: { readInPart: [{ entries: expect.any(Number) }] } });
    expect(stderr).toContain('stopped before everything was read');
  });

  it('before anything was read says neither that nothing was found nor that all was read', async () => {
    const running = startPhonehome(['scan', '-']);
    running.child.stdin.write(BEGIN);
    // Longer than a pipe holds, so that it is known to listen to signals by then.
    if (!running.child.stdin.write(' '.repeat(1e6))) await once(running.child.stdin, 'drain');
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('Stopped in - after 0 entries');
    expect(stdout).toMatch(/until then\. Not everything could be read, as said above: there may be more\.$/m);
  });
});

describe('a packed recording whose reading is stopped', () => {
  it('is not read on for all that was unpacked of it', async () => {
    const stopping = new AbortController();
    const listed = { path: bigHar('packed.har.gz'), bytes: 0, isListed: false, isStream: false };
    let entries = 0;
    let last = '';
    for await (const { type } of readRecording(listed, 0, recordingReaders, stopping.signal)) {
      if (type === 'entry') entries++;
      if (entries === 1000) stopping.abort();
      if (type !== 'progress') last = type;
    }
    // A chunk of unpacked bytes is 16 KB.
    expect(entries).toBeLessThan(1100);
    expect(last).toBe('stopped');
  });
});

describeWith(['tshark'], 'a capture whose reading is stopped', () => {
  it('gives what was read of connections that were still open', async () => {
    const file = join(dir, 'long.pcapng');
    const parts = Array.from({ length: 4000 }, () => ({ up: true, bytes: Buffer.alloc(1400, 'x') }));
    const leak = {
      server: { ip: '42.62.48.11', port: 7001 },
      parts: [{ up: true, bytes: Buffer.from(IMEI) }, ...parts],
    };
    writeFileSync(file, pcapng([leak]));
    const stopping = new AbortController();
    const listed = { path: file, bytes: 0, isListed: false, isStream: false };
    const seen = [];
    for await (const each of readRecording(listed, 0, recordingReaders, stopping.signal)) {
      stopping.abort();
      seen.push(each);
    }
    const events = seen.flatMap((each) => (each.type === 'entry' || each.type === 'part' ? each.events : []));
    const sent = Buffer.concat(events.flatMap((event) => (event.type === 'raw-bytes' ? [event.bytes] : [])));
    expect(sent.toString('latin1').startsWith(IMEI)).toBe(true);
    expect(sent.length).toBeLessThan(4000 * 1400);
    expect(events.at(-1)?.type).toBe('flow-closed');
    expect(seen.filter(({ type }) => type !== 'part' && type !== 'progress').map(({ type }) => type)).toEqual([
      'entry',
      'stopped',
    ]);
  });
});
