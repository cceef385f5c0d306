/**
 * Runs of base64 and hex digits in the bytes at hand: each is an `Unwrapper`, which begins once its locator is known.
 * Promise: a run is followed over any number of passes; who tells a registered value inside of one is decided here.
 */
import { type Alphabet, RunFinder, type RunSink } from '../anchors/runs.ts';
import type { Marks } from './marks.ts';
import type { Reading } from './reading.ts';
import { isWorthOpening, Unwrapper } from './unwrapper.ts';

const ALPHABETS: readonly Alphabet[] = ['base64', 'hex'];

export class RunSearch {
  readonly #finders: readonly { alphabet: Alphabet; finder: RunFinder }[];
  /** Runs that go on. */
  readonly #open: Record<Alphabet, Unwrapper | null> = { base64: null, hex: null };
  readonly #reading: Reading;
  readonly #marks: Marks;

  constructor(reading: Reading, marks: Marks) {
    this.#reading = reading;
    this.#marks = marks;
    this.#finders = ALPHABETS.map((alphabet) => ({ alphabet, finder: new RunFinder(alphabet, this.#sink(alphabet)) }));
  }

  search(final: boolean): void {
    const { bytes, base } = this.#reading;
    for (const { finder } of this.#finders) finder.scan(bytes, base, final);
  }

  /** Past the budget: what runs hold so far is searched, and that is all. */
  abandon(): void {
    for (const alphabet of ALPHABETS) this.#open[alphabet]?.abandon();
  }

  /** Whether a registered value written in `encoding` is told by the run around it, or by whoever found it. */
  ownerOf(encoding: string, shift: number, at: number): 'here' | 'run' | 'undecided' {
    for (const { alphabet, finder } of this.#finders) {
      if (!encoding.startsWith(alphabet)) continue;
      const column = finder.columnOf(at);
      if (column === null) return finder.isUndecided(at) ? 'undecided' : 'here';
      const isAligned = alphabet === 'hex' ? column % 2 === 0 : column % 4 === (shift === 0 ? 0 : shift + 1);
      return isAligned ? 'run' : 'here';
    }
    return 'here';
  }

  #sink(alphabet: Alphabet): RunSink {
    const { scope, place, options } = this.#reading;
    const runs = this.#open;
    const marks = this.#marks;
    return {
      whole: (bytes, from, to, start, padded) => {
        if (!isWorthOpening(bytes, from, to, alphabet, scope, place)) return;
        const found = new Unwrapper(scope, place, alphabet, options.open);
        found.take(bytes.subarray(from, to));
        found.end(padded);
        marks.run(start, start + to - from, found);
      },
      open: (start) => {
        const opened = new Unwrapper(scope, place, alphabet, options.open);
        runs[alphabet] = opened;
        marks.run(start, start, opened);
      },
      take: (chars) => runs[alphabet]?.take(chars),
      close: (padded) => {
        runs[alphabet]?.end(padded);
        runs[alphabet] = null;
      },
    };
  }
}
