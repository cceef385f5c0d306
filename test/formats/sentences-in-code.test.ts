/**
 * What a person reads comes from a catalogue: sentences that stand in the code are found where they are handed to an error, to a
 * refusal or to a page. Programs' own words (names, codes, flags) are no sentences: two words in a row, in small letters, are.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** `what` → why it need not be in a catalogue. */
const ALLOWED: Readonly<Record<string, string>> = {
  'src/hub/': 'the hub is a program of its own, for who runs it',
  'src/replay/': 'cases are told to researchers in English, with their sources',
  'src/kinds/each/': 'examples and titles of kinds, for the table of the documentation',
  'src/gateway/service-files.ts': 'comments in files of the system',
  'src/gateway/machine.ts': 'what a tool said, in place of the tool',
  'src/lab/replaying.ts': 'outcomes of those cases',
  'src/sinks/live/asyncapi.ts': 'a description for programs',
  'src/sinks/live/openapi.ts': 'a description for programs',
  'src/sinks/alert-feed.ts': 'what the disk said, in place of the disk',
  'src/sinks/evidence/reserved-store.ts': 'what the disk said, in place of the disk',
  'src/lan/dns/': 'of questions that are not answered: for the log',
  'src/inspect/operator/program.ts': 'what a program of the operator did, in place of its own message',
};

const filesIn = (directory: string, ending: RegExp): string[] =>
  readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name) && !name.startsWith('model/catalogue'))
    .map((name) => `${directory}/${name}`);

const isAllowed = (file: string): boolean => Object.keys(ALLOWED).some((start) => file.startsWith(start));
const isSentence = (literal: string): boolean => /[a-z,:]\s+[a-z]/.test(literal.replaceAll(/\$\{[^}]*\}/g, ''));

/** A literal that begins where `start` ends, up to the quote it began with. */
const literalsAfter = (start: string): RegExp => new RegExp(`${start}\\s*(['"\`])((?:\\\\.|(?!\\1)[^\\\\])*)\\1`, 'g');

const ERRORS =
  '\\b(?:new (?:LabError|UsageError|AuthorityError|StoreError|DestinationError|SecretError|InputError|FieldError)|labError|refused|refusalIn|failed)\\(';
const FIELDS = '\\b(?:why|detail|problem|advice|note|treatmentReason|sentence|message):';

function sentencesAfter(start: string, files: readonly string[]): string[] {
  const literals = literalsAfter(start);
  return files.flatMap((file) =>
    [
      ...readFileSync(join(ROOT, file), 'utf8')
        .replaceAll(/^\s*(?:\*|\/\/|\/\*).*$/gm, '')
        .matchAll(literals),
    ]
      .filter(([, , literal = '']) => isSentence(literal))
      .map(([said]) => `${file}: ${said.slice(0, 80)}`),
  );
}

describe('a sentence for people', () => {
  const code = filesIn('src', /\.ts$/).filter((file) => !isAllowed(file));

  it('is found where it stands in the code', () => {
    expect(isSentence('the key is wrong')).toBe(true);
    expect(isSentence(`\${file}: \${problem}`)).toBe(false);
    const found = [..."throw new LabError(\n  `no file is there: don't`)".matchAll(literalsAfter(ERRORS))];
    expect(found.map(([, , literal = '']) => isSentence(literal))).toEqual([true]);
  });

  it('is no literal of an error or a refusal', () => {
    expect(sentencesAfter(ERRORS, code)).toEqual([]);
  });

  it('is no literal of a field that people are shown', () => {
    expect(sentencesAfter(FIELDS, code)).toEqual([]);
  });

  it('stands in no page of the dashboard, but for commands to be typed', () => {
    const pages = filesIn('dashboard/src', /\.tsx$/);
    const found = pages.flatMap((file) => {
      const page = readFileSync(join(ROOT, file), 'utf8');
      const texts = [...page.matchAll(/>\s*([A-Za-z][^<>{}=;()]*\s[a-z][^<>{}=;()]*)</g)].map(([, said = '']) => said);
      const attributes = [...page.matchAll(/\b(?:title|placeholder|aria-label|alt)="([^"]* [^"]*)"/g)].map(
        ([, said = '']) => said,
      );
      return [...texts, ...attributes]
        .filter((said) => !said.startsWith('phonehome '))
        .map((said) => `${file}: ${said}`);
    });
    expect(found).toEqual([]);
  });

  it('is let stand only where it still stands', () => {
    const all = filesIn('src', /\.ts$/);
    for (const start of Object.keys(ALLOWED))
      expect(
        sentencesAfter(
          `(?:${ERRORS}|${FIELDS}|title:)`,
          all.filter((file) => file.startsWith(start)),
        ),
        start,
      ).not.toEqual([]);
  });
});
