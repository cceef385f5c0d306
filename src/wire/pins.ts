/**
 * Remembers, per device and server name, what cannot be read without breaking an app, and lets it through: by proof.
 * Promise: time comes in as a function, nothing else is asked; at most `MAX_ENTRIES` are kept, oldest go first.
 *
 * | what happened | what follows |
 * |---|---|
 * | a TLS alert about the certificate, three times | proof |
 * | the same once, of a phone that trusts the lab, at a name that a feed hints at (`pass-hints.ts`) | proof, with its source |
 * | the untrusted copy of a server's bad certificate refused, three times | proof, in a book of its own |
 * | the server asks the app for a certificate | proof |
 * | a silent close, or TLS that fails | the next connection is passed through, and watched |
 * | resets after a whole handshake, three running, where nothing worked lately | the same |
 * | that, and data on the one passed through, twice running | proof |
 * | data on an intercepted connection | all of it is forgotten, but for alerts: another app may have sent them |
 *
 * What is proven is passed for 2, 4, 8 … connections and ten minutes at most; then one tries again.
 */
import { LRUCache } from 'lru-cache';
import { say } from '../formats/say.ts';
import type { FeedSource, PassCause, PinOverride, PinState } from '../model/pin.ts';
import { type Text, text } from '../model/text.ts';
import type { HintBook } from './pass-hints.ts';

export interface PinsOptions {
  now: () => number;
  /** Alerts before a name is passed through. Default 3. */
  threshold?: number;
  /** The longest a name is passed through before one connection tries again, milliseconds. Default ten minutes. */
  passMs?: number;
  /** Alerts older than this no longer count, milliseconds. Default one day. */
  forgetMs?: number;
  /** States from an earlier run. */
  initial?: PinState[];
  /** Phones that were seen to trust the lab's certificate. */
  trusting?: readonly string[];
  /** The lab's own names: whoever refuses there has no certificate yet, and is asked again and again on purpose. */
  isOwn?: (name: string) => boolean;
  /** What a hub says of names. */
  hints?: HintBook;
  /** Told after every change, for a store. */
  onChange?: (state: PinState) => void;
}

/** How an intercepted connection failed. `how`: a TLS alert name, `SILENT`, or an error code. */
export type Failure =
  | { kind: 'refused'; how: string; untrusted: boolean }
  | { kind: 'client-certificate' }
  | { kind: 'phone-tls' | 'server-tls'; how: Text };

export interface Judgement {
  /** Failures of this kind so far, this one included; 0 when it does not count. */
  count: number;
  /** Set when it is proven now, and was not before. */
  proven: Proven | null;
}
export interface Proven {
  cause: PassCause;
  proof: Text;
  /** By whose word it is proven sooner than it would be. */
  source?: FeedSource;
}

export type PinDecision =
  | { passthrough: false }
  /** `watched`: nothing is proven yet; `passed` must be told whether the app spoke. */
  | { passthrough: true; cause: PassCause; reason: Text; watched: boolean };

export interface Pins {
  /** Asked for every TLS connection that policy would intercept. */
  decide(device: string, name: string): PinDecision;
  failed(device: string, name: string, failure: Failure): Judgement;
  /** The app sent data over a connection that was intercepted. */
  accepted(device: string, name: string): void;
  /** What became of a connection that was passed through to be watched. */
  passed(device: string, name: string, spoke: boolean): Proven | null;
  override(device: string, name: string, mode: PinOverride): PinState;
  list(): PinState[];
  /** The hints are others now: what was proven by one that is gone is not. */
  hintsChanged(): void;
  /** Knows nothing of a phone any more. */
  forget(device: string): void;
}

const MAX_ENTRIES = 10_000;
/** While one connection probes, the others of the app go on working. */
const PROBE_MS = 30_000;
/** How long one working connection explains silent closes of others, and how many: browsers open spare connections. */
const TRUST_MS = 600_000;
const MAX_SPARE = 1;
/** Times that silence (or failure) and then data must follow each other. */
const ROUNDS = 2;
/** Resets without a word in between that are no bad network any more. */
const RESETS = 3;
const FIRST_PASSES = 2;
/** Ten minutes are over before. */
const MAX_PASSES = 4096;

interface Entry {
  device: string;
  name: string;
  override: PinOverride;
  alerts: number;
  strangers: number;
  how: string | null;
  since: number;
  last: number;
  /** The next connection is passed through for this; null: it is not. */
  next: { cause: PassCause; how: string | Text } | null;
  /** What the connection that is being watched would prove. */
  watching: { cause: PassCause; how: string | Text } | null;
  rounds: number;
  proven: Proven | null;
  passes: number;
  left: number;
  until: number;
  probeUntil: number;
}

export function createPins(options: PinsOptions): Pins {
  const { now, threshold = 3, passMs = 600_000, forgetMs = 86_400_000, isOwn = () => false, hints } = options;
  const entries = new LRUCache<string, Entry>({ max: MAX_ENTRIES });
  const worked = new LRUCache<string, { time: number; spare: number }>({ max: MAX_ENTRIES });
  /** Resets since something worked, by app. */
  const resets = new LRUCache<string, number>({ max: MAX_ENTRIES });
  const trusting = new LRUCache<string, true>({ max: MAX_ENTRIES });
  for (const device of options.trusting ?? []) trusting.set(device, true);
  const keyOf = (device: string, name: string) => `${device}\n${name.toLowerCase()}`;

  const entryFor = (device: string, name: string): Entry => {
    const key = keyOf(device, name);
    const known = entries.get(key);
    if (known) return known;
    const entry = newEntry(device, name.toLowerCase(), now());
    entries.set(key, entry);
    return entry;
  };
  const changed = (entry: Entry): PinState => {
    const state = stateOf(entry, now());
    options.onChange?.(state);
    return state;
  };
  for (const state of options.initial ?? []) entries.set(keyOf(state.device, state.name), restored(state));

  const pass = (entry: Entry, passes: number): void => {
    entry.passes = Math.min(passes, MAX_PASSES);
    entry.left = entry.passes;
    entry.until = now() + passMs;
    entry.probeUntil = 0;
    entry.next = null;
    entry.watching = null;
    entry.rounds = 0;
  };
  /** Null when it was proven before: it is passed through for twice as long. */
  const prove = (entry: Entry, proven: Proven): Proven | null => {
    const isNew = entry.proven?.cause !== proven.cause;
    pass(entry, entry.proven ? entry.passes * 2 : FIRST_PASSES);
    entry.proven = proven;
    return isNew ? proven : null;
  };
  const causeOf = (entry: Entry): PassCause => (trusting.has(entry.device) ? 'pinned' : 'no-certificate');
  const release = (entry: Entry, alerts = 0): void => {
    Object.assign(entry, { proven: null, passes: 0, left: 0, until: 0, probeUntil: 0, alerts, strangers: 0 });
  };
  /** Nothing is proven by it alone: the next connection is passed through, and shows more. */
  const doubt = (entry: Entry, cause: PassCause, how: string | Text): Proven | null => {
    if (entry.proven) {
      const isSame =
        how === RESET
          ? entry.proven.proof.key === 'proof.failed'
          : how === SILENT
            ? entry.proven.proof.key === 'proof.silent'
            : entry.proven.cause === cause;
      if (isSame) return prove(entry, entry.proven);
      // Another failure than the one that was proven says nothing about it: one connection passes, then one tries again.
      pass(entry, entry.passes);
      entry.left = 1;
      return null;
    }
    entry.next = { cause, how };
    return null;
  };
  const workedLately = (key: string): { spare: number } | null => {
    const lately = worked.get(key);
    return lately && now() - lately.time < TRUST_MS ? lately : null;
  };
  const isSpare = (key: string): boolean => {
    const lately = workedLately(key);
    return lately !== null && ++lately.spare <= MAX_SPARE;
  };
  const isBadNetwork = (key: string): boolean => {
    if (workedLately(key)) return true;
    const count = (resets.get(key) ?? 0) + 1;
    resets.set(key, count);
    return count < RESETS;
  };

  return {
    decide(device, name) {
      const entry = entries.get(keyOf(device, name));
      if (!entry || entry.override === 'never' || isOwn(name)) return INTERCEPT;
      if (entry.override === 'always') return passing('operator', text('pass.operator'));
      if (entry.proven) {
        const time = now();
        if (time < entry.until && entry.left > 0) entry.left--;
        else if (time >= entry.probeUntil) {
          entry.probeUntil = time + PROBE_MS;
          changed(entry);
          return INTERCEPT;
        }
        return passing(entry.proven.cause, reasonOf(entry.proven));
      }
      const { next } = entry;
      if (!next) return INTERCEPT;
      entry.next = null;
      entry.watching = next;
      if (next.how === SILENT) return passing('silent', text('pass.silent'), true);
      return passing(next.how === RESET ? 'silent' : next.cause, text('pass.once', { proof: saidOf(next.how) }), true);
    },

    failed(device, name, failure) {
      if (isOwn(name)) return { count: 1, proven: null };
      const how = 'how' in failure ? failure.how : failure.kind;
      const key = keyOf(device, name);
      if ((how === SILENT && isSpare(key)) || (how === RESET && isBadNetwork(key))) return { count: 0, proven: null };
      const entry = entryFor(device, name);
      const time = now();
      if (!entry.proven && time - entry.last > forgetMs) {
        Object.assign(entry, { alerts: 0, strangers: 0, rounds: 0, since: time });
      }
      entry.how = typeof how === 'string' ? how : say(how);
      entry.last = time;
      const judged = judge(entry, failure);
      changed(entry);
      return judged;
    },

    accepted(device, name) {
      const key = keyOf(device, name);
      resets.delete(key);
      hints?.wasRead(name.toLowerCase());
      const lately = worked.get(key);
      if (lately) Object.assign(lately, { time: now(), spare: 0 });
      else worked.set(key, { time: now(), spare: 0 });
      if (!trusting.has(device)) {
        trusting.set(device, true);
        for (const other of entries.values()) {
          if (other.device !== device || other.proven?.cause !== 'no-certificate') continue;
          release(other);
          changed(other);
        }
      }
      const entry = entries.get(key);
      if (!entry || (!entry.proven && !entry.next && !entry.watching && entry.rounds === 0)) return;
      if (entry.proven) release(entry);
      Object.assign(entry, { next: null, watching: null, rounds: 0 });
      changed(entry);
    },

    passed(device, name, spoke) {
      const entry = entries.get(keyOf(device, name));
      if (!entry?.watching || entry.proven) return null;
      const { cause, how } = entry.watching;
      entry.watching = null;
      entry.rounds = spoke ? entry.rounds + 1 : 0;
      if (entry.rounds < ROUNDS) return null;
      const proof =
        how === SILENT
          ? text('proof.silent', { times: ROUNDS })
          : text('proof.failed', { how: saidOf(how), times: ROUNDS });
      // Who finished the handshake without an alert has the lab's certificate, whatever it wants besides.
      const proven = prove(entry, { cause, proof });
      changed(entry);
      return proven;
    },

    override(device, name, mode) {
      const entry = entryFor(device, name);
      entry.override = mode;
      return changed(entry);
    },
    forget(device) {
      trusting.delete(device);
      for (const [key, entry] of [...entries.entries()])
        if (entry.device === device) {
          entries.delete(key);
          worked.delete(key);
          resets.delete(key);
        }
    },
    hintsChanged() {
      for (const entry of entries.values()) {
        if (!entry.proven?.source || hints?.sourceOf(entry.name)) continue;
        release(entry, entry.alerts);
        changed(entry);
      }
    },
    list() {
      const time = now();
      return [...entries.values()].map((entry) => stateOf(entry, time));
    },
  };

  function judge(entry: Entry, failure: Failure): Judgement {
    if (failure.kind === 'client-certificate')
      return { count: 1, proven: prove(entry, { cause: 'client-certificate', proof: text('proof.asked') }) };
    if (failure.kind !== 'refused') return { count: 1, proven: doubt(entry, failure.kind, failure.how) };
    const { how, untrusted } = failure;
    if (untrusted) {
      const count = ++entry.strangers;
      if (count < threshold && entry.proven?.cause !== 'own-root') return { count, proven: null };
      return {
        count,
        proven: prove(entry, { cause: 'own-root', proof: text('proof.untrusted', { how: saidOf(how), times: count }) }),
      };
    }
    if (how === SILENT || how === RESET) return { count: 1, proven: doubt(entry, 'pinned', how) };
    const count = ++entry.alerts;
    const hinted = count < threshold && entry.override === 'auto' && trusting.has(entry.device);
    const source = hinted ? (hints?.sourceOf(entry.name) ?? null) : null;
    if (count < threshold && !entry.proven && source === null) return { count, proven: null };
    const proof = source
      ? text('proof.hinted', { how, times: count, ...source })
      : text('proof.alert', { how, times: count });
    return { count, proven: prove(entry, { cause: causeOf(entry), proof, ...(source && { source }) }) };
  }
}

/** The word for a phone that goes away right after the certificate without saying why. */
export const SILENT = 'silent-close';
/** The same with a reset. Once it is the network; an app that never does anything else checks a pin. */
export const RESET = 'reset after the whole handshake, without a word';

const INTERCEPT: PinDecision = { passthrough: false };

function passing(cause: PassCause, reason: Text, watched = false): PinDecision {
  return { passthrough: true, cause, reason, watched };
}

/** How it failed, for people. */
export function saidOf(how: string | Text): Text {
  if (typeof how !== 'string') return how;
  if (how === SILENT) return text('ended.silent-close');
  return how === RESET ? text('ended.reset-silent') : text('ended.code', { code: how });
}

/** Why a name is passed through, one sentence. */
export function reasonOf({ cause, proof }: Proven): Text {
  if (cause === 'operator' || cause === 'client-certificate' || cause === 'silent') return text(`pass.${cause}`);
  return text(`pass.${cause}`, { proof });
}

function newEntry(device: string, name: string, time: number): Entry {
  return {
    device,
    name,
    override: 'auto',
    alerts: 0,
    strangers: 0,
    how: null,
    since: time,
    last: time,
    next: null,
    watching: null,
    rounds: 0,
    proven: null,
    passes: 0,
    left: 0,
    until: 0,
    probeUntil: 0,
  };
}

/** Of an earlier run, perhaps one that counted otherwise: it is passed through as long as was said then, and tried again. */
function restored(state: PinState): Entry {
  const entry = newEntry(state.device, state.name, state.since);
  entry.override = state.override;
  entry.how = state.how;
  if (state.cause === 'own-root') entry.strangers = state.rejections;
  else entry.alerts = state.rejections;
  // A feed of another version may be in force now: its next refusal says.
  if (state.state === 'watching' || state.source) return entry;
  const { cause = 'pinned', passes = FIRST_PASSES, left = passes, until } = state;
  const known = state.proofText ?? (state.proof ? text('proof.earlier', { said: state.proof }) : null);
  const proof = known ?? text('proof.alert', { how: state.how ?? SILENT, times: state.rejections });
  return Object.assign(entry, { proven: { cause: cause ?? 'pinned', proof }, passes, left, until: until ?? 0 });
}

function stateOf(entry: Entry, time: number): PinState {
  const { proven } = entry;
  return {
    device: entry.device,
    name: entry.name,
    override: entry.override,
    state: !proven ? 'watching' : time < entry.probeUntil ? 'probing' : 'pinned',
    rejections: entry.alerts + entry.strangers,
    how: entry.how,
    cause: proven?.cause ?? null,
    proof: proven && say(proven.proof),
    proofText: proven?.proof ?? null,
    source: proven?.source ?? null,
    passes: entry.passes,
    left: entry.left,
    since: entry.since,
    until: proven && entry.until,
  };
}
