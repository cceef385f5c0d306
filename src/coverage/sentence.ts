/**
 * The coverage of one phone as a sentence a layman understands. Never rounds up: "99 %" means that something is left. Never
 * says "all" while anything failed or was refused because of the lab, is open unread, or could not be seen.
 */
import type { CoverageClass, DeviceCoverage, Gap, Unseen } from '../model/coverage.ts';
import { type PlainKey, type Text, type TextValue, text } from '../model/text.ts';

export type Counted = Pick<DeviceCoverage, 'trust' | 'readShare' | 'rows' | 'unseen' | 'gaps'>;

const NAMED = 3;
/** Of a connection that is open: what it carries is known when it ends. */
const UNREAD: readonly CoverageClass[] = ['pinned', 'passed', 'bypassing', 'unreadable', 'unwatched'];
const REFUSED: readonly CoverageClass[] = ['refused', 'quic'];

export function writeCoverage(counted: Counted): Text {
  const { trust, rows, unseen, gaps } = counted;
  const connections = (classes: readonly CoverageClass[]): number =>
    rows.reduce((sum, row) => sum + (classes.includes(row.class) ? row.connections : 0), 0);
  const failed = unseen.filter((one) => one.class === 'lab-failed' && !one.reached);
  const recovered = connections(['lab-failed']) - failed.reduce((sum, one) => sum + one.connections, 0);
  const refused = connections(REFUSED);
  const open = rows.reduce((sum, row) => sum + (UNREAD.includes(row.class) ? row.open : 0), 0);
  const of = (classes: readonly CoverageClass[]) => unseen.filter((one) => classes.includes(one.class));
  const parts = {
    trust: trust === 'refuses' ? text('coverage.distrust') : '',
    failed:
      failed.length === 0
        ? ''
        : text('coverage.failed', { count: receiversOf(failed).size, names: nameAll(failed, false) }),
    recovered: recovered === 0 ? '' : text('coverage.recovered', { count: recovered }),
    refused: refused === 0 ? '' : text('coverage.refused', { count: refused, names: nameAll(of(REFUSED), true) }),
    open: open === 0 ? '' : text('coverage.open', { count: open, names: nameAll(of(UNREAD), true) }),
    gaps: nameGaps(gaps),
  };
  const isWhole = Object.values(parts).every((part) => part === '') && connections(['unwatched']) === 0;
  return text('coverage', { head: head(counted, isWhole), ...parts });
}

function head({ readShare, unseen }: Counted, isWhole: boolean): Text {
  if (readShare === null) {
    return unseen.length === 0
      ? text('coverage.nothing-yet')
      : text('coverage.nothing-through', { names: nameAll(unseen, false) });
  }
  if (readShare === 1) return text(isWhole ? 'coverage.all' : 'coverage.all-that-came');
  const names = nameAll(
    unseen.filter(({ bytesUp }) => bytesUp > 0),
    true,
  );
  if (readShare === 0) return text('coverage.none', { names });
  const percent = Math.floor(readShare * 100);
  return percent === 0 ? text('coverage.little', { names }) : text('coverage.part', { percent, names });
}

/** One receiver may have several hosts: people want to know who, not which server. */
function receiversOf(unseen: readonly Unseen[]): Map<string, Pick<Unseen, 'country' | 'class' | 'bytesUp'>> {
  const receivers = new Map<string, Pick<Unseen, 'country' | 'class' | 'bytesUp'>>();
  for (const { host, owner, country, class: why, bytesUp } of unseen) {
    const name = owner ?? host;
    const known = receivers.get(name);
    if (known === undefined) receivers.set(name, { country, class: why, bytesUp });
    else known.bytesUp += bytesUp;
  }
  return receivers;
}

function nameAll(unseen: readonly Unseen[], withReason: boolean): TextValue {
  const sorted = [...receiversOf(unseen)].toSorted(([, a], [, b]) => b.bytesUp - a.bytesUp);
  const named = sorted.slice(0, NAMED).map(([name, { country, class: why }]): TextValue => {
    const reason = withReason ? text(`class.${why}`) : null;
    if (country === null && reason === null) return name;
    const details =
      country === null || reason === null
        ? (country ?? reason ?? '')
        : text('coverage.two-details', { first: country, second: reason });
    return text('coverage.named', { name, details });
  });
  if (sorted.length > NAMED) named.push(text('coverage.more', { more: sorted.length - NAMED }));
  return named;
}

function nameGaps(gaps: readonly Gap[]): TextValue {
  const down = gaps.filter(({ kind }) => kind === 'lab-down');
  const last = down.at(-1);
  const parts: Text[] = [];
  if (last !== undefined) {
    const span = { from: last.from, to: last.to ?? last.from };
    parts.push(
      down.length === 1
        ? text('coverage.lab-down', span)
        : text('coverage.lab-down-often', { times: down.length, ...span }),
    );
  }
  // Of each thing that could not be seen the last time: the others stand in `gaps`.
  const others = new Map(gaps.filter(({ kind }) => kind !== 'lab-down').map((gap) => [gap.subject, gap]));
  for (const gap of others.values()) parts.push(nameGap(gap));
  return parts.reduce<TextValue>((before, part) => (before === '' ? part : text('joined', { before, part })), '');
}

/** Watchers of the network, by the names under which they speak. */
const SUBJECTS: ReadonlyMap<string, PlainKey> = new Map([
  ['look-ups', 'gap.look-ups'],
  ['refused attempts', 'gap.refused-attempts'],
  ['datagrams', 'gap.datagrams'],
  ['inventory', 'gap.inventory'],
  ['flows as they come', 'gap.flows-as-they-come'],
  ['counters', 'gap.counters'],
  ['many flows', 'gap.many-flows'],
]);

function nameGap({ kind, subject, from, to, detail, detailText }: Gap): Text {
  if (kind === 'unwatched')
    return to === null ? text('coverage.unwatched-still', { from }) : text('coverage.unwatched', { from, to });
  const key = SUBJECTS.get(subject);
  const what = { subject: key ? text(key) : subject, from, detail: detailText ?? detail ?? '' };
  return to === null ? text('coverage.not-counted-still', what) : text('coverage.not-counted', { ...what, to });
}
