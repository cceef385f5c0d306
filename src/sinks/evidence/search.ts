/**
 * Searching what is stored, by people: newest first, in windows of a list that does not move while new rows come, with the number
 * of all. Reads two indexes made for it (schema.ts); 1,000,000 connections take some 0.3 s, so it runs on a connection of its own
 * that only reads, in a thread that nobody waits for.
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import { codesNamed, patternOf, severitiesNamed } from '../../formats/seen-words.ts';
import { type Alert, SEVERITIES } from '../../model/alert.ts';
import type { FlowRecord } from '../../model/flow.ts';
import type { AlertHits, AlertSearch, FlowGroup, FlowGroups, FlowHits, FlowSearch } from '../../model/search.ts';
import { limitOf } from './store.ts';

export interface Search {
  alerts(query: AlertSearch): AlertHits;
  /** Of each phone, type, kind and severity the latest alert: what a verdict rests on, however long ago it was. */
  latest(): { alerts: Alert[] };
  flows(query: FlowSearch): FlowHits;
  groups(query: FlowSearch & { by: FlowGroups['by'] }): FlowGroups;
}

/** A number of rows is good for so long: a list is asked for in windows. */
const TOTAL_MS = 30_000;
/** Words after the tenth narrow nothing down. */
const MAX_WORDS = 10;
/** Of a part of a name: more countries narrow nothing down. */
const MAX_COUNTRIES = 12;
/** 20 kinds of 500 phones. */
const MOST_LATEST = 10_000;
/** More nobody reads; the sums are of all. */
const MAX_GROUPS = 2000;

/** Of a store that somebody else has open. Throws where it cannot be opened. */
export function openSearch(file: string): Search {
  return createSearch(new DatabaseSync(file, { readOnly: true }));
}

type Condition = readonly [sql: string, ...values: SQLInputValue[]];

export function createSearch(database: DatabaseSync): Search {
  const all = (sql: string, values: readonly SQLInputValue[]) => database.prepare(sql).all(...values);
  const totals = new LRUCache<string, number>({ max: 50, ttl: TOTAL_MS });
  const asked = new LRUCache<string, Wanted[]>({ max: MAX_WORDS });
  database.function('says', { deterministic: true }, (text, severity, q, language) => {
    const key = `${language} ${q}`;
    const wanted = asked.get(key) ?? wantedOf(String(q), String(language));
    asked.set(key, wanted);
    const said = String(text);
    return Number(
      wanted.every(({ severities, pattern }) => severities.includes(Number(severity)) || pattern.test(said)),
    );
  });

  /** A window of the rows, and how many there are: counted only where the window does not tell. */
  function window<T>(sql: string, from: string, values: readonly SQLInputValue[], query: AlertSearch | FlowSearch) {
    const [limit, offset] = [limitOf(query.limit), query.offset ?? 0];
    const rows = all(sql, [...values, limit, offset]).map(({ json }) => JSON.parse(String(json)) as T);
    if (rows.length < limit && (rows.length > 0 || offset === 0)) return { rows, total: offset + rows.length };
    const key = JSON.stringify([from, values]);
    const total = totals.get(key) ?? Number(all(`SELECT count(*) AS n FROM ${from}`, values)[0]?.n ?? 0);
    // Windows of one list are asked for one after the other.
    if (query.before !== undefined) totals.set(key, total);
    return { rows, total };
  }

  return {
    alerts(query) {
      const { where, values } = whereOf(alertConditions(query));
      const from = `alerts INDEXED BY alerts_words ${where}`;
      const chosen = `SELECT seq FROM ${from} ORDER BY seq DESC LIMIT ? OFFSET ?`;
      const sql = `SELECT json FROM alerts WHERE seq IN (${chosen}) ORDER BY seq DESC`;
      const { rows, total } = window<Alert>(sql, from, values, query);
      return { alerts: rows, total };
    },
    latest() {
      const newest = `SELECT max(seq) FROM alerts INDEXED BY alerts_words
        GROUP BY device, simulated, type, kind, severity LIMIT ${MOST_LATEST}`;
      const rows = all(`SELECT json FROM alerts WHERE seq IN (${newest}) ORDER BY seq DESC`, []);
      return { alerts: rows.map(({ json }) => JSON.parse(String(json)) as Alert) };
    },
    flows(query) {
      const { where, values } = whereOf(flowConditions(query));
      // Without words the newest stand together; with them the smaller index is read from end to end.
      const isByWords = [query.q, query.host, query.owner, query.country, query.app].some(Boolean);
      const chosen = `SELECT rowid FROM flows ${isByWords ? 'INDEXED BY flows_place' : ''} ${where}
        ORDER BY opened_at DESC, rowid DESC LIMIT ? OFFSET ?`;
      const sql = `SELECT json FROM flows WHERE rowid IN (${chosen}) ORDER BY opened_at DESC, rowid DESC`;
      // Counted in a fifth of the time where the small indexes of time and phone say enough (1,000,000: 54 ms, 251 by place).
      const isByMore = isByWords || query.simulated !== undefined || query.withFindings === true;
      const from = `flows ${isByMore ? 'INDEXED BY flows_place' : ''} ${where}`;
      const { rows, total } = window<FlowRecord>(sql, from, values, query);
      return { flows: rows, total };
    },
    groups(query) {
      const { where, values } = whereOf(flowConditions(query));
      const rows = all(
        `SELECT place, count(*) AS flows, sum(findings) AS findings, sum(bytes_up) AS up, sum(bytes_down) AS down,
           max(opened_at) AS last FROM flows INDEXED BY flows_place ${where} GROUP BY place`,
        values,
      );
      return grouped(rows, query.by);
    },
  };
}

/** Places of the parts of the column `place`. */
const PART = { host: 0, owner: 1, country: 2, app: 3 } as const;

function grouped(rows: readonly Record<string, unknown>[], by: FlowGroups['by']): FlowGroups {
  const groups = new Map<string | null, FlowGroup>();
  let flows = 0;
  for (const row of rows) {
    const place = JSON.parse(String(row.place)) as (string | null)[];
    const key = place[PART[by]] ?? null;
    const group = groups.get(key) ?? emptyGroup(key);
    groups.set(key, group);
    group.flows += Number(row.flows);
    group.findings += Number(row.findings);
    group.bytesUp += Number(row.up);
    group.bytesDown += Number(row.down);
    group.lastAt = Math.max(group.lastAt, Number(row.last));
    flows += Number(row.flows);
    const [, owner, country] = place;
    if (owner != null && !group.owners.includes(owner) && group.owners.length < 3) group.owners.push(owner);
    if (country != null && !group.countries.includes(country) && group.countries.length < 8)
      group.countries.push(country);
  }
  const sorted = [...groups.values()].sort((one, other) => other.flows - one.flows || other.lastAt - one.lastAt);
  return { by, groups: sorted.slice(0, MAX_GROUPS), total: sorted.length, flows };
}

const emptyGroup = (key: string | null): FlowGroup => ({
  key,
  flows: 0,
  findings: 0,
  bytesUp: 0,
  bytesDown: 0,
  lastAt: 0,
  owners: [],
  countries: [],
});

function alertConditions(query: AlertSearch): Condition[] {
  return [
    ...alertWords(query),
    ...given('seq < ?', query.before),
    ...given('severity >= ?', query.severity && SEVERITIES.indexOf(query.severity)),
    ...given('device = ?', query.device),
    ...given('case_id = ?', query.case),
    ...given('type = ?', query.type),
    ...given('kind = ?', query.kind),
    ...given('simulated = ?', query.simulated === undefined ? undefined : Number(query.simulated)),
  ];
}

function flowConditions(query: FlowSearch): Condition[] {
  return [
    ...flowWords(query),
    ...partCondition('host', query.host),
    ...partCondition('owner', query.owner),
    ...partCondition('country', query.country),
    ...partCondition('app', query.app),
    ...given('device = ?', query.device),
    ...given('opened_at >= ?', query.after),
    ...given('opened_at < ?', query.before),
    ...given('simulated = ?', query.simulated === undefined ? undefined : Number(query.simulated)),
    ...(query.withFindings ? [['findings > 0'] as const] : []),
  ];
}

const given = (sql: string, value: SQLInputValue | undefined): Condition[] =>
  value === undefined ? [] : [[sql, value]];

const wordsOf = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter(Boolean).slice(0, MAX_WORDS);

/** Every word must stand in what people see, in any case of ASCII letters; sentences are stored in English, severities as numbers. */
function alertWords({ q = '', language = 'en' }: AlertSearch): Condition[] {
  if (language !== 'en') return wordsOf(q).length === 0 ? [] : [['says(words, severity, ?, ?)', q, language]];
  return wordsOf(q).map((word) => {
    const [sql, ...values] = standsIn(['words'], word);
    const severities = severitiesOf(word, language);
    // Told without reading the words.
    const named = severities.length === 0 ? '' : `severity IN (${severities.join(', ')}) OR `;
    return [`(${named}${sql})`, ...values];
  });
}

/** A word of another language, and how alerts are known that say it. */
interface Wanted {
  severities: number[];
  pattern: RegExp;
}

const severitiesOf = (word: string, language: string): number[] =>
  severitiesNamed(word, language).map((severity) => SEVERITIES.indexOf(severity));

const wantedOf = (q: string, language: string): Wanted[] =>
  wordsOf(q).map((word) => ({
    severities: severitiesOf(word, language),
    pattern: patternOf(inJson(word), language),
  }));

/** Countries are stored by their codes, and seen by their names. */
function flowWords({ q, language = 'en' }: FlowSearch): Condition[] {
  return wordsOf(q).map((word) => {
    const [sql, ...values] = standsIn(['place', 'words', 'device'], word);
    const codes = codesNamed(word, language).slice(0, MAX_COUNTRIES);
    const seen = codes.map(() => ' OR instr(place, ?) > 0').join('');
    return [`(${sql}${seen})`, ...values, ...codes.map((code) => `"${code}"`)];
  });
}

function standsIn(columns: readonly string[], word: string): Condition {
  const pattern = `%${inJson(word).replace(/[\\%_]/g, '\\$&')}%`;
  const sql = columns.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(' OR ');
  return [`(${sql})`, ...columns.map(() => pattern)];
}

/** Exactly this host, owner, country or app; the empty one: where none is known. */
function partCondition(part: keyof typeof PART, value: string | undefined): Condition[] {
  if (value === undefined) return [];
  const exact = `json_extract(place, '$[${PART[part]}]')`;
  if (value === '') return [[`${exact} IS NULL`]];
  // What can be told without reading JSON goes first.
  return [
    ['instr(place, ?) > 0', `"${inJson(value)}"`],
    [`${exact} = ?`, value],
  ];
}

/** As it stands within a JSON text. */
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

function whereOf(conditions: readonly Condition[]): { where: string; values: SQLInputValue[] } {
  return {
    where: conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`,
    values: conditions.flatMap(([, ...values]) => values),
  };
}
