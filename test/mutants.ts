/**
 * `npm run mutants -- [--sample N] [--seed N] [--rooms a,b] [--piece 2/4] [--files a.ts,b.ts] [--tests GLOB,…] [--dir COPY]`: changes code at
 * random lines of the rooms below, one change at a time, and says which changes no test notices. `--rooms`
 * and `--piece` try a part of the same sample, so that a long run can be cut. Takes a copy of the last commit, and installs Stryker in that
 * copy alone: it is no dependency of this project, and never runs in CI. Texts are left as they are, because a reworded reasoning is no fault.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const STRYKER = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@10.1.1`);
/** Each with the rooms whose tests notice its changes. */
const ROOMS: Record<string, readonly string[]> = {
  inspect: ['inspect', 'kinds', 'inputs'],
  compare: ['compare'],
  alert: ['alert'],
  coverage: ['coverage'],
  enrich: ['enrich'],
  scan: ['scan', 'inputs'],
};
/** They start programs, or take long: what they notice, others notice as well. */
const LEFT_OUT = [
  'test/inspect/{matrix,cutting,bounds}.test.ts',
  'test/inspect/operator/loader.test.ts',
  'test/kinds/clean-traffic.test.ts',
  'test/scan/scanning.test.ts',
];
/** A line holds a little more than one change. */
const CODE = /[-+*/<>=!&|?]|\breturn\b|\bif\b|\(/;
const NO_CODE = /^\s*(?:\/\/|\*|\/\*|import |export (?:type|interface)|\}|name:|source:|text:|'|`|\w+\??: \w+;)/;

const { values: given } = parseArgs({
  options: {
    sample: { type: 'string', default: '130' },
    seed: { type: 'string', default: '1' },
    rooms: { type: 'string', default: Object.keys(ROOMS).join() },
    piece: { type: 'string', default: '1/1' },
    files: { type: 'string' },
    tests: { type: 'string' },
    dir: { type: 'string' },
  },
});

const root = new URL('..', import.meta.url).pathname;
const dir = given.dir ?? copyOfTheProject();
const rooms = given.rooms.split(',');
const [piece = 1, pieces = 1] = given.piece.split('/').map(Number);
const mutate = chosen().filter((_, index) => index % pieces === piece - 1);
const tests = [...new Set(rooms.flatMap((room) => ROOMS[room] ?? []))].map((room) => `test/${room}/**/*.test.ts`);
console.log(`${mutate.length} lines of ${new Set(mutate.map((line) => line.split(':')[0])).size} files, in ${dir}`);
writeFileSync(
  join(dir, 'mutants.vitest.ts'),
  `export default ${JSON.stringify({
    test: {
      include: given.tests?.split(',') ?? tests,
      exclude: LEFT_OUT,
      testTimeout: 120_000,
      hookTimeout: 120_000,
    },
  })};\n`,
);
writeFileSync(
  join(dir, 'mutants.json'),
  JSON.stringify({
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'mutants.vitest.ts', related: true },
    // TypeScript 7 has not the functions that Stryker would rewrite it with.
    tsconfigFile: 'none.json',
    mutate,
    mutator: { excludedMutations: ['StringLiteral', 'Regex'] },
    ignoreStatic: true,
    coverageAnalysis: 'perTest',
    concurrency: 1,
    dryRunTimeoutMinutes: 30,
    reporters: ['clear-text', 'progress-append-only', 'json'],
    clearTextReporter: { logTests: false, allowColor: false },
  }),
);
const { status } = spawnSync('npx', ['stryker', 'run', 'mutants.json'], { cwd: dir, stdio: 'inherit' });
process.exitCode = status ?? 1;

function copyOfTheProject(): string {
  const to = mkdtempSync(join(tmpdir(), 'phonehome-mutants-'));
  execFileSync('git', ['clone', '-q', root, to]);
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: to, stdio: 'ignore' });
  execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', ...STRYKER], { cwd: to, stdio: 'ignore' });
  return to;
}

function sourcesIn(folder: string): string[] {
  const all = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return all.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

/** Of each room its share of the sample by its lines, but 25 at least. */
function chosen(): string[] {
  const [count, seed] = [Number(given.sample), Number(given.seed)];
  if (given.files !== undefined) return sample(linesOf(given.files.split(',')), count, seed);
  const all = Object.keys(ROOMS).map((room) => [room, linesOf(sourcesIn(`src/${room}`))] as const);
  const total = all.reduce((sum, [, lines]) => sum + lines.length, 0);
  return all
    .filter(([room]) => rooms.includes(room))
    .flatMap(([, lines]) => sample(lines, Math.max(25, Math.round((count * lines.length) / total)), seed));
}

/** As `file:line-line`. */
function linesOf(from: readonly string[]): string[] {
  return from.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((text, index) => (CODE.test(text) && !NO_CODE.test(text) ? [`${file}:${index + 1}-${index + 1}`] : [])),
  );
}

/** The same ones for the same seed. */
function sample(lines: string[], count: number, seed: number): string[] {
  let state = seed;
  const random = (): number => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const taken: string[] = [];
  while (taken.length < count && lines.length > 0) taken.push(...lines.splice(Math.floor(random() * lines.length), 1));
  return taken;
}
