/** What operators write: values, their lines, and problems that never quote the text. */
import { expect, it } from 'vitest';
import { problemLine, readDocument, readValues } from '../../src/formats/yaml-document.ts';

const TEXT = 'a: 0012\nb:\n  - x\n  - y: true\n';

it('values are typed as YAML says, or stay the text that was written, and know their lines', () => {
  const typed = readValues(TEXT, 'typed');
  const text = readValues(TEXT, 'text');
  expect(typed).toMatchObject({ ok: true, value: { a: 12, b: ['x', { y: true }] } });
  expect(text).toMatchObject({ ok: true, value: { a: '0012', b: ['x', { y: 'true' }] } });
  const lines = typed.ok ? [['a'], ['b', 1, 'y'], ['c']].map((path) => typed.lineOf(...path)) : [];
  expect(lines).toEqual([1, 4, 0]);
});

it.each([
  ['a: [\n', 'file:2: indentation does not fit the lines above, or a bracket above is not closed'],
  ['secret: 1\nsecret: 2\n', 'file:2: the same field stands here twice'],
  ['\ta: secret\n', 'file:1: indented with a tab; use spaces'],
  ['a: *secret\n', 'file: a reference (*name) points at nothing'],
])('%j is refused in one line that does not quote it', (text, line) => {
  const read = readValues(text, 'typed');
  expect(read.ok ? null : problemLine('file', read.problem)).toBe(line);
  expect(line).not.toContain('secret');
});

it('a tree and plain values refuse the same texts', () => {
  for (const text of ['a: [\n', 'a: 1\na: 2\n', '\ta: b\n'])
    expect(readDocument(text).problems).toEqual([(readValues(text, 'text') as { problem: unknown }).problem]);
});
