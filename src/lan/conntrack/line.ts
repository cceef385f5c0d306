/**
 * One line of `conntrack -L` or `conntrack -E … -o timestamp,extended,id` (conntrack-tools 1.4) as a value.
 * Promise: pure; a line in no known shape is null. Counters are of layer 3: headers included, both fragments and repeats.
 */

export interface TrackedLine {
  /** `list` when the line comes from a dump. */
  event: 'list' | 'new' | 'destroy';
  /** The kernel's own id together with the addresses: unique while the entry lives. */
  key: string;
  /** `tcp`, `udp`, `icmp`, `esp`…; `protocol 99` for a number without a name. */
  protocol: string;
  from: { ip: string; port: number };
  to: { ip: string; port: number };
  /** Who answers: another one than `to.ip` when the connection was redirected. */
  answeredBy: string;
  /** Null when the kernel does not count (`nf_conntrack_acct`), and in `new` lines. */
  bytesUp: number | null;
  bytesDown: number | null;
  packetsUp: number | null;
}

/** IANA protocol numbers that phones use past a TCP and UDP gateway. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  41: '6in4',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmpv6',
  132: 'sctp',
  136: 'udplite',
};

const HEAD = /^(?:\[\d+\.\d+\]\s*)?(?:\[([A-Z]+)\]\s+)?ipv[46]\s+\d+\s+\S+\s+(\d+)\s/;
const FIELD = /\b(src|dst|sport|dport|packets|bytes|id)=(\S+)/g;

export function parseLine(line: string): TrackedLine | null {
  const head = HEAD.exec(line);
  if (!head) return null;
  const event = head[1] === undefined ? 'list' : head[1] === 'NEW' ? 'new' : head[1] === 'DESTROY' ? 'destroy' : null;
  if (event === null) return null;
  const seen: Record<string, string[]> = { src: [], dst: [], sport: [], dport: [], packets: [], bytes: [], id: [] };
  FIELD.lastIndex = head[0].length;
  for (let match = FIELD.exec(line); match; match = FIELD.exec(line))
    seen[match[1] as string]?.push(match[2] as string);
  const { src = [], dst = [], sport = [], dport = [], packets = [], bytes = [], id = [] } = seen;
  const [from, answeredBy] = src;
  const [to] = dst;
  if (from === undefined || to === undefined || answeredBy === undefined) return null;
  const protocol = NAMES[Number(head[2])] ?? `protocol ${head[2]}`;
  // The last one: an ICMP entry has an echo id of its own before it.
  const kernelId = id.at(-1) ?? '';
  return {
    event,
    key: `${kernelId} ${protocol} ${from} ${sport[0] ?? ''} ${to} ${dport[0] ?? ''}`,
    protocol,
    from: { ip: from, port: Number(sport[0] ?? 0) },
    to: { ip: to, port: Number(dport[0] ?? 0) },
    answeredBy,
    bytesUp: number(bytes[0]),
    bytesDown: number(bytes[1]),
    packetsUp: number(packets[0]),
  };
}

/**
 * Who answers a TCP connection, found without taking the line apart; null for other lines. Nearly all lines of a busy
 * gateway are connections of the relay: twenty thousand of them cost 10 ms instead of 100.
 */
export function tcpAnsweredBy(line: string): string | null {
  if (!line.includes(' tcp ')) return null;
  const first = line.indexOf(' src=');
  const second = first < 0 ? -1 : line.indexOf(' src=', first + 5);
  const end = second < 0 ? -1 : line.indexOf(' ', second + 5);
  return end < 0 ? null : line.slice(second + 5, end);
}

const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
