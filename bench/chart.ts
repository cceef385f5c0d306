/**
 * Draws what a request costs each contestant, from a record of `bench/proxy.ts`: `npm run bench:chart -- [RECORD.json] [OUT.svg]`.
 * Without names: the last record with CPU times, into `docs/pictures/cpu-per-request.svg`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Record {
  date: string;
  machine: { cpu: string; cores: number; node: string };
  rows: { id: string; title: string; version: string; cpu: { h1?: number[] } }[];
}

const RESULTS = path.join(import.meta.dirname, 'results');
const OUT = path.join(import.meta.dirname, '../docs/pictures/cpu-per-request.svg');
const SHOWN = ['nginx', 'sslsplit', 'relay', 'lab', 'http-mitm-proxy', 'mockttp', 'mitmproxy'];
const [WIDTH, LEFT, ROW, TOP] = [760, 300, 30, 46];

const read = (file: string): Record => JSON.parse(readFileSync(file, 'utf8')) as Record;
const measured = ({ rows }: Record) =>
  rows
    .filter(({ id, cpu }) => SHOWN.includes(id) && (cpu.h1?.length ?? 0) > 0)
    .map(({ id, title, cpu }) => ({ id, title: title.split(/[,:(]/)[0]?.trim() ?? id, seconds: median(cpu.h1 ?? []) }))
    .toSorted((a, b) => a.seconds - b.seconds);

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** The newest record in which everybody stood beside the lab. */
function lastRecord(): string {
  const files = readdirSync(RESULTS).filter((name) => name.endsWith('-proxy.json'));
  const found = files
    .toSorted()
    .reverse()
    .find((name) => measured(read(path.join(RESULTS, name))).length === SHOWN.length);
  if (!found) throw new Error('no record of CPU times yet: npm run bench:proxy -- --section cpu');
  return path.join(RESULTS, found);
}

function svg(record: Record): string {
  const bars = measured(record);
  const most = Math.max(...bars.map(({ seconds }) => seconds));
  const lines = bars.map(({ id, title, seconds }, index) => {
    const y = TOP + index * ROW;
    const width = Math.max(2, (seconds / most) * (WIDTH - LEFT - 90));
    const name = id === 'relay' ? 'Phonehome’s relay alone' : id === 'nginx' ? 'nginx, relaying alone' : title;
    return `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end"${id === 'lab' ? ' font-weight="bold"' : ''}>${name}</text>
<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="20" fill="${id === 'lab' ? '#0b6e4f' : '#8a949e'}"/>
<text x="${(LEFT + width + 8).toFixed(1)}" y="${y + 15}">${seconds.toFixed(3)}</text>`;
  });
  const height = TOP + bars.length * ROW + 26;
  const { cpu, cores, node } = record.machine;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="14" role="img" aria-label="CPU seconds for 1,000 requests, by proxy">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="16" y="24" font-size="16" font-weight="bold">CPU seconds for 1,000 HTTPS requests, all different (less is better)</text>
${lines.join('\n')}
<text x="16" y="${height - 8}" font-size="11" fill="#555">${record.date}, ${cores} × ${cpu}, Node ${node}; one core, ratios of one run</text>
</svg>
`;
}

const [file = lastRecord(), out = OUT] = process.argv.slice(2);
writeFileSync(out, svg(read(file)));
process.stdout.write(`${out} from ${path.basename(file)}\n`);
