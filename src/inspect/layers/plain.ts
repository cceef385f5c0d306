/**
 * The rest of a structure whose exchange has used up its budget: searched for registered values, whatever it would have been.
 * Promise: one pass, linear, nothing opened.
 */
import type { ByteSink } from '../byte-sink.ts';
import type { Place } from '../place.ts';
import type { Scope } from '../scope.ts';
import { Gathered } from './gathered.ts';
import { Scanner } from './scanner.ts';

export class PlainSink implements ByteSink {
  readonly #gathered: Gathered;

  constructor(scope: Scope, place: Place, isText: boolean, open: (place: Place) => ByteSink) {
    this.#gathered = new Gathered(
      new Scanner(scope, place, { isText, isDeep: false, isContinued: true, json: null, open }),
    );
  }

  write(bytes: Buffer): void {
    this.#gathered.write(bytes);
  }

  end(): void {
    this.#gathered.end();
  }
}
