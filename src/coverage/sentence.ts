/** The coverage of one phone as a sentence a layman understands. Never rounds up: "99 %" means that something is left. */
import type { CoverageClass, DeviceCoverage } from '../model/coverage.ts';

const REASONS: Record<CoverageClass, string> = {
  read: 'read',
  unreadable: 'in a language the lab does not know',
  opaque: 'locked inside',
  'partially-scanned': 'too large or too deep to search in full',
  pinned: 'the app lets nobody look',
  passed: 'passed through on request',
  refused: 'refused by the lab',
  failed: 'the connection failed',
  udp: 'plain datagrams, searched as they are',
  quic: 'QUIC, refused by the lab',
  bypassing: 'went past the lab unread',
};

const NAMED = 3;

export function writeCoverage(readShare: number | null, unseen: DeviceCoverage['unseen']): string {
  if (readShare === null) {
    return unseen.length === 0
      ? 'This phone has sent nothing through the lab yet.'
      : `This phone has sent nothing that got through; it tried to reach ${nameAll(unseen, false)}.`;
  }
  if (readShare === 1) return 'All of what this phone sent could be read.';
  const sent = unseen.filter(({ bytesUp }) => bytesUp > 0);
  const percent = Math.floor(readShare * 100);
  const start =
    percent === 0 && readShare === 0
      ? 'Nothing of what this phone sent'
      : `${percent || 'Less than 1'} % of what this phone sent`;
  return `${start} could be read; the rest went to: ${nameAll(sent, true)}.`;
}

function nameAll(unseen: DeviceCoverage['unseen'], withReason: boolean): string {
  // One receiver may have several hosts: people want to know who, not which server.
  const receivers = new Map<string, { country: string | null; class: CoverageClass; bytes: number }>();
  for (const { host, owner, country, class: why, bytesUp } of unseen) {
    const name = owner ?? host;
    const known = receivers.get(name);
    if (known === undefined) receivers.set(name, { country, class: why, bytes: bytesUp });
    else known.bytes += bytesUp;
  }
  const sorted = [...receivers].toSorted(([, a], [, b]) => b.bytes - a.bytes);
  const named = sorted.slice(0, NAMED).map(([name, { country, class: why }]) => {
    const details = [country, withReason ? REASONS[why] : null].filter((part) => part !== null);
    return details.length === 0 ? name : `${name} (${details.join(', ')})`;
  });
  if (sorted.length > NAMED) named.push(`${sorted.length - NAMED} more`);
  return named.join('; ');
}
