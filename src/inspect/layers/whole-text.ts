/** A text that is one value beside a key: a header, a field of a form or a query, a cookie, a cell. */
import { isKeyName } from '../../kinds/key-names.ts';
import type { Member } from '../../kinds/kind.ts';
import { mayBeNamedBeside, mayName, mayTell, nameBeside } from '../../kinds/named-beside.ts';
import { rewrite } from '../anchors/rewritten.ts';
import type { ByteSink } from '../byte-sink.ts';
import { windowAround } from '../found.ts';
import { isOfHead, MAX_FIELD_TEXT, type Place } from '../place.ts';
import type { Scope } from '../scope.ts';
import { isName, mayBeNamedAround } from './naming.ts';
import type { Reading } from './reading.ts';
import { Records } from './records.ts';

type SearchText = (scope: Scope, place: Place, bytes: Buffer, open: (place: Place) => ByteSink) => void;

/**
 * Returns the name beside which all of it is still to be judged; null for none.
 * @param searchText searches another text than this one, at another place
 */
export function judgeWhole(reading: Reading, searchText: SearchText): string | null {
  const { bytes, place, scope, options } = reading;
  const { key } = place;
  if (!isOfHead(place)) scope.beside.note(key, bytes, 0, bytes.length);
  scope.token(place, null, key, bytes, 0, bytes.length);
  judgeFields(reading);
  judgeNamedHere(reading, searchText);
  const rewritten = options.isDeep ? rewrite(bytes, 0, bytes.length) : null;
  if (rewritten) reading.readAgain(rewritten, null, null);
  if (key === null || !mayTell(key)) return null;
  return isKeyName(key) || mayBeNamedAround(place, key) ? key : null;
}

/** The latest field of a form, a query or a cookie, with those before it. */
function judgeFields(reading: Reading): void {
  const { bytes, scope } = reading;
  const { key, fields, within, path } = reading.place;
  if (!fields || fields.length === 0 || scope.isSpent) return;
  const records = new Records(scope.kinds, scope.device);
  if (!records.mayCount(key, bytes, 0, bytes.length)) return;
  const before = fields.map(([name, text]): Member => ({ key: name, within, text }));
  const found = records.judge([...before, { key, within, text: bytes.toString('utf8') }]);
  if (found) reading.reportRecord(found, path, 0, windowAround(bytes, 0, bytes.length));
}

/** The value says what a field before it is: `device_id=…&device_id_type=imei`. */
function judgeNamedHere(reading: Reading, searchText: SearchText): void {
  const { bytes, place, scope, options } = reading;
  const { key, fields, where, told } = place;
  if (!fields || key === null || !mayName(key) || scope.isSpent || !isName(bytes, 0, bytes.length)) return;
  const naming: readonly (readonly [string, string])[] = [[key, bytes.toString('latin1')]];
  for (const [name, value] of fields.toReversed()) {
    if (!mayBeNamedBeside(name) || value.length >= MAX_FIELD_TEXT) continue;
    const run = { text: value, start: 0, end: value.length, key: name, within: [], where, fields: naming };
    const said = nameBeside(run);
    if (said === null) continue;
    const before = new Map([...(told ?? []), ...scope.toldSince(0)]);
    const named = { ...place, key: said, fields: null, told: before };
    searchText(scope, named, Buffer.from(value, 'latin1'), options.open);
    return;
  }
}
