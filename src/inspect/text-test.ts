/**
 * The detector's word on a short text that is about to be shown or written down: does it hold a value?
 * Promise: what the detector would find in the same text on the wire is found here, by the same search and in the same
 * layers; names that come again cost a look-up; bounded.
 */
import type { IdentifierKind } from '../kinds/kind.ts';
import { registry } from '../kinds/registry.ts';
import type { Device } from '../model/device.ts';
import { DEFAULT_RULES, Meter } from './budget.ts';
import { CleanValues } from './clean-values.ts';
import { openWithSibling } from './decode/sibling-key.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { placeAt } from './place.ts';
import { searchValue } from './request-places.ts';
import { Scope, type Shared } from './scope.ts';
import { encodings } from './search/encodings.ts';
import { holdsKnown, type Known, prepareKnown } from './search/known.ts';
import { decodePercent } from './structure/form.ts';
import { Names } from './structure/names.ts';
import { atOnce } from './work.ts';

export interface TextTest {
  /** A name: anything that is registered of this phone, or that is an identifier by its shape. */
  holds(name: string): boolean;
  /** Words for people: what is registered of this phone, whatever stands between its letters and digits. */
  tells(words: string): boolean;
}

/** Host names, locators and the like: a few hundred per phone. */
const MAX_REMEMBERED = 2000;
/** Longer texts are not remembered. */
const LONGEST_REMEMBERED = 256;
const LEAST_TEXT = 4;

/** @param device null: nothing is registered, shapes alone are known */
export function createTextTest(device: Device | null, kinds: readonly IdentifierKind[] = registry): TextTest {
  let known: Known | null = null;
  const knownOf = (): Known | null => {
    if (device !== null) known ??= prepareKnown(device, kinds);
    return known;
  };
  const tells = remembered((text) => {
    const all = knownOf();
    if (all === null) return false;
    return spelledOut(
      text,
      (bytes) => isFound(bytes, device, all, NO_KINDS) || holdsKnown(all, Buffer.from(bare(bytes.toString()))),
    );
  });
  const isShaped = (bytes: Buffer): boolean => isFound(bytes, device, null, kinds);
  return { tells, holds: remembered((text) => tells(text) || spelledOut(text, isShaped)) };
}

/** Longer texts are recognised by their beginning. */
const MAX_VALUE = 120;
const LEAST_VALUE = 6;

/**
 * A value that is registered of nobody: in all that the search would look for if it were, digests aside.
 * `seen`: how it stood there, which is a secret as well.
 */
export function createValueTest(value: string, seen: string): TextTest['holds'] {
  const isSeen = createSeenTest(value, seen);
  const exact = new Set<string>();
  const folded = new Set<string>();
  for (const text of new Set([value, bare(value)])) {
    for (const { bytes, binary, fold } of encodings(text.slice(0, MAX_VALUE), true)) {
      if (binary || bytes.length < LEAST_VALUE) continue;
      if (fold) folded.add(bytes.toString().toLowerCase());
      else exact.add(bytes.toString());
    }
  }
  return (text) =>
    isSeen(text) || eitherWay(text, (given) => holdsOne(given, exact) || holdsOne(given.toLowerCase(), folded));
}

/** The texts themselves, in either case and whatever stands between their letters and digits. */
export function createSeenTest(...texts: string[]): TextTest['holds'] {
  const needles = new Set<string>();
  for (const text of texts)
    for (const form of [text.toLowerCase(), bare(text.toLowerCase())])
      if (form.length >= LEAST_VALUE) needles.add(form);
  return (text) => eitherWay(text.toLowerCase(), (given) => holdsOne(given, needles));
}

function eitherWay(text: string, test: (text: string) => boolean): boolean {
  return text.length >= LEAST_TEXT && (test(text) || test(bare(text)));
}

function holdsOne(text: string, needles: ReadonlySet<string>): boolean {
  for (const needle of needles) if (text.includes(needle)) return true;
  return false;
}

const NO_KINDS: readonly IdentifierKind[] = [];

function remembered(test: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    if (text.length < LEAST_TEXT) return false;
    let answer = known.get(text);
    if (answer !== undefined) return answer;
    answer = test(text);
    if (text.length > LONGEST_REMEMBERED) return answer;
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(text, answer);
    return answer;
  };
}

/** The text as a name is read on the wire: escapes undone, and characters beyond ASCII as bytes or as UTF-8. */
function spelledOut(text: string, test: (bytes: Buffer) => boolean): boolean {
  const bytes = Buffer.from(text);
  if (test(bytes)) return true;
  if (text.includes('%') && test(decodePercent(bytes))) return true;
  return bytes.length !== text.length && test(Buffer.from(text, 'latin1'));
}

function bare(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}

function isFound(bytes: Buffer, device: Device | null, known: Known | null, kinds: readonly IdentifierKind[]): boolean {
  let isFound = false;
  const jobs: Parameters<Scope['later']>[0][] = [];
  const shared: Shared = {
    kinds,
    decoders: [],
    limits: DEFAULT_LIMITS,
    judgeImage: null,
    names: new Names(),
    rules: DEFAULT_RULES,
    meter: new Meter(null),
    emit(event) {
      // What is too much to look into is not shown either.
      isFound ||= event.type === 'partially-scanned' || event.finding.identifier.kind !== 'opaque';
    },
  };
  shared.meter.begin();
  const work = { later: (job: (typeof jobs)[number]) => void jobs.push(job) };
  const scope = new Scope(shared, '', { host: '', device, known, clean: new CleanValues(), work }, 0);
  scope.budget.grant(bytes.length);
  searchValue(scope, placeAt('path', null, null), bytes);
  for (const job of jobs) atOnce(job);
  scope.settle(openWithSibling);
  return isFound;
}
