/** The results of one run of the proxy benchmark: their shape, the table a person reads, the goals they are held against. */
import type { Contestant } from './contestants.ts';
import type { Protocol } from './load.ts';

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

export interface Row {
  name: Contestant['name'];
  title: string;
  version: string;
  /** CPU seconds per 1,000 requests, one per repetition. */
  cpu: Partial<Record<Protocol, number[]>>;
  idleMb: number;
  /** Peak resident memory with an upload to a stalled origin. */
  upload: { megabytes: number; peakMb: number };
}

export interface ProxyResults {
  date: string;
  machine: Machine;
  requestsPerRepetition: Record<string, number>;
  concurrency: number;
  rows: Row[];
  leftOut: string[];
  /** Milliseconds from the last byte of the value to the alert on the WebSocket. */
  alertMs: { count: number; p50: number; p99: number; max: number };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
}

const cpuOf = (results: ProxyResults, name: Row['name'], protocol: Protocol): number | null => {
  const values = results.rows.find((row) => row.name === name)?.cpu[protocol];
  return values && values.length > 0 ? median(values) : null;
};

interface Goal {
  what: string;
  value: number;
  limit: number;
  unit: string;
}

/** What the issues ask, as far as this run can tell. */
export function goals(results: ProxyResults): Goal[] {
  const list: Goal[] = [];
  const ratio = (peer: Row['name'], protocol: Protocol, limit: number): void => {
    const own = cpuOf(results, 'lab', protocol);
    const other = cpuOf(results, peer, protocol);
    if (own !== null && other !== null)
      list.push({ what: `CPU per request, lab : ${peer}, ${protocol}`, value: own / other, limit, unit: '' });
  };
  ratio('mitmproxy', 'h1', 1 / 15);
  ratio('mitmproxy', 'h2', 1 / 15);
  ratio('http-mitm-proxy', 'h1', 1 / 4);
  const own = results.rows.find(({ name }) => name === 'lab');
  if (own)
    list.push({
      what: `peak memory, ${own.upload.megabytes} MB upload to a stalled origin`,
      value: own.upload.peakMb,
      limit: 90,
      unit: ' MB',
    });
  list.push({ what: 'last byte of the value to the alert, p99', value: results.alertMs.p99, limit: 10, unit: ' ms' });
  return list;
}

const short = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));

export function toMarkdown(results: ProxyResults): string {
  const { machine, alertMs } = results;
  const spread = (values: number[] | undefined): string =>
    values && values.length > 0
      ? `${short(median(values))} (${short(Math.min(...values))}-${short(Math.max(...values))})`
      : '–';
  const rows = results.rows.map(
    ({ title, version, cpu, idleMb, upload }) =>
      `| ${title} | ${version} | ${spread(cpu.h1)} | ${spread(cpu.h2)} | ${short(idleMb)} | ${short(upload.peakMb)} (${upload.megabytes} MB) |`,
  );
  const held = goals(results).map(({ what, value, limit, unit }) => {
    const shown = unit === '' ? `1/${short(1 / value)}` : `${short(value)}${unit}`;
    const asked = unit === '' ? `1/${short(1 / limit)}` : `${short(limit)}${unit}`;
    return `| ${what} | ${shown} | ${asked} | ${value <= limit ? 'met' : 'missed'} |`;
  });
  return `# What the proxy costs, ${results.date}

\`npm run bench:proxy\`: 1 KB POSTs over kept-alive TLS, ${results.concurrency} under way, proxy on one core, load and origin on the
other, contestants in turn; user and system time of the proxy's process; median (lowest-highest) of the repetitions.

| | version | CPU s / 1,000 requests, h1 | h2 | idle, MB | peak MB, stalled upload |
|---|---|---|---|---|---|
${rows.join('\n')}

| goal | measured | asked | |
|---|---|---|---|
${held.join('\n')}

Last byte of the value to the alert on the WebSocket: median ${short(alertMs.p50)} ms, p99 ${short(alertMs.p99)} ms, longest ${short(alertMs.max)} ms (${alertMs.count} alerts).
${results.leftOut.map((name) => `\nNot installed here, left out: ${name}.`).join('')}
Machine: ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}. Load average ${machine.loadBefore.toFixed(1)} before and
${machine.loadAfter.toFixed(1)} after: ${Math.max(machine.loadBefore, 0) > 1 ? 'others worked on the machine, so only CPU time and memory are comparable, and times to the alert are upper bounds' : 'the machine was otherwise idle'}.
`;
}
