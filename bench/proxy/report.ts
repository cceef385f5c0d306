/** The results of one run of the proxy benchmark: their shape and the tables a person reads. */
import type { Latency } from './fixed-rate.ts';
import { goals } from './goals.ts';
import type { Protocol } from './load.ts';
import type { NeighbourRow } from './neighbours.ts';

export interface Machine {
  cpu: string;
  cores: number;
  kernel: string;
  node: string;
  memoryGb: number;
  /** Of one minute, before and after the run: how busy others kept the machine. */
  loadBefore: number;
  loadAfter: number;
}

/** One contestant. Lists hold one entry per round; what was not measured is absent. */
export interface Row {
  id: string;
  title: string;
  version: string;
  /** CPU seconds per 1,000 requests. */
  cpu: Partial<Record<Protocol, number[]>>;
  /** At the fixed rate; what the path without a proxy has is in `direct`. */
  latency: Pick<Latency, 'p50' | 'p99'>[];
  /** CPU milliseconds per new connection. */
  connection: { known: number[]; neverSeen: number[] };
  idleMb?: number;
  upload?: { megabytes: number; peakMb: number };
  idleConnections?: { count: number; megabytes: number };
  /** Milliseconds from the last byte of the value to the alert on the WebSocket. */
  alert?: { count: number; p50: number; p99: number; max: number };
  /** By the ordinary traffic of the run, which holds nobody's values. */
  alertsRaised?: number;
}

export interface ProxyResults {
  date: string;
  command: string;
  machine: Machine;
  rounds: number;
  concurrency: number;
  perSecond: number;
  /** Latency at the fixed rate with nobody in between. */
  direct: Pick<Latency, 'p50' | 'p99'>[];
  rows: Row[];
  neighbours: NeighbourRow[];
  neighbourSeconds: number;
  /** Who is not installed, and what to install. */
  leftOut: { id: string; needs: string }[];
  /** What went wrong, in words. */
  remarks: string[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** What a contestant adds to the direct path, milliseconds: the median over rounds of the difference within each. */
export function added(results: ProxyResults, row: Row, which: 'p50' | 'p99'): number | null {
  const differences = row.latency.map((one, round) => one[which] - results.direct[round]![which]);
  return differences.length > 0 ? median(differences) : null;
}

const NONE = '–';
export const short = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value.toPrecision(value < 0.1 ? 2 : 3);
const ms = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

const spread = (values: readonly number[] | undefined): string =>
  values && values.length > 0
    ? `${short(median(values))} (${short(Math.min(...values))}-${short(Math.max(...values))})`
    : NONE;
/** Of CPU milliseconds per connection. */
const perCpuSecond = (costs: readonly number[]): string =>
  costs.length > 0 ? (1000 / median(costs)).toFixed(0) : NONE;

/** Columns in which nobody has anything are left out. */
function table(head: string[], lines: string[][]): string {
  if (lines.length === 0) return '';
  const isShown = head.map((_, column) => lines.some((cells) => cells[column] !== NONE));
  const line = (cells: string[]): string => `| ${cells.filter((_, column) => isShown[column]).join(' | ')} |`;
  return `\n${[line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n')}\n`;
}

function contestantTable(results: ProxyResults): string {
  const { rows, perSecond } = results;
  const head = ['', 'version', 'CPU s / 1,000 requests, h1', 'h2', `ms added at ${perSecond}/s, p50`, 'p99'];
  head.push('new connections / CPU s, known host', 'never seen', 'idle, MB', 'peak MB, stalled upload');
  head.push('MB with idle connections', 'last byte to alert, p50 / p99 ms', 'alerts by ordinary traffic');
  const cells = (row: Row): string[] => {
    const adds = (which: 'p50' | 'p99'): string => {
      const value = added(results, row, which);
      return value === null ? NONE : ms(value);
    };
    const { upload, idleConnections, alert } = row;
    return [
      `${row.title} (\`${row.id}\`)`,
      row.version,
      spread(row.cpu.h1),
      spread(row.cpu.h2),
      adds('p50'),
      adds('p99'),
      perCpuSecond(row.connection.known),
      perCpuSecond(row.connection.neverSeen),
      row.idleMb === undefined ? NONE : short(row.idleMb),
      upload ? `${short(upload.peakMb)} (${upload.megabytes} MB)` : NONE,
      idleConnections ? `${short(idleConnections.megabytes)} (${idleConnections.count})` : NONE,
      alert ? `${ms(alert.p50)} / ${ms(alert.p99)} (${alert.count})` : NONE,
      row.alertsRaised === undefined ? NONE : String(row.alertsRaised),
    ];
  };
  const measured = rows.map(cells).filter((line) => line.slice(2).some((cell) => cell !== NONE));
  return table(head, measured);
}

function neighbourTable({ neighbours }: ProxyResults): string {
  const head = ['', 'load', 'sent', 'p50 ms', 'p99', 'worst', 'failed', 'relay loop p99 ms', 'worst', 'by /metrics'];
  head.push('IMEI alerted', 'worst ms');
  const lines = neighbours.map(({ contestant, load, sent, neighbour, loop, ownLoop, imei }) => [
    contestant,
    load,
    `${sent.whole} (${ms(sent.megabytes)} MB)`,
    ...[neighbour.p50, neighbour.p99, neighbour.worst].map(ms),
    String(neighbour.failed),
    ms(loop.p99),
    ms(loop.worst),
    ownLoop ? `${ms(ownLoop.p99)} / ${ms(ownLoop.worst)}` : NONE,
    `${imei.alerted} of ${imei.sent}`,
    ms(imei.worst),
  ]);
  return table(head, lines);
}

export function toMarkdown(results: ProxyResults): string {
  const { machine, leftOut, remarks } = results;
  const held = goals(results).map(({ what, value, limit, form }) => {
    const met = value <= limit ? 'met' : 'missed';
    return [what, form(value), form(limit), met];
  });
  const was =
    machine.loadBefore > 1 ? 'others worked on it too: take ratios and memory, not times' : 'it was otherwise idle';
  return `# What the proxy costs, ${results.date}

\`${results.command}\`: POSTs of 1 KB over kept-alive TLS, no two alike in head or body, ${results.concurrency} under way, proxy on one core,
load and origin on the other, contestants in turn in every round; user and system time of the proxy's whole process, children
included; median (lowest-highest) over rounds, here ${results.rounds}. A ratio is the median of the ratios of each round.
${contestantTable(results)}${results.neighbours.length > 0 ? `\nA neighbour while another phone sends a hostile load, ${results.neighbourSeconds} s each (the loop's delay includes a timer of 1 ms):\n` : ''}${neighbourTable(results)}${table(['goal', 'measured', 'asked', ''], held)}
${leftOut.map(({ id, needs }) => `Left out: ${id}, which needs ${needs}.\n`).join('')}${remarks.map((remark) => `Remark: ${remark}.\n`).join('')}
Machine: ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}. Load average ${machine.loadBefore.toFixed(1)} before and
${machine.loadAfter.toFixed(1)} after: ${was}.
`;
}
