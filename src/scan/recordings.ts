/**
 * Files of recorded traffic, and directories of them, as flow events.
 * Promise: every path given is accounted for: read, or skipped with the reason. A file that cannot be read, or not to its end,
 * costs no more than itself.
 */

import type { RecordingReaders } from '../model/recording.ts';
import type { Recorded } from '../model/scan.ts';
import { text } from '../model/text.ts';
import { readCapture } from './capture/capture.ts';
import { readConnections } from './connections.ts';
import { filesOf, type Listed, whyOf } from './files.ts';
import { formatOf } from './format.ts';
import { readHar } from './har/har.ts';
import { readNdjson } from './ndjson.ts';
import { openSource, type Source } from './source.ts';
import { skipped } from './told.ts';

/** @throws LabError for a path that is not there */
export async function* readRecordings(paths: string[], readers: RecordingReaders): AsyncGenerator<Recorded> {
  for (const [index, file] of filesOf(paths).entries()) yield* readRecording(file, index, readers);
}

/**
 * One of the files that `filesOf` tells.
 * @param index tells its flows from those of the others
 * @param stop ends reading early; that it did is told
 */
export async function* readRecording(
  file: Listed,
  index: number,
  readers: RecordingReaders,
  stop: AbortSignal | null = null,
): AsyncGenerator<Recorded> {
  const { path } = file;
  if ('why' in file) {
    yield skipped(path, null, file.why);
    return;
  }
  let bytes = 0;
  let shown = 0;
  const onBytes = (more: number): void => {
    bytes += more;
  };
  const reading: Reading = { prefix: `${index}:`, readers, isListed: file.isListed, onBytes, stop };
  for await (const each of readFile(path, file.isStream, reading)) {
    yield each;
    if (bytes - shown < 1_000_000) continue;
    shown = bytes;
    yield { type: 'progress', file: path, bytes };
  }
  yield { type: 'progress', file: path, bytes };
}

interface Reading {
  prefix: string;
  readers: RecordingReaders;
  isListed: boolean;
  onBytes: (bytes: number) => void;
  stop: AbortSignal | null;
}

async function* readFile(path: string, isStream: boolean, reading: Reading): AsyncGenerator<Recorded> {
  let source: Source | null = null;
  try {
    source = await openSource(path, { isStream, onBytes: reading.onBytes, stop: reading.stop });
    yield* readSource(source, reading);
  } catch (error) {
    if (reading.stop?.aborted) {
      yield { type: 'stopped', file: path };
      return;
    }
    yield skipped(path, null, whyOf(error));
  } finally {
    source?.close();
  }
}

async function* readSource(source: Source, reading: Reading): AsyncGenerator<Recorded> {
  const { prefix, readers, isListed } = reading;
  const { path } = source;
  const format = formatOf(source.head, path);
  switch (format.is) {
    case 'har':
      yield* readHar(path, source.chunks(), prefix, readers.openExchange);
      return;
    case 'ndjson':
      yield* readNdjson(path, source.chunks(), prefix, readers.openExchange);
      return;
    case 'connections':
      yield* readConnections(path, source.chunks(), prefix);
      return;
    case 'capture':
      yield* readCaptureOf(source, reading);
      return;
    case 'keys':
      // Captures beside it use it: nothing of it is left unread.
      if (!isListed) yield skipped(path, null, text('unread.keys'));
      return;
    case 'unknown':
      yield skipped(path, null, text(isListed ? 'unread.unknown' : 'unread.unknown-named'));
      return;
    case 'other':
      yield skipped(path, null, format.why);
  }
}

async function* readCaptureOf(source: Source, { prefix, readers, onBytes, stop }: Reading): AsyncGenerator<Recorded> {
  const { path } = source;
  const plainFile = await source.plainFile();
  // Unpacking has counted them.
  const count = plainFile === path ? onBytes : () => {};
  yield* readCapture({ path, plainFile, prefix, readers, onBytes: count, stop });
}
