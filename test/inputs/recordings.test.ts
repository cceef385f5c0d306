/**
 * Recordings that are odd in one way each, as tools and people really make them, with the right result beside them: scanned by
 * the real command line, one after the other. A scan always ends with its summary line.
 */
import { spawn } from 'node:child_process';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { requireTool } from '../clients/tools.ts';

const FOLDER = join(import.meta.dirname, 'recordings');
const BIN = fileURLToPath(new URL('../../bin/phonehome.mjs', import.meta.url));

interface Expected {
  kind: string;
  known?: boolean;
  value?: string;
  ip?: string;
}

interface Case {
  entry: number | null;
  name: string;
  mode: 'known' | 'shape';
  inFile?: string;
  must?: Expected[];
  count?: Record<string, number>;
  say?: string;
  orSay?: string;
  saySummary?: boolean;
}

interface Sheet {
  file: string;
  devices: string | null;
  pipe?: string;
  cases: Case[];
}

interface Finding {
  type: 'finding';
  file: string;
  entry: number;
  identifier: { kind: string; known: boolean; value: string };
  destination: { ip: string | null } | null;
}

interface Summary {
  type: 'summary';
  skipped: unknown[];
  notRecorded: object;
  partiallyScanned: object;
}

interface Scan {
  code: number | null;
  findings: Finding[];
  summary: Summary;
  /** Summary and standard error. */
  said: string;
}

async function scan(file: string, devices: string | null, isPiped: boolean): Promise<Scan> {
  const args = [
    'scan',
    isPiped ? '/dev/stdin' : file,
    '--json',
    '--reveal',
    ...(devices ? ['--devices', devices] : []),
  ];
  const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, NO_COLOR: '1', SSLKEYLOGFILE: '' } });
  if (isPiped) createReadStream(file).pipe(child.stdin);
  else child.stdin.end();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const lines = stdout.trim().split('\n');
  const all = lines.map((line) => JSON.parse(line) as Finding | Summary | { type: string });
  const summary = all.at(-1) as Summary;
  const findings = all.filter((line): line is Finding => line.type === 'finding');
  return { code, findings, summary, said: `${lines.at(-1)}\n${stderr}` };
}

const plain = (value: string): string => value.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

function fits({ identifier, destination }: Finding, { kind, known, value, ip }: Expected): boolean {
  return (
    identifier.kind === kind &&
    (known === undefined || identifier.known === known) &&
    (value === undefined || plain(identifier.value) === plain(value)) &&
    (ip === undefined || destination?.ip === ip)
  );
}

/** What is wrong with a case; empty when all is right. */
function wrongIn(one: Case, { findings, summary, said }: Scan): string[] {
  const here = findings.filter(
    ({ entry, file }) =>
      (one.entry === null || entry === one.entry) && (one.inFile === undefined || file.endsWith(`/${one.inFile}`)),
  );
  const isSaid = (pattern: string | undefined): boolean => pattern !== undefined && new RegExp(pattern, 'i').test(said);
  const missing = (one.must ?? [])
    .filter((each) => !here.some((finding) => fits(finding, each)) && !isSaid(one.orSay))
    .map((each) => `not found: ${JSON.stringify(each)}`);
  const counts = Object.entries(one.count ?? {}).flatMap(([kind, count]) => {
    const entries = new Set(here.filter(({ identifier }) => identifier.kind === kind).map(({ entry }) => entry));
    return entries.size === count ? [] : [`${entries.size} entries with ${kind}, not ${count}`];
  });
  const unsaid = one.say !== undefined && !isSaid(one.say) ? [`not said: ${one.say}`] : [];
  const told = [...summary.skipped, ...Object.keys(summary.notRecorded), ...Object.keys(summary.partiallyScanned)];
  const untold = one.saySummary && told.length === 0 ? ['the summary tells nothing of what is missing'] : [];
  return [...missing, ...counts, ...unsaid, ...untold].map((each) => `${each}\n${said}`);
}

const sheets = readdirSync(FOLDER).filter((name) => name.endsWith('.expected.json'));

describe('a recording that is', () => {
  it.for(sheets)('%s has the right result', async (name, context) => {
    const { file, devices, pipe, cases } = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Sheet;
    if (/pcap|^folder$|^keys-/.test(file)) requireTool(context, 'tshark');
    const scans = new Map<string | null, Scan>();
    for (const one of cases) {
      const phones = devices === null || one.mode === 'shape' ? null : join(FOLDER, devices);
      const result = scans.get(phones) ?? (await scan(join(FOLDER, file), phones, pipe !== undefined));
      scans.set(phones, result);
      expect(result).toMatchObject({ code: 0, summary: { type: 'summary' } });
      expect(wrongIn(one, result), one.name).toEqual([]);
    }
  });
});
