/** What the issues ask of the product, as far as a run can tell: a goal whose contestants did not run is not listed. */
import type { Protocol } from './load.ts';
import { added, median, type ProxyResults, type Row, short } from './report.ts';

export interface Goal {
  what: string;
  value: number;
  /** At most. */
  limit: number;
  form(value: number): string;
}

const ratio = (value: number): string => (value < 1 ? `1/${short(1 / value)}` : `${short(value)} ×`);
const unit = (name: string) => (value: number) => `${short(value)} ${name}`;

/** Median of the ratios within each round; null when one of the two was not measured. */
function inRounds(own: readonly number[] | undefined, other: readonly number[] | undefined): number | null {
  const rounds = Math.min(own?.length ?? 0, other?.length ?? 0);
  if (rounds === 0) return null;
  return median(Array.from({ length: rounds }, (_, round) => own![round]! / other![round]!));
}

const PEERS: { id: string; protocol: Protocol; limit: number }[] = [
  { id: 'mitmproxy', protocol: 'h1', limit: 1 / 11 },
  { id: 'mitmproxy', protocol: 'h2', limit: 1 / 11 },
  { id: 'http-mitm-proxy', protocol: 'h1', limit: 1 / 1.7 },
  { id: 'mockttp', protocol: 'h1', limit: 1 / 2.6 },
  { id: 'mockttp', protocol: 'h2', limit: 1 / 2.6 },
  { id: 'nginx', protocol: 'h1', limit: 4 },
];

export function goals(results: ProxyResults): Goal[] {
  const list: Goal[] = [];
  const add = (what: string, value: number | null | undefined, limit: number, form: Goal['form']): void => {
    if (value !== null && value !== undefined) list.push({ what, value, limit, form });
  };
  const find = (id: string): Row | undefined => results.rows.find((row) => row.id === id);
  const lab = find('lab');
  if (lab) {
    const before = results.rows.find(({ id }) => id.startsWith('lab@'));
    const plain = before && find(`${before.id}-plain`);
    for (const protocol of ['h1', 'h2'] as const)
      add(
        `CPU per request, lab : ${plain?.id}, ${protocol}`,
        inRounds(lab.cpu[protocol], plain?.cpu[protocol]),
        1,
        ratio,
      );
    for (const { id, protocol, limit } of PEERS)
      add(
        `CPU per request, lab : ${id}, ${protocol}`,
        inRounds(lab.cpu[protocol], find(id)?.cpu[protocol]),
        limit,
        ratio,
      );
    const mitmproxy = find('mitmproxy')?.connection;
    const { known, neverSeen } = lab.connection;
    add('CPU per new connection, lab : mitmproxy', inRounds(known, mitmproxy?.known), 1 / 3, ratio);
    add('CPU per never-seen host, lab : mitmproxy', inRounds(neverSeen, mitmproxy?.neverSeen), 1 / 4, ratio);
    const [now, then] = [added(results, lab, 'p99'), before ? added(results, before, 'p99') : null];
    add(`latency added, p99, lab : ${before?.id}`, now !== null && then !== null ? now / then : null, 1 / 3, ratio);
    add('idle', lab.idleMb, 170, unit('MB'));
    add(`peak of a stalled upload of ${lab.upload?.megabytes} MB`, lab.upload?.peakMb, 200, unit('MB'));
    const { count, megabytes } = lab.idleConnections ?? {};
    add('2,000 idle connections', count === 2000 ? megabytes : null, 400, unit('MB'));
    add('last byte of a value to its alert, p99', lab.alert?.p99, 10, unit('ms'));
  }
  for (const { load, loop, neighbour, imei } of results.neighbours.filter(({ contestant }) => contestant === 'lab')) {
    add(`${load}: relay's event loop, p99`, loop.p99, 10, unit('ms'));
    add(`${load}: relay's event loop, worst`, loop.worst, 50, unit('ms'));
    add(`${load}: neighbour, p99`, neighbour.p99, 50, unit('ms'));
    add(
      `${load}: neighbour, worst`,
      neighbour.failed > 0 ? Number.POSITIVE_INFINITY : neighbour.worst,
      250,
      unit('ms'),
    );
    const late = imei.alerted < imei.sent ? Number.POSITIVE_INFINITY : imei.worst;
    add(`${load}: neighbour's IMEI to its alert, longest`, late, 2000, unit('ms'));
  }
  return list;
}
