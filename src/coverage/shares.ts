/**
 * Splits the bytes of one flow among the coverage classes. The parts always add up to exactly what `flow-closed` counted
 * (or, while it is open, to what was seen of it), in both directions, whatever was reported before.
 */
import type { CoverageClass } from '../model/coverage.ts';
import type { CloseReason, Flow } from '../model/flow.ts';
import type { PassCause } from '../model/pin.ts';

export interface Bytes {
  up: number;
  down: number;
}

/** What was noticed while the flow was open. */
export interface FlowNotes {
  /** A reader understood something: a request, a message. */
  understood: boolean;
  /** Bytes no reader understood. */
  raw: Bytes;
  /** Body bytes of exchanges that were found opaque, or not searched to the end. */
  opaque: Bytes;
  partial: Bytes;
  /** Passed on while nobody looked. */
  unwatched: Bytes;
}

export interface FlowEnd {
  flow: Flow;
  /** Null: it is open. */
  reason: CloseReason | null;
  bytes: Bytes;
  notes: FlowNotes;
  /** Made to keep something from the lab (look-ups over HTTPS): unread, it went past. */
  hides: boolean;
}

export interface Share {
  class: CoverageClass;
  bytes: Bytes;
}

/** Failures that would have been there without the lab. */
const FAILURES: readonly (CloseReason | null)[] = [
  'upstream-refused',
  'upstream-unresolvable',
  'upstream-timeout',
  'client-garbage',
];
/** Failures that may well be the lab's own: it never says that they are the others'. */
const LAB_FAILURES: readonly (CloseReason | null)[] = ['client-rejected-certificate', 'upstream-tls-failed', 'error'];

/** What decides of which class a connection is as a whole; a stored one has it too. */
export interface WholeFlow {
  flow: Pick<Flow, 'treatment' | 'engine' | 'intercepted'> & {
    protocol?: string | null | undefined;
    passCause?: PassCause | null | undefined;
  };
  reason: CloseReason | null;
  bytes: Bytes;
  hides: boolean;
  /** Nothing was understood, and nothing was kept as raw bytes or passed unwatched. */
  isSilent: boolean;
}

/** Null: it was looked into, and its bytes may be of several. */
export function wholeClassOf({ flow, reason, bytes, hides, isSilent }: WholeFlow): CoverageClass | null {
  if (flow.treatment === 'refuse' || reason === 'refused-by-policy')
    return flow.protocol === 'quic' ? 'quic' : 'refused';
  if (flow.treatment === 'passthrough' && (flow.engine === 'gateway' || hides)) return 'bypassing';
  if (reason === 'client-rejected-certificate') return 'lab-failed';
  if (flow.treatment === 'passthrough') return isPinned(flow) ? 'pinned' : 'passed';
  if (isSilent && LAB_FAILURES.includes(reason)) return 'lab-failed';
  if (isSilent && (FAILURES.includes(reason) || (bytes.up === 0 && bytes.down === 0))) return 'failed';
  return flow.intercepted ? null : 'passed';
}

/** At least one share; the first is the class the connection is counted in. */
export function shareOut(end: FlowEnd): Share[] {
  const { flow, notes } = end;
  const { raw, unwatched } = notes;
  const isSilent = !notes.understood && raw.up + raw.down + unwatched.up + unwatched.down === 0;
  const whole = wholeClassOf({ ...end, isSilent });
  if (whole !== null) return [{ class: whole, bytes: end.bytes }];

  let left = end.bytes;
  const shares: Share[] = [];
  const take = (name: CoverageClass, wanted: Bytes) => {
    // Messages may be counted after decompression and exceed what was on the wire: never give out more than there is.
    const bytes = { up: Math.min(wanted.up, left.up), down: Math.min(wanted.down, left.down) };
    if (bytes.up + bytes.down === 0) return;
    left = { up: left.up - bytes.up, down: left.down - bytes.down };
    shares.push({ class: name, bytes });
  };
  take('unwatched', notes.unwatched);
  take('opaque', notes.opaque);
  take('partially-scanned', notes.partial);
  const language = flow.protocol === 'udp' ? 'udp' : 'unreadable';
  take(language, raw);
  // Of datagrams, which are handed over as they are, the rest is beyond the limit of one flow.
  if (!notes.understood && shares.length > 0 && left.up + left.down === 0) return sorted(shares);
  const rest = notes.understood ? 'read' : language === 'udp' ? 'partially-scanned' : language;
  const same = shares.find((share) => share.class === rest);
  if (same === undefined) shares.push({ class: rest, bytes: left });
  else same.bytes = { up: same.bytes.up + left.up, down: same.bytes.down + left.down };
  return sorted(shares);
}

const sorted = (shares: Share[]): Share[] =>
  shares.toSorted((a, b) => b.bytes.up - a.bytes.up || b.bytes.down - a.bytes.down);

/** The app's own doing. */
function isPinned({ passCause }: WholeFlow['flow']): boolean {
  return passCause === 'pinned' || passCause === 'own-root';
}
