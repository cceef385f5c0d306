/** No page shows a command that does not exist: every `phonehome …` of the pages is understood by the program, with its flags. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { COMMANDS } from '../src/cli/commands.ts';
import { UsageError } from '../src/cli/errors.ts';
import { runCommandLine } from '../src/cli/program.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const PAGES = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })];

/** A command line as a person types it, up to what the shell takes for itself; what follows `phonehome` is captured. */
const CALL = /^(?:sudo (?:-u \S+ )?)?(?:node )?(?:\.\/|bin\/)?phonehome(?:\.mjs)?(?: ([^|&;>#]*))?(?:[|&;>#]|$)/;
const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((word) => word[1] ?? word[2] ?? word[3] ?? '');

/** The arguments of every call in a text of shell lines. */
const callsIn = (text: string): string[][] =>
  text
    .replace(/\\\n\s*/g, ' ')
    .split(/\n|&& |\| /)
    .map((line) => CALL.exec(line.trim().replace(/^\$ /, '')))
    .filter((call) => call !== null)
    .map(([, rest = '']) => words(rest));

const inBlocks = (page: string): string[][] =>
  [...page.matchAll(/^ *```\w*\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) => callsIn(block));
/** Within a sentence: may stop early (`phonehome device add`), or leave something out (`…`, `a\|b`), which nothing can be said of. */
const inSentences = (page: string): string[][] =>
  [...page.replace(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/`((?:\.\/)?phonehome [^`…<[\\]+)`/g)].flatMap(
    ([, code = '']) => callsIn(code.replace(/\s+/g, ' ')),
  );

/** Null when the program would run it. */
async function complaintAbout(args: string[]): Promise<string | null> {
  try {
    await runCommandLine(args);
    return null;
  } catch (error) {
    if (error instanceof UsageError) return `phonehome ${args.join(' ')}: ${error.message}`;
    throw error;
  }
}

async function complaints(calls: string[][], isFine: (complaint: string) => boolean = () => false): Promise<string[]> {
  const all = await Promise.all(calls.map(complaintAbout));
  return all.filter((each) => each !== null && !isFine(each)) as string[];
}

const isUnfinished = (complaint: string): boolean =>
  /missing required argument|argument missing|needs a command/.test(complaint);

describe('the commands that a page shows', () => {
  beforeAll(() => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true); // --help
    for (const spec of COMMANDS) vi.spyOn(spec, 'load').mockResolvedValue(async () => 0);
  });

  it.each(PAGES)('%s', async (page) => {
    const text = readFileSync(path.join(ROOT, page), 'utf8');
    expect(await complaints(inBlocks(text))).toEqual([]);
    expect(await complaints(inSentences(text), isUnfinished)).toEqual([]);
  });

  it('are found wherever they stand, and one that does not exist is told', async () => {
    const page = [
      '```sh',
      'sudo -u phonehome phonehome alerts --data /var/lib/phonehome   # of the service',
      '$ ./phonehome replay one && phonehome compair one two | head',
      'sudo node bin/phonehome.mjs doctor \\',
      '  --no-such-flag',
      'phonehome.lab answers',
      '```',
      'Then `phonehome device add` or `phonehome device drop nokia`, never `phonehome …`.',
    ].join('\n');
    expect(inBlocks(page)).toHaveLength(4);
    expect(inSentences(page)).toHaveLength(2);
    const told = await complaints([...inBlocks(page), ...inSentences(page)], isUnfinished);
    expect(told.map((each) => each.split(':')[0])).toEqual([
      'phonehome compair one two',
      'phonehome doctor --no-such-flag',
      'phonehome device drop nokia',
    ]);
  });
});
