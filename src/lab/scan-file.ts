/**
 * One file of recorded traffic through a whole detection of its own.
 * Promise: a fault costs the event it came with, and is told.
 */

import { say } from '../formats/say.ts';
import type { FlowEvent } from '../model/flow.ts';
import type { Recorded, Scanned, Scanner, ScanOptions } from '../model/scan.ts';
import { type Text, text } from '../model/text.ts';
import type { Listed } from '../scan/files.ts';
import { readRecording } from '../scan/recordings.ts';
import { recordingReaders } from './recording-readers.ts';
import { createScanner } from './scanner.ts';

/** Progress counts the bytes of this file. */
export type ScannedFile = Exclude<Scanned, { type: 'progress' }> | { type: 'progress'; bytes: number };

/** @param index of the file among those that are scanned */
export async function* scanFile(
  file: Listed,
  index: number,
  options: ScanOptions,
  stop: AbortSignal | null = null,
): AsyncGenerator<ScannedFile> {
  const found: ScannedFile[] = [];
  let entries = 0;
  let place: { file: string; entry: number; app: string | null } = { file: file.path, entry: 0, app: null };
  const scanner = await createScanner({
    ...options,
    onFinding: (finding) => void found.push({ type: 'finding', ...place, finding }),
    onPartial: (_flowId, reason, why) => void found.push({ type: 'partial', reason, text: why }),
  });
  try {
    yield* found.splice(0);
    for await (const recorded of readRecording(file, index, recordingReaders, stop)) {
      if (recorded.type === 'progress') yield { type: 'progress', bytes: recorded.bytes };
      else if (recorded.type === 'skipped') yield recorded;
      else if (recorded.type === 'stopped') yield { ...recorded, entries };
      else {
        place = { file: recorded.file, entry: recorded.entry, app: recorded.app ?? null };
        const fault = await pushAll(scanner, recorded.events);
        if (fault !== null) found.push({ type: 'partial', reason: say(fault), text: fault });
        yield* found.splice(0);
        if (recorded.type !== 'entry') continue;
        entries++;
        yield entryOf(recorded, scanner);
      }
    }
  } finally {
    await scanner.stop();
  }
}

/** Pushes every event, and returns what went wrong with one of them: a fault costs no more than that. */
async function pushAll(scanner: Scanner, events: readonly FlowEvent[]): Promise<Text | null> {
  let fault: Text | null = null;
  for (const event of events) {
    try {
      await scanner.push(event);
    } catch (error) {
      const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
      fault = text('unseen.fault-in-scan', { error: line });
    }
  }
  return fault;
}

function entryOf(recorded: Extract<Recorded, { type: 'entry' }>, scanner: Scanner): ScannedFile {
  const { events: _events, app: _app, ...entry } = recorded;
  const { contact } = entry;
  return contact ? { ...entry, facts: scanner.locate(contact.host, contact.ip) } : entry;
}
