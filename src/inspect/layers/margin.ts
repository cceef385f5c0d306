/**
 * What a format holds besides its content: names of files, comments, what stands between parts. The phone sent these bytes,
 * too.
 * Promise: searched for registered values as they stand, for any cutting; nothing is opened or judged there.
 */
import type { ByteSink } from '../byte-sink.ts';
import type { Place } from '../place.ts';
import type { Scope } from '../scope.ts';
import { Gathered } from './gathered.ts';
import { openRegistered } from './registered.ts';

export class MarginSink implements ByteSink {
  #to: Gathered | null = null;
  readonly #scope: Scope;
  readonly #place: Place;

  constructor(scope: Scope, place: Place) {
    this.#scope = scope;
    this.#place = place;
  }

  write(bytes: Buffer): void {
    if (!this.#scope.known || bytes.length === 0) return;
    this.#to ??= new Gathered(openRegistered(this.#scope, this.#place));
    this.#to.write(bytes);
  }

  end(): void {
    this.#to?.end();
    this.#to = null;
  }
}
