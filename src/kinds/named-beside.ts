/**
 * Names that stand beside a value as values themselves: `{"name":"imei","value":…}`, `{"value":…,"key":"imei"}`,
 * `hardware_id` with `hardware_id_type`, `<param name="imei" value=…>`, `<key>imei</key><string>…`, `name=imei&value=…`.
 * Promise: only for names that say nothing by themselves; bounded windows and patterns, so the cost of one value is constant.
 */
import { isKeyName, normaliseKey } from './key-names.ts';
import type { Run } from './kind.ts';
import { recordText } from './parts/key-value.ts';

/** A value of whatever name stands beside it. */
const VALUES = new Set(
  'value val v values content data text string str stringvalue strvalue textvalue defaultvalue answer result'.split(
    ' ',
  ),
);
/** An id of whatever type is said beside it. */
const IDS = new Set(
  (
    'id identifier ident identity ids uid uuid udid did hardwareid deviceid deviceidentifier externalid userid clientid ' +
    'trackingid uniqueid deviceuid devid ifa rdid'
  ).split(' '),
);
const NAMING = new Set(
  'name key k n type kind field fieldname param parameter label property attribute attr code id keyname paramname'.split(
    ' ',
  ),
);
const TYPING = new Set(
  'type kind idtype identifiertype deviceidtype useridtype typename idkind deviceidkind idname name namespace source scheme'.split(
    ' ',
  ),
);
/** Of `id`, in `idType`. */
const NAMES_OF = ['type', 'kind', 'name', 'key'];
const MEMBER = /([A-Za-z$_][\w$-]{0,40})["'\]]{0,2}\s{0,3}[:=]\s{0,3}["']([A-Za-z$][\w .$:-]{1,60})["']/g;
/** Of a property list, up to the value's own tag. */
const PLIST = /<key>\s{0,2}([\w .$-]{1,60})<\/key>\s{0,40}<\w{1,10}>\s{0,2}$/;
/** The `name` of the value's own element. */
const ELEMENT = /<[\w:.-]{1,40}\s[^<>]{0,200}?\b(?:name|key|id)\s?=\s?["']([\w .$-]{1,60})["'][^<>]{0,120}>\s{0,3}$/;
/** Any other attributes, beside the element's own name: `<ns1:imei xsi:type="xsd:string">`. */
const OWN = /<(?:[\w.-]{1,30}:)?([\w.-]{1,40})\s[^<>]{0,200}>\s{0,3}$/;
/** `"value":{"stringValue":"`, before the value itself (OpenTelemetry). */
const WRAPPED = /"value"\s{0,3}:\s{0,3}\{\s{0,3}"[$A-Za-z]{1,20}"\s{0,3}:\s{0,3}"?$/;
const WINDOW = 320;

/** `idValue` beside `idType`: what a value is said of, before the word. */
const VALUE_OF = /^(\w{1,30})value$/;

/** The value beside it may be somebody's: it is a telling name, or one stands beside it. */
export function mayTell(key: string): boolean {
  return isKeyName(key) || mayBeNamedBeside(key);
}

/** Says nothing by itself: what stands beside it may. */
export function mayBeNamedBeside(key: string): boolean {
  return rolesOf(key).isNamed;
}

/** Its value may be the name of what stands beside it. */
export function mayName(key: string): boolean {
  return rolesOf(key).isNaming;
}

interface Roles {
  isNamed: boolean;
  isNaming: boolean;
}

/** Asked for every member of a document. Bounded so that keys chosen by a hostile sender cannot fill memory. */
const remembered = new Map<string, Roles>();
const MAX_REMEMBERED = 4096;
const LONGEST_KEY = 80;
const NONE: Roles = { isNamed: false, isNaming: false };

function rolesOf(key: string): Roles {
  if (key.length > LONGEST_KEY) return NONE;
  let roles = remembered.get(key);
  if (!roles) {
    const name = normaliseKey(key);
    roles = {
      isNamed: VALUES.has(name) || IDS.has(name) || VALUE_OF.test(name),
      isNaming: NAMING.has(name) || TYPING.has(name) || name.endsWith('type') || name.endsWith('kind'),
    };
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(key, roles);
  }
  return roles;
}

/** The name that the record of the run gives it; null when it gives none that is known. */
export function nameBeside(run: Run): string | null {
  if (run.key === null) return inMarkup(run);
  const own = normaliseKey(run.key);
  const isValue = VALUES.has(own);
  const of = VALUE_OF.exec(own)?.[1] ?? (IDS.has(own) ? own : null);
  if (!isValue && of === null) return inMarkup(run);
  const isNaming = (name: string): boolean =>
    isValue ? NAMING.has(name) : TYPING.has(name) || NAMES_OF.some((word) => name === `${of}${word}`);
  for (const [name, text] of membersAround(run)) {
    if (isNaming(normaliseKey(name)) && isKeyName(text) && !mayBeNamedBeside(text)) return text;
  }
  return inMarkup(run);
}

function* membersAround(run: Run): Generator<readonly [name: string, value: string]> {
  for (const [, name = '', value = ''] of recordText(unwrapped(run)).matchAll(MEMBER)) yield [name, value];
  // Of a form each field is a text of its own.
  yield* (run.fields ?? []).toReversed();
}

/** With the object that says its type. */
function unwrapped(run: Run): Run {
  const before = WRAPPED.exec(run.text.slice(Math.max(0, run.start - LONGEST_KEY), run.start))?.[0];
  const close = before === undefined ? -1 : run.text.indexOf('}', run.end);
  return before === undefined || close < 0 || close > run.end + 2
    ? run
    : { ...run, start: run.start - before.length, end: close + 1 };
}

function inMarkup(run: Run): string | null {
  let at = run.start - 1;
  while (at > run.start - 4 && isBlank(run.text.charCodeAt(at))) at--;
  if (run.text.charAt(at) !== '>') return null;
  const before = run.text.slice(Math.max(0, run.start - WINDOW), run.start);
  const name = PLIST.exec(before)?.[1] ?? ELEMENT.exec(before)?.[1] ?? null;
  if (name !== null && isKeyName(name)) return name;
  const own = OWN.exec(before)?.[1] ?? null;
  return own !== null && isKeyName(own) ? own : null;
}

/** As `\s`, of Latin-1. */
function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xa0;
}
