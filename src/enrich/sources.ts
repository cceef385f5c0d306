/** Every database that answers, with its date, its licence, and how far its age can be trusted. */
import { say } from '../formats/say.ts';
import { type Text, text } from '../model/text.ts';

export interface GeoSource {
  name: string;
  /** What it answers. */
  about: 'country' | 'network' | 'country and network' | 'company';
  /** ISO date of the data; null when the file does not say. */
  date: string | null;
  licence: string;
  /** Null without a date. */
  ageDays: number | null;
  /** `fresh`; `old` past 60 days; `stale` past 180 days; `missing` or `damaged` when it cannot answer. */
  state: 'fresh' | 'old' | 'stale' | 'missing' | 'damaged';
  /** What to do about it, one line; null when nothing needs doing. */
  advice: string | null;
  /** The same before it is in a language; null where there is English alone. */
  text: Text | null;
}

const DAY_MS = 86_400_000;
const OLD_DAYS = 60;
const STALE_DAYS = 180;

export function datedSource(facts: Pick<GeoSource, 'name' | 'about' | 'date' | 'licence'>, nowMs: number): GeoSource {
  const ageDays = facts.date === null ? null : Math.max(0, Math.floor((nowMs - Date.parse(facts.date)) / DAY_MS));
  const state = ageDays === null || ageDays <= OLD_DAYS ? 'fresh' : ageDays <= STALE_DAYS ? 'old' : 'stale';
  const aged = state === 'fresh' ? null : text(`geo.${state}`, { name: facts.name, days: ageDays ?? 0 });
  return { ...facts, ageDays, state, advice: aged && say(aged), text: aged };
}

export const brokenSource = (
  facts: Pick<GeoSource, 'name' | 'about' | 'licence'>,
  state: 'missing' | 'damaged',
  why: Text,
): GeoSource => ({ ...facts, date: null, ageDays: null, state, advice: say(why), text: why });
