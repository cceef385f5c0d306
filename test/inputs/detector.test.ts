/** Recordings of odd and of ordinary requests, each with its right answer beside it: what must be found, and what must not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanRecording } from './scan-recording.ts';
import { type Found, readSheets, wrongIn } from './sheet.ts';

/** Not yet right; the list only shrinks, and a case that has become right must leave it. */
const OPEN = new Set<string>(JSON.parse(readFileSync(join(import.meta.dirname, 'open.json'), 'utf8')) as string[]);

const scans = new Map<string, Promise<Found[]>>();

function scanned(file: string, devices: string | null): Promise<Found[]> {
  const key = `${file} ${devices}`;
  const scan = scans.get(key) ?? scanRecording(file, devices);
  scans.set(key, scan);
  return scan;
}

for (const folder of ['detector', 'clean']) {
  for (const { name, file, devices, cases } of readSheets(join(import.meta.dirname, folder))) {
    describe(`${folder}/${name}`, () => {
      for (const one of cases) {
        const title = `${one.mode}, ${one.entry}: ${one.name}`;
        const test = OPEN.has(`${folder}/${name} ${one.mode} ${one.entry}`) ? it.fails : it;
        test(title, async () => {
          const found = await scanned(file, one.mode === 'known' ? devices : null);
          expect(wrongIn(one, found)).toEqual([]);
        });
      }
    });
  }
}
