/**
 * Sheets of right answers: `X.expected.json` beside a recording `X` says what a scan of it must find and what it must not.
 * Values are compared without case and separators. The fields of a case stand in README.md beside this file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Confidence, Kind } from '../../src/model/identifier.ts';

export interface Expected {
  kind: Kind;
  known?: boolean;
  minConfidence?: Confidence;
  value?: string;
  notDecoding?: string[];
}

export interface Case {
  entry?: number;
  name: string;
  mode: 'known' | 'shape';
  must?: Expected[];
  mustNot?: Expected[];
  max?: Partial<Record<Kind, number>>;
  clean?: boolean;
}

export interface Sheet {
  name: string;
  file: string;
  devices: string | null;
  cases: Case[];
}

/** One finding of a scan, as its line has it. */
export interface Found {
  entry: number;
  kind: Kind;
  known: boolean;
  confidence: Confidence;
  value: string;
  path: string | null;
  decoding: string[];
}

const RANK: Record<Confidence, number> = { possible: 1, likely: 2, certain: 3 };
const plain = (value: string): string => value.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** All sheets of a folder of recordings. */
export function readSheets(folder: string): Sheet[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.expected.json'))
    .sort()
    .map((name) => {
      const { file, devices, cases } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Omit<Sheet, 'name'>;
      const beside = (path: string): string => join(dirname(join(folder, name)), path);
      return { name: file, file: beside(file), devices: devices && beside(devices), cases };
    });
}

/** What is wrong with the findings of one case; empty when all is right. */
export function wrongIn({ entry, must = [], mustNot = [], max = {}, clean, mode }: Case, all: Found[]): string[] {
  const found = all.filter((one) => entry === undefined || one.entry === entry);
  const fits = (one: Found, { kind, known, minConfidence = 'possible', value }: Expected): boolean =>
    one.kind === kind &&
    (known === undefined || one.known === known) &&
    RANK[one.confidence] >= RANK[minConfidence] &&
    (value === undefined || plain(one.value) === plain(value));
  const opens = (one: Found, words: string[] = []): boolean =>
    words.some((word) => one.decoding.some((step) => step.includes(word)));
  const shown = JSON.stringify(
    found.map(({ kind, known, confidence, value, decoding }) => [kind, known, confidence, value, ...decoding]),
  );
  const wrong: string[] = [];
  for (const each of must) {
    const hit = found.some((one) => fits(one, each) && !opens(one, each.notDecoding));
    if (!hit) wrong.push(`not found: ${JSON.stringify(each)}, but ${shown}`);
  }
  for (const each of mustNot)
    if (found.some((one) => fits(one, each))) wrong.push(`found: ${JSON.stringify(each)} in ${shown}`);
  for (const [kind, most] of Object.entries(max)) {
    if (found.filter((one) => one.kind === kind).length > most) wrong.push(`more than ${most} of ${kind}: ${shown}`);
  }
  const sure = found.filter(({ confidence, known }) => confidence !== 'possible' || (mode === 'known' && known));
  if (clean && sure.length > 0) wrong.push(`not clean: ${shown}`);
  return wrong;
}
