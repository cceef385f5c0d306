/**
 * Splits the bytes of one closed flow among the coverage classes. The parts always add up to exactly what
 * `flow-closed` counted, in both directions, whatever was reported before.
 */
import type { CoverageClass } from '../model/coverage.ts';
import type { CloseReason, Flow } from '../model/flow.ts';

export interface Bytes {
  up: number;
  down: number;
}

/** What was noticed while the flow was open. */
export interface FlowNotes {
  /** A reader understood something: a request, a message. */
  understood: boolean;
  /** Times this app refused the lab's certificate, this flow included. */
  rejections: number;
  /** Bytes no reader understood. */
  raw: Bytes;
  /** Body bytes of exchanges that were found opaque, or not searched to the end. */
  opaque: Bytes;
  partial: Bytes;
}

export interface FlowEnd {
  flow: Flow;
  reason: CloseReason;
  bytes: Bytes;
  notes: FlowNotes;
  /** Rejections after which an app counts as pinned. */
  pinnedAfter: number;
  /** Made to keep something from the lab (look-ups over HTTPS): unread, it went past. */
  hides: boolean;
}

export interface Share {
  class: CoverageClass;
  bytes: Bytes;
}

const FAILURES: readonly CloseReason[] = [
  'upstream-refused',
  'upstream-unresolvable',
  'upstream-timeout',
  'upstream-tls-failed',
  'client-garbage',
  'error',
];

/** At least one share; the first is the class the connection is counted in. */
export function shareOut(end: FlowEnd): Share[] {
  const whole = (name: CoverageClass): Share[] => [{ class: name, bytes: end.bytes }];
  const { flow, reason, notes } = end;
  if (flow.treatment === 'refuse' || reason === 'refused-by-policy')
    return whole(flow.protocol === 'quic' ? 'quic' : 'refused');
  if (flow.treatment === 'passthrough' && (flow.engine === 'gateway' || end.hides)) return whole('bypassing');
  if (reason === 'client-rejected-certificate') return whole(notes.rejections >= end.pinnedAfter ? 'pinned' : 'failed');
  if (flow.treatment === 'passthrough') return whole(isPinned(flow) ? 'pinned' : 'passed');
  const nothing = !notes.understood && notes.raw.up === 0 && notes.raw.down === 0;
  if (nothing && (FAILURES.includes(reason) || (end.bytes.up === 0 && end.bytes.down === 0))) return whole('failed');
  if (!flow.intercepted) return whole('passed');

  let left = end.bytes;
  const shares: Share[] = [];
  const take = (name: CoverageClass, wanted: Bytes) => {
    // Messages may be counted after decompression and exceed what was on the wire: never give out more than there is.
    const bytes = { up: Math.min(wanted.up, left.up), down: Math.min(wanted.down, left.down) };
    if (bytes.up + bytes.down === 0) return;
    left = { up: left.up - bytes.up, down: left.down - bytes.down };
    shares.push({ class: name, bytes });
  };
  take('opaque', notes.opaque);
  take('partially-scanned', notes.partial);
  const raw = flow.protocol === 'udp' ? 'udp' : 'unreadable';
  take(raw, notes.raw);
  // Datagrams are handed over as they are: what was not is beyond the limit of one flow.
  if (raw === 'udp' && shares.length > 0 && left.up + left.down === 0) return shares;
  const rest = notes.understood ? 'read' : raw === 'udp' ? 'partially-scanned' : raw;
  const same = shares.find((share) => share.class === rest);
  if (same === undefined) shares.push({ class: rest, bytes: left });
  else same.bytes = { up: same.bytes.up + left.up, down: same.bytes.down + left.down };
  return shares.toSorted((a, b) => b.bytes.up - a.bytes.up || b.bytes.down - a.bytes.down);
}

/** The policy says why it passed a connection through; a pin is the one reason that is the app's own doing. */
function isPinned(flow: Flow): boolean {
  return /\bpin(s|ned|ning)?\b|refus\w* (the lab's|our) certificate|reject/i.test(flow.treatmentReason ?? '');
}
