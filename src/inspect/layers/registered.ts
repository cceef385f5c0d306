/** Bytes that are searched for registered values alone: what means nothing by itself, names, what comes by and by. */
import type { ByteSink } from '../byte-sink.ts';
import type { Place } from '../place.ts';
import type { Scope } from '../scope.ts';
import type { ScannerOptions } from './reading.ts';
import { LONGEST_REMEMBERED, Scanner } from './scanner.ts';

/** Nothing registered is shorter. */
const LEAST_NAME = 4;
/** Nothing is unwrapped where nothing but registered values is looked for. */
const NOWHERE: ByteSink = { write: () => undefined, end: () => undefined };
const REGISTERED: ScannerOptions = { isText: false, isDeep: false, json: null, open: () => NOWHERE };

/** A value that means nothing by itself. */
export function searchRegistered(scope: Scope, place: Place, bytes: Buffer): void {
  if (scope.known) new Scanner(scope, place, REGISTERED).push(bytes, true);
}

/** Bytes that come by and by. */
export function openRegistered(scope: Scope, place: Place): Scanner {
  return new Scanner(scope, place, REGISTERED);
}

/** Names and heads are bytes of the phone's, too: the same ones come with every request. `encoding`: how it was read. */
export function searchName(scope: Scope, place: Place, name: string, encoding: 'latin1' | 'utf8' = 'latin1'): void {
  if (!scope.known || name.length < LEAST_NAME) return;
  const identity = name.length > LONGEST_REMEMBERED ? null : `name ${place.where} ${name}`;
  if (identity !== null && scope.clean.has(identity)) return;
  const { said } = scope;
  searchRegistered(scope, place, Buffer.from(name, encoding));
  if (identity !== null && scope.said === said) scope.clean.add(identity);
}
