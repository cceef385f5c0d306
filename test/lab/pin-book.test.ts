import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPinBook } from '../../src/lab/pin-book.ts';
import type { PinState } from '../../src/model/pin.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pins-'));
  file = join(dir, 'pins.json');
});
afterEach(() => rmSync(dir, { recursive: true }));
const state = (changes: Partial<PinState> = {}): PinState => ({
  device: 'phone',
  name: 'bank.test',
  override: 'auto',
  state: 'pinned',
  rejections: 3,
  how: 'unknown_ca',
  cause: 'pinned',
  proof: 'alert unknown_ca 3 times',
  passes: 2,
  left: 2,
  since: 1,
  until: 2,
  ...changes,
});

it('keeps what it was told until the next start, readable by its owner only', () => {
  const book = openPinBook(file, []);
  book.note(state());
  book.note(state({ name: 'own.test', override: 'never', rejections: 0 }));
  book.close();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(openPinBook(file, []).initial).toEqual([
    state(),
    state({ name: 'own.test', override: 'never', rejections: 0 }),
  ]);
});

it('forgets an app that is intercepted again', () => {
  const book = openPinBook(file, []);
  book.note(state());
  book.note(state({ rejections: 0, state: 'watching' }));
  book.close();
  expect(openPinBook(file, []).initial).toEqual([]);
});

it('says in one line that a file cannot be read, and goes on', () => {
  const warnings: string[] = [];
  writeFileSync(file, '{');
  expect(openPinBook(file, warnings).initial).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/pins\.json cannot be read/)]);
});

it('writes nothing when nothing was told', () => {
  openPinBook(file, []).close();
  expect(() => readFileSync(file)).toThrow('ENOENT');
});
