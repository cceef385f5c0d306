/**
 * What one identifier kind brings: how a value is registered and spelled, what stands for nobody, how an unregistered
 * one is recognised, and the vectors that prove all of it. A kind is data and pure functions; the engine does the
 * searching and knows no kind by name.
 */
import type { Device } from '../model/device.ts';
import type { Confidence, Kind, Where } from '../model/identifier.ts';
import type { Text } from '../model/text.ts';

/** What an operator typed: as it is kept, with a warning where it may be mistyped; or why it can be no such value. */
export type Checked = { ok: true; value: string; warning: Text | null } | { ok: false; problem: Text };

/** One way a registered value may be written before any encoding or hashing. */
export interface Spelling {
  /** What stands on the wire, as text. */
  text: string;
  /** The value as a person would write it: what the alert masks. */
  value: string;
  /** For people: `15 digits`, `with colons`, `IMEISV`. */
  label: string;
  /** Count as a hit only between non-alphanumeric neighbours: for short or common texts. */
  bounded: boolean;
  /** Case-insensitive on the wire (names, messages, hex). */
  anyCase: boolean;
  /** Also search hashes of this spelling. */
  hashed: boolean;
  /** Is it only a part of a longer value here, given up to 64 characters on each side? `my.lab@example.com` is not `lab@example.com`. */
  isPart?: (before: string, after: string) => boolean;
}

/** A run of bytes that might be an identifier, found by the engine's anchor scan. */
export interface Run {
  /** Latin-1 text of the bounded window the run stands in. */
  text: string;
  start: number;
  end: number;
  /**
   * Nearest key name before it (JSON key, query name, header name, form part, CSV prefix), as written; null when none. Where the
   * name is itself a value (`{"name":"imei","value":…}`), that.
   */
  key: string | null;
  /** Names around it, nearest first, at most four: `device` of `{"device":{"id":…}}`. */
  within?: readonly string[];
  /** Its record is judged member by member (`RecordShape`): what several values are together is said there. */
  isOfRecord?: boolean;
  /** Where in a request it stands. */
  where?: Where;
  /** The registered phone that sends it, when there is one: shapes that compare with registered values (positions, cells, short names) need it. */
  device?: Device;
  /**
   * Names and values of the fields before this one in the same form, query or cookie, where each field is a text of its
   * own: a position or a cell is spread over several. Nearest last; at most 32.
   */
  fields?: readonly (readonly [name: string, value: string])[];
}

export interface Verdict {
  /** Span of the identifier inside `run.text`. */
  start: number;
  end: number;
  /** As a person would write it. */
  value: string;
  confidence: Confidence;
  /** One sentence, without the value. */
  reasoning: Text;
  /** The name is used for other kinds as well: if the value stands beside a surer one elsewhere in the request, it is that. */
  isAmbiguous?: boolean;
  /** It is a registered value of `run.device`, e.g. a position within its radius; absent means unregistered. */
  known?: boolean;
}

/**
 * Which runs the engine offers to a shape:
 * `digits` 10-32 digits, single dashes or spaces between them allowed · `hex` 8-64 hex digits, maximal run, or 8-16 with a dash ·
 * `mac` six pairs joined by : or - (by : also without leading zeros) or three quads joined by . · `uuid` 8-4-4-4-12 · `at` the text around an @ ·
 * `decimal` -?d{1,3}.d{2,}, and d{4}.d{2,} beside N or S · `key` the value beside a key name listed in key-names.yaml.
 */
export type Anchor = 'digits' | 'hex' | 'mac' | 'uuid' | 'at' | 'decimal' | 'key';

export interface Shape {
  anchors: Anchor[];
  /**
   * Which runs of `digits`, `hex` and `uuid` it takes without a telling name, by their length in characters; none unless
   * given, because nearly all of them are counters, clocks, digests and request ids. Numbers after a `+` are always offered.
   */
  unnamed?: Partial<Record<Anchor, readonly [least: number, most: number]>>;
  /** For the anchor `key`: of which kind the names are; mostly its own. */
  named?: Kind;
  /** Linear time; null when it is not one. Must reject placeholders (all zeros and the like). */
  judge(run: Run): Verdict | null;
}

/** One value of a record: of a JSON object, a message, a form, a query. */
export interface Member {
  key: string | null;
  within?: readonly string[];
  text: string;
  /** What its bits mean in other forms of number, where the record has no names and no types. */
  numbers?: readonly string[];
}

export interface RecordVerdict {
  /** The member that stands for the whole. */
  at: Member;
  value: string;
  confidence: Confidence;
  reasoning: Text;
  known?: boolean;
}

/** Something that several values of one record are together, at any distance and in any order. */
export interface RecordShape {
  /** Of which kind the names are. */
  named: Kind;
  /** The first two significant digits of numbers that count under any name, because they may be registered ones. */
  leading(device: Device | undefined): ReadonlySet<string>;
  /** The last of the members has just come; those before it are the ones that may count, at most 32. */
  judge(members: readonly Member[], device: Device | undefined): RecordVerdict | null;
}

export interface Vector {
  /** Says why, e.g. `part of a longer number`. */
  name: string;
  /** Text to search, as a body would hold it. */
  text: string;
  /** Expected value and confidence, or null for a text that must not be found. */
  expect: { value: string; confidence: Confidence } | null;
  /** Where the odd ones come from (report, RFC, 3GPP). */
  source?: string;
}

export interface IdentifierKind {
  kind: Kind;
  title: string;
  /** How a registered value is checked; the kinds that say `isRegistered` in model/kinds.ts have it. No problem or warning holds the value. */
  register?(text: string): Checked;
  /** A lab value, for kinds that are registered as texts: the tests register it and must find it in every encoding. */
  example?: string;
  /** Stands where a value would and identifies nobody: withheld, opted out, an emulator's. Neither registered nor searched nor found. */
  isPlaceholder?(value: string): boolean;
  /** Two ways to write one identifier have one canonical form. Given the value as written and without case and separators, which never matter. */
  canonical?(value: string): string;
  /**
   * What a registered value is a part of: a contact is a name and a number. Those of one record are one finding; null for a value
   * that stands for itself.
   */
  factOf?(value: string, device: Device): string | null;
  /** A value of this form that is not registered as one may be registered as one of these: a telephone number is a contact's. */
  mayBeOf?: readonly Kind[];
  /** Key names of a kind that is not in key-names.yaml: group → name → source. */
  names?: Record<string, Record<string, string>>;
  /** All spellings of this kind's registered values of one phone, placeholders left out. */
  spell(device: Device): Spelling[];
  shape: Shape | null;
  /** For kinds that are several values together. */
  record?: RecordShape;
  /** Shape vectors (nothing registered). */
  vectors: Vector[];
}

/** What looking at one recognised picture (JPEG, PNG, WebP, HEIC) brought to light. */
export interface ImageVerdict {
  kind: Kind;
  /** As a person would write it. */
  value: string;
  /** True when it is something registered or planted for this phone. */
  known: boolean;
  confidence: Confidence;
  /** One sentence, without the value. */
  reasoning: Text;
  /** Where in the picture, e.g. `exif:GPSLatitude`; null for the picture as a whole. */
  path: string | null;
}

/**
 * Looks at the bytes of one whole picture (at most 8 MB); `device` is null for a phone nobody registered. Must not throw.
 * Works in steps, and yields after each how many units of work it was.
 */
export type JudgeImage = (bytes: Buffer, device: Device | null) => Iterator<number, ImageVerdict[]>;
