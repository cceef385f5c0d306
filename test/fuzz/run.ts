/**
 * `npm run fuzz [-- --minutes N] [-- --seed N] [-- --only TEXT]`: each target gets its share of the time (short: 20 seconds in
 * all), with seeds of a corpus, mutated. Ends in a table; exit code 1 and the shrunk input in hex when something was found: it
 * becomes a named case of a test.
 */
import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { runTrials, type Tally } from '../trials/trial.ts';
import { mutant } from './mutation.ts';
import { FUZZ_FILES, type Target, targets } from './targets.ts';

/** One input may not take more of the processor: it would be an attack. */
const MAX_MS = 5000;

async function fuzz({ corpus, run }: Target, forMs: number, seed: number): Promise<Tally> {
  let tried = 0;
  const property = fc.asyncProperty(mutant(corpus), async (bytes) => {
    tried++;
    const began = process.cpuUsage();
    await run(bytes);
    const { user, system } = process.cpuUsage(began);
    const tookMs = (user + system) / 1000;
    if (tookMs > MAX_MS) throw new Error(`took ${Math.round(tookMs)} ms`);
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: forMs,
    markInterruptAsFailure: false,
  });
  const [bytes] = counterexample ?? [];
  if (!failed || !bytes) return { tried, lost: [] };
  console.error(`shrunk: ${Buffer.from(bytes).toString('hex')}`);
  return { tried, lost: [(errorInstance as Error)?.stack ?? String(errorInstance)] };
}

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string', default: '' } },
});
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const chosen = targets.filter(({ name }) => name.includes(values.only));
const totalMs = values.minutes === undefined ? 20_000 : Number(values.minutes) * 60_000;
if (!(totalMs > 0) || !Number.isSafeInteger(seed)) throw new Error('--minutes N, --seed N: numbers are expected');
const trials = chosen.map((target) => ({
  name: target.name,
  needs: [],
  run: () => fuzz(target, totalMs / chosen.length, seed),
}));
process.exitCode = await runTrials('fuzzed', trials, undefined, { isFull: false, only: '', seed });
rmSync(FUZZ_FILES, { recursive: true });
process.exit();
