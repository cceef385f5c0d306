/**
 * Files of recorded traffic, and directories of them, as flow events.
 * Promise: every path given is accounted for: read, or skipped with the reason. What a file is, is judged by its first bytes;
 * its name only breaks ties.
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LabError, type OpenReader, type Recorded } from '../model/lab.ts';
import { readCapture } from './capture.ts';
import { readHar } from './har.ts';
import { readNdjson } from './ndjson.ts';

/**
 * @param openReader reads the byte streams of captures.
 * @throws LabError for a path that is not there, and for a capture without tshark to read it.
 */
export async function* readRecordings(paths: string[], openReader: OpenReader): AsyncGenerator<Recorded> {
  const files = paths.flatMap(filesOf);
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let bytes = 0;
  for (const [index, { path, listed }] of files.entries()) {
    const onBytes = (more: number) => {
      bytes += more;
    };
    let shown = bytes;
    for await (const each of readFile({ path, listed }, `${index}:`, openReader, onBytes)) {
      yield each;
      if (bytes - shown < 1_000_000) continue;
      shown = bytes;
      yield { type: 'progress', file: path, bytes, totalBytes };
    }
    yield { type: 'progress', file: path, bytes, totalBytes };
  }
}

function readFile(
  { path, listed }: Pick<RecordingFile, 'path' | 'listed'>,
  prefix: string,
  openReader: OpenReader,
  onBytes: (bytes: number) => void,
): AsyncIterable<Recorded> {
  const format = formatOf(path);
  if (format === 'har') return readHar(path, prefix, onBytes);
  if (format === 'ndjson') return readNdjson(path, prefix, onBytes);
  if (format === 'capture') return readCapture(path, prefix, openReader, onBytes);
  const reason = format === 'empty' ? 'empty file' : 'neither HAR, capture nor NDJSON';
  const advice = listed ? '' : ': record as HAR or pcapng, or one JSON object per line';
  return one({ type: 'skipped', file: path, entry: null, reason: `${reason}${advice}` });
}

async function* one(recorded: Recorded): AsyncGenerator<Recorded> {
  yield recorded;
}

interface RecordingFile {
  path: string;
  bytes: number;
  /** Found in a directory, not named by the user. */
  listed: boolean;
}

function filesOf(path: string): RecordingFile[] {
  let stat: ReturnType<typeof statSync>;
  try {
    stat = statSync(path);
  } catch {
    throw new LabError(`there is no ${path}: check the path`);
  }
  if (!stat.isDirectory()) return [{ path, bytes: stat.size, listed: false }];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((each) => ({ path: each, bytes: statSync(each).size, listed: true }));
}

type Format = 'har' | 'ndjson' | 'capture' | 'empty' | 'unknown';

/** First four bytes: pcapng, and pcap in both byte orders with micro- and nanoseconds. */
const CAPTURE_MAGIC = new Set(['0a0d0d0a', 'a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1']);

/** HAR is one JSON object over many lines or one; NDJSON has a whole object in its first line. */
export function formatOf(path: string): Format {
  const head = firstBytes(path);
  if (head.length === 0) return 'empty';
  if (CAPTURE_MAGIC.has(head.toString('hex', 0, 4))) return 'capture';
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (!text.startsWith('{')) return 'unknown';
  if (/^\{\s*"log"\s*:/.test(text) || /\.har$/i.test(path)) return 'har';
  return 'ndjson';
}

function firstBytes(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(4096);
    return buffer.subarray(0, readSync(file, buffer));
  } finally {
    closeSync(file);
  }
}
