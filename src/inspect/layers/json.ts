/**
 * A JSON document: its strings as a person would read them, each finding with its locator.
 * Promise: streaming, constant memory, any nesting; a string that holds a document of its own is a layer of its own.
 */

import type { ByteSink } from '../byte-sink.ts';
import { type Place, partOf } from '../place.ts';
import type { Scope } from '../scope.ts';
import { JsonPath } from '../structure/json-path.ts';
import { JsonView } from '../structure/json-view.ts';
import { Gathered, type Scanning } from './gathered.ts';
import { Scanner } from './scanner.ts';

export class JsonSink implements ByteSink, Scanning {
  #nested: ByteSink | null = null;
  readonly #view = new JsonView();
  readonly #scanner: Scanner;
  readonly #gathered = new Gathered(this);
  readonly #scope: Scope;

  constructor(scope: Scope, place: Place, open: (place: Place) => ByteSink) {
    this.#scope = scope;
    const path: JsonPath = new JsonPath(() => this.#view.literals, scope.names, {
      nested: () => {
        if (scope.budget.isOver) return false;
        if (place.level >= scope.limits.levels) {
          scope.partial(`JSON inside more than ${scope.limits.levels} layers was searched, but not taken apart`);
          return false;
        }
        this.#nested = open(partOf(place, path.path, path.key?.text ?? null, null, path.within));
        return true;
      },
      nestedBytes: (bytes) => this.#nested?.write(bytes),
      nestedEnd: () => {
        this.#nested?.end(true);
        this.#nested = null;
      },
      value: (start, end, key) => this.#scanner.value(start, end, key),
      ignoresValues: () => this.#scanner.ignoresValues,
    });
    this.#scanner = new Scanner(scope, place, {
      isText: true,
      isDeep: true,
      json: path,
      literals: () => this.#view.literals,
      open,
    });
  }

  write(bytes: Buffer): void {
    this.#gathered.write(bytes);
  }

  end(): void {
    this.#gathered.end();
  }

  push(bytes: Buffer, final: boolean): void {
    const view = this.#view.push(bytes);
    if (view !== bytes) this.#scope.budget.spend(bytes.length, 'json escapes');
    if (!final) {
      this.#scanner.push(view, false);
      return;
    }
    const rest = this.#view.end();
    this.#scanner.push(rest === null ? view : Buffer.concat([view, rest]), true);
  }
}
