/**
 * Attacks and faults as a table: what was tried how many times, what held and what was lost. `npm run test:faults` and
 * `npm run test:attack` print it and end with 1 when anything was lost; `--full` tries in full numbers, `--seed N` repeats a run,
 * `--only TEXT` takes the rows with TEXT in their name.
 */
import { randomInt } from 'node:crypto';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { type Need, whyNot } from '../clients/tools.ts';

export interface Tally {
  tried: number;
  /** One line each; empty: everything held. */
  lost: string[];
  /** What else the table says. */
  note?: string;
}

export interface Trial<Context> {
  name: string;
  /** Where these are missing it is not tried. */
  needs: readonly Need[];
  run(context: Context): Promise<Tally>;
}

export interface TrialOptions {
  isFull: boolean;
  seed: number;
  only: string;
}

export function readTrialOptions(args: string[]): TrialOptions {
  const { values } = parseArgs({
    args,
    options: { full: { type: 'boolean', default: false }, seed: { type: 'string' }, only: { type: 'string' } },
  });
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed ${values.seed}: a whole number is expected`);
  return { isFull: values.full, seed, only: values.only ?? '' };
}

export interface Random {
  /** From 0 up to and without `limit`. */
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** The same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    pick<T>(from: readonly T[]): T {
      return from[below(from.length)] as T;
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}

interface Row {
  name: string;
  tried: string;
  held: string;
  lost: string;
  note: string;
}

/** Runs one after the other and prints the table. Resolves with the exit code. */
export async function runTrials<Context>(
  title: string,
  trials: readonly Trial<Context>[],
  context: Context,
  options: TrialOptions,
): Promise<number> {
  const rows: Row[] = [];
  let total = { tried: 0, lost: 0 };
  for (const { name, needs, run } of trials.filter((trial) => trial.name.includes(options.only))) {
    const began = performance.now();
    const reason = whyNot(needs);
    if (reason !== null) {
      // Where everything is installed nothing may be left out.
      const isRequired = Boolean(process.env.LAB_REQUIRED);
      if (isRequired) total = { ...total, lost: total.lost + 1 };
      rows.push({ name, tried: '0', held: '', lost: isRequired ? '1' : '', note: `not tried: ${reason}` });
      continue;
    }
    const result = await run(context).catch(
      (error: Error): Tally => ({ tried: 1, lost: [error.stack ?? String(error)] }),
    );
    for (const line of result.lost.slice(0, 20)) console.error(`${name}: ${printable(line)}`);
    const lost = Math.min(result.lost.length, result.tried);
    total = { tried: total.tried + result.tried, lost: total.lost + lost };
    const seconds = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    const note = result.note ? `${result.note} (${seconds})` : `(${seconds})`;
    console.error(`${name}: ${result.tried} tried, ${lost} lost ${note}`);
    rows.push({ name, tried: String(result.tried), held: String(result.tried - lost), lost: String(lost), note });
  }
  const { tried, lost } = total;
  rows.push({
    name: 'all',
    tried: String(tried),
    held: String(Math.max(0, tried - lost)),
    lost: String(lost),
    note: '',
  });
  console.log(tableOf([{ name: title, tried: 'tried', held: 'held', lost: 'lost', note: '' }, ...rows]));
  console.log(`seed ${options.seed}${options.isFull ? ', in full' : ''}`);
  return tried === 0 || lost > 0 ? 1 : 0;
}

const printable = (line: string): string => stripVTControlCharacters(line).slice(0, 600);

function tableOf(rows: readonly Row[]): string {
  const width = (key: keyof Row): number => Math.max(...rows.map((row) => row[key].length));
  const [name, tried, held, lost] = [width('name'), width('tried'), width('held'), width('lost')];
  return rows
    .map((row) =>
      `${row.name.padEnd(name)} | ${row.tried.padStart(tried)} | ${row.held.padStart(held)} | ${row.lost.padStart(lost)} | ${row.note}`.trimEnd(),
    )
    .join('\n');
}
