/**
 * `npm run bench:detect`: what the detector finds, what it wrongly finds, and how fast. Prints tables, and writes them
 * with the machine's description to bench/results/. `--quick` for a short run that writes nothing.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { createInspector } from '../src/inspect/inspector.ts';
import type { Confidence, Kind } from '../src/model/identifier.ts';
import { precisionOf, recallForms } from './detect-forms.ts';
import { cleanRequests } from './detect-negatives.ts';
import { benchPhone, type Case, findingsOf, recallKnown, recallShape } from './detect-recall.ts';
import { compareSearches, measureSmall, measureSpeed } from './detect-speed.ts';

const isQuick = process.argv.includes('--quick');
const CLEAN_REQUESTS = isQuick ? 500 : 6000;

interface Rate {
  sent: number;
  found: number;
  recall: number;
}

function rates<C extends { found: boolean }>(cases: readonly C[], by: (each: C) => string): Record<string, Rate> {
  const out: Record<string, Rate> = {};
  for (const each of cases) {
    const rate = out[by(each)] ?? { sent: 0, found: 0, recall: 0 };
    out[by(each)] = rate;
    rate.sent++;
    if (each.found) rate.found++;
    rate.recall = Math.round((rate.found / rate.sent) * 1000) / 1000;
  }
  return out;
}

/** Kind × place: recall, or nothing where the place does not carry the form. */
function matrix(cases: Case[]): Record<string, Record<string, string>> {
  const out: Record<string, Record<string, string>> = {};
  for (const [cell, { found, sent }] of Object.entries(rates(cases, ({ kind, place }) => `${kind} ${place}`))) {
    const [kind, place] = cell.split(' ') as [string, string];
    out[kind] = { ...out[kind], [place]: found === sent ? `${sent}` : `${found}/${sent}` };
  }
  return out;
}

interface FalseFindings {
  requests: number;
  counts: Partial<Record<Kind, Partial<Record<Confidence, number>>>>;
  /** Findings `likely` or `certain` per 1,000 requests. */
  perThousand: number;
  possiblePerThousand: number;
}

function precision(isRegistered: boolean): FalseFindings {
  const inspector = createInspector({ deviceFor: () => (isRegistered ? benchPhone : null) });
  const counts: FalseFindings['counts'] = {};
  let sure = 0;
  let possible = 0;
  for (const { events } of cleanRequests(CLEAN_REQUESTS)) {
    for (const { identifier } of findingsOf(inspector, events)) {
      const { kind, confidence } = identifier;
      counts[kind] = { ...counts[kind], [confidence]: (counts[kind]?.[confidence] ?? 0) + 1 };
      if (confidence === 'possible') possible++;
      else sure++;
    }
  }
  const per = (count: number): number => Math.round((count / CLEAN_REQUESTS) * 1_000_000) / 1000;
  return { requests: CLEAN_REQUESTS, counts, perThousand: per(sure), possiblePerThousand: per(possible) };
}

const markdown: string[] = [];

function say(title: string, table: object | null = null): void {
  console.log(`\n${title}`);
  markdown.push(`\n## ${title}\n`);
  if (!table) return;
  console.table(table);
  const rows: [string, Record<string, unknown>][] = Object.entries(table);
  const columns = [...new Set(rows.flatMap(([, row]) => Object.keys(row)))];
  markdown.push(`| | ${columns.join(' | ')} |`, `|---|${columns.map(() => '---').join('|')}|`);
  for (const [name, row] of rows)
    markdown.push(`| ${name} | ${columns.map((column) => row[column] ?? '').join(' | ')} |`);
}

const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 1e9),
  node: process.version,
  /** Other work on the machine: figures of a busy one are low. */
  loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
};
const known = recallKnown();
const shape = recallShape();
const missed = (cases: Case[]): string[] =>
  cases.filter((each) => !each.found).map(({ kind, encoding, place }) => `${kind}, ${encoding}, ${place}`);
const total = (cases: Case[]): string => `${cases.length - missed(cases).length} of ${cases.length}`;

say(`Registered values: ${total(known)} found. Forms found per kind and place`, matrix(known));
say(
  'Registered values, per form',
  rates(known, ({ encoding }) => encoding),
);
say(`Nothing registered: ${total(shape)} found. Forms found per kind and place`, matrix(shape));
say(
  'Nothing registered, per form',
  rates(shape, ({ encoding }) => encoding),
);
const forms = recallForms();
const missedForms = [...new Set(forms.filter((each) => !each.found).map(({ kind, form }) => `${kind} ${form}`))];
const formPrecision = Math.round(precisionOf(forms) * 1000) / 1000;
say(
  `Recorded forms of SDKs and APIs, nothing registered: ${forms.filter((each) => each.found).length} of ${forms.length} found, precision of device identifiers ${formPrecision}`,
  rates(forms, ({ kind }) => kind),
);
const clean = { registered: precision(true), 'nothing registered': precision(false) };
say(
  'False findings on clean requests, per 1,000',
  Object.fromEntries(
    Object.entries(clean).map(([mode, { requests, perThousand, possiblePerThousand }]) => [
      mode,
      { requests, 'likely or certain': perThousand, possible: possiblePerThousand },
    ]),
  ),
);
say('False findings per kind, nothing registered', clean['nothing registered'].counts);
const small = measureSmall();
say('One phone', { 'lab phone': { ...small } });
const speed = measureSpeed(isQuick ? 8 : 48);
say('MB per processor second', Object.fromEntries(speed.map(({ content, ...row }) => [content, row])));
const compared = compareSearches(isQuick ? 8 : 48);
say(
  'The same 300 values searched in other ways, MB per processor second',
  Object.fromEntries(compared.map(({ content, ...row }) => [content, row])),
);
console.log(
  '\nmissed:',
  [...missed(known).map((each) => `known: ${each}`), ...missed(shape).map((each) => `shape: ${each}`)].slice(0, 40),
);

if (!isQuick) {
  const day = new Date().toISOString().slice(0, 10);
  const results = {
    day,
    machine,
    known: rates(known, ({ kind }) => kind),
    missedKnown: missed(known),
    shape: rates(shape, ({ kind }) => kind),
    missedShape: missed(shape),
    forms: rates(forms, ({ kind }) => kind),
    missedForms,
    formPrecision,
    clean,
    small,
    speed,
    compared,
  };
  const name = join(import.meta.dirname, 'results', `detect-${day}`);
  writeFileSync(`${name}.json`, `${JSON.stringify(results, null, 1)}\n`);
  const intro = `# The detector, ${day}\n\n${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, Node ${machine.node}, load before the run ${machine.loadBefore}. \`npm run bench:detect\`.\nA number alone: all forms of that kind in that place were found.\n`;
  writeFileSync(`${name}.md`, `${intro}${markdown.join('\n')}\n`);
  console.log(`\nwritten: ${name}.json, ${name}.md`);
}
