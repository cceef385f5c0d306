/**
 * A JSON document: its strings as a person would read them, each finding with its locator.
 * Promise: streaming, constant memory, any nesting; a string that holds a document of its own is a layer of its own.
 */

import { text } from '../../model/text.ts';
import type { ByteSink } from '../byte-sink.ts';
import { type Place, partOf } from '../place.ts';
import type { Scope } from '../scope.ts';
import { type JsonEvents, JsonPath } from '../structure/json-path.ts';
import { JsonView } from '../structure/json-view.ts';
import type { Name } from '../structure/names.ts';
import { Gathered, type Scanning } from './gathered.ts';
import { Scanner } from './scanner.ts';

export class JsonSink implements ByteSink, Scanning, JsonEvents {
  #nested: ByteSink | null = null;
  readonly #view = new JsonView();
  readonly #path: JsonPath;
  readonly #scanner: Scanner;
  readonly #gathered = new Gathered(this);
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #open: (place: Place) => ByteSink;

  constructor(scope: Scope, place: Place, open: (place: Place) => ByteSink) {
    this.#scope = scope;
    this.#place = place;
    this.#open = open;
    this.#path = new JsonPath(this.#view, scope.names, this);
    this.#scanner = new Scanner(scope, place, { isText: true, isDeep: true, json: this.#path, view: this.#view, open });
  }

  nested(): boolean {
    const scope = this.#scope;
    if (scope.budget.isOver) return false;
    if (this.#place.level >= scope.limits.levels) {
      scope.partial(text('unseen.json-too-deep', { most: scope.limits.levels }));
      return false;
    }
    const { path, key, within } = this.#path;
    this.#nested = this.#open(partOf(this.#place, path, key?.text ?? null, null, within));
    return true;
  }

  nestedBytes(bytes: Buffer): void {
    this.#nested?.write(bytes);
  }

  nestedEnd(): void {
    this.#nested?.end(true);
    this.#nested = null;
  }

  value(start: number, end: number, key: Name | null): void {
    this.#scanner.value(start, end, key);
  }

  get ignoresValues(): boolean {
    return this.#scanner.ignoresValues;
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
