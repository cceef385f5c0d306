/**
 * Which mobile networks exist (ITU-T E.212, from mcc-mnc-list), for judging IMSIs and cells.
 * Promise: the package's 4 MB of objects are read once, on first use, and only one small map is kept.
 * The test network 001/01 (3GPP TS 34.108, lab SIM cards) counts as existing.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Entry {
  mcc: string | null;
  mnc: string | null;
  countryCode: string | null;
}

const TEST_NETWORKS = ['00101', '001001', '00102'];

let byCode: Map<string, string> | null = null;

/** `mcc` + `mnc` → ISO country of the network, `` for international ones. */
function networks(): Map<string, string> {
  if (byCode) return byCode;
  const file = createRequire(import.meta.url).resolve('mcc-mnc-list/mcc-mnc-list.json');
  const entries = JSON.parse(readFileSync(file, 'utf8')) as Entry[];
  const countOf = countriesByUse(entries);
  byCode = new Map(TEST_NETWORKS.map((code) => [code, '']));
  for (const entry of entries) {
    const { mcc, mnc } = entry;
    if (!mcc || !mnc) continue;
    const country = countryIn(entry);
    const before = byCode.get(mcc + mnc);
    const isUsual = before === undefined || countOf(mcc, country) > countOf(mcc, before);
    if (isUsual) byCode.set(mcc + mnc, country);
  }
  return byCode;
}

const countryIn = ({ countryCode }: Entry): string => (countryCode ?? '').slice(0, 2).toUpperCase();

/** Networks reach beyond borders (AT&T's serve the Virgin Islands): theirs is the country that most networks of the code are in. */
function countriesByUse(entries: readonly Entry[]): (mcc: string, country: string) => number {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const key = `${entry.mcc} ${countryIn(entry)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return (mcc, country) => counts.get(`${mcc} ${country}`) ?? 0;
}

/** Length of the network part of an IMSI (5 or 6 digits) when that network exists, else null. */
export function networkLength(imsi: string): 5 | 6 | null {
  if (networks().has(imsi.slice(0, 6))) return 6;
  return networks().has(imsi.slice(0, 5)) ? 5 : null;
}

/** True when the network exists; `mnc` with or without leading zeros. */
export function isNetwork(mcc: number, mnc: number): boolean {
  const country = String(mcc).padStart(3, '0');
  return [2, 3].some((width) => networks().has(country + String(mnc).padStart(width, '0')));
}

/** ISO country of the network an IMSI belongs to, or null. */
export function countryOfImsi(imsi: string): string | null {
  const length = networkLength(imsi);
  return length === null ? null : networks().get(imsi.slice(0, length)) || null;
}
