/** Recordings of odd and of ordinary requests, each with its right answer beside it: what must be found, and what must not. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanRecording } from './scan-recording.ts';
import { type Found, readSheets, wrongIn } from './sheet.ts';

const scans = new Map<string, Promise<Found[]>>();

function scanned(file: string, devices: string | null): Promise<Found[]> {
  const key = `${file} ${devices}`;
  const scan = scans.get(key) ?? scanRecording(file, devices);
  scans.set(key, scan);
  return scan;
}

for (const folder of ['detector', 'clean', 'siblings']) {
  for (const { name, file, devices, cases } of readSheets(join(import.meta.dirname, folder))) {
    describe(`${folder}/${name}`, () => {
      it.each(cases)('$mode, $entry: $name', async (one) => {
        const found = await scanned(file, one.mode === 'known' ? devices : null);
        expect(wrongIn(one, found)).toEqual([]);
      });
    });
  }
}
