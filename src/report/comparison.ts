/** A comparison as a document for people: each claim of the maker and each change is one sentence, with how sure it is. */
import { filled } from '../formats/filled.ts';
import { COMPARE_EN, type CompareKey } from '../model/catalogue/compare-en.ts';
import { COMPARE_VI } from '../model/catalogue/compare-vi.ts';
import { KINDS_VI } from '../model/catalogue/kinds-vi.ts';
import type {
  Claim,
  Comparison,
  JudgedClaim,
  SideSummary,
  Stream,
  StreamChange,
  Sureness,
} from '../model/comparison.ts';
import { KIND_FACTS, type Kind } from '../model/kinds.ts';
import { type Block, type ReportDocument, shown } from './document.ts';
import { type ReportLanguage, wordsOf } from './words.ts';

export function writeComparison(comparison: Comparison, language: ReportLanguage): ReportDocument {
  const words = compareWords(language);
  const { say } = words;
  const { a, b } = comparison;
  const { claims, changes } = compareSentences(comparison, language);
  const section = (heading: CompareKey, items: string[]): Block[] =>
    items.length === 0
      ? []
      : [
          { type: 'heading', text: say(heading) },
          { type: 'list', items },
        ];
  return {
    language,
    title: say('title', { a: shown(a.title), b: shown(b.title) }),
    mark: a.simulated ? say('simulated') : null,
    foot: say('foot'),
    blocks: [
      { type: 'title', text: say('title', { a: shown(a.title), b: shown(b.title) }) },
      {
        type: 'facts',
        rows: sideSentences(comparison, language).map((said, index) => [index === 0 ? 'A' : 'B', said]),
      },
      ...section('claims', claims),
      ...section('changes', changes),
      { type: 'paragraph', text: say('limit') },
    ],
  };
}

/** What each side is, A first. */
export function sideSentences(
  { a, b, watchedMs }: Pick<Comparison, 'a' | 'b' | 'watchedMs'>,
  language: ReportLanguage,
): string[] {
  const words = compareWords(language);
  return [
    { side: a, ms: watchedMs.a },
    { side: b, ms: watchedMs.b },
  ].map(({ side: { title, hosts, requests }, ms }) =>
    words.say('side', { title: shown(title), hosts, requests, watched: words.duration(ms) }),
  );
}

/** What a comparison cannot tell. */
export const limitSentence = (language: ReportLanguage): string => compareWords(language).say('limit');

/** The same as plain sentences; `each`: one for each change. */
export function compareSentences(
  { claims, changes }: Pick<Comparison, 'claims' | 'changes'>,
  language: ReportLanguage,
): { claims: string[]; changes: string[]; each: string[] } {
  const words = compareWords(language);
  return {
    claims: claims.map((claim) => claimSentence(claim, words)),
    each: changes.flatMap((change) => changeSentences([change], words)),
    changes: changes.length === 0 ? [words.say('nothing')] : changeSentences(changes, words),
  };
}

/** One row for each phone or run: for a shop that asks which model says least. */
export function writeTable(sides: readonly SideSummary[], language: ReportLanguage): ReportDocument {
  const { say } = compareWords(language);
  const { head, rows } = tableOf(sides, language);
  const title = say('title-many', { count: sides.length });
  return {
    language,
    title,
    mark: sides[0]?.simulated ? say('simulated') : null,
    foot: say('foot'),
    blocks: [
      { type: 'title', text: title },
      { type: 'table', head, rows },
      { type: 'paragraph', text: say('limit') },
    ],
  };
}

export function tableOf(sides: readonly SideSummary[], language: ReportLanguage): { head: string[]; rows: string[][] } {
  const words = compareWords(language);
  const { say, country, noun } = words;
  const columns = [
    'phone',
    'left',
    'receivers',
    'countries',
    'clear',
    'consent',
    'seen',
    'servers',
    'watched',
  ] as const;
  const list = (items: string[]): string => items.map((item) => shown(item)).join(', ');
  return {
    head: columns.map((column) => say(`table.${column}`)),
    rows: sides.map((side) => [
      shown(side.title === side.name ? side.name : `${side.title} (${side.name})`),
      side.kinds.length === 0 ? say('none') : list(side.kinds.map(noun)),
      list(side.receivers),
      list(side.countries.map(country)),
      say(side.clear ? 'yes' : 'no'),
      say(side.beforeConsent ? 'yes' : 'no'),
      String(side.sightings),
      String(side.hosts),
      words.duration(side.watchedMs),
    ]),
  };
}

type CompareWords = ReturnType<typeof compareWords>;

function compareWords(language: ReportLanguage) {
  const catalogue: Record<CompareKey, string> = language === 'vi' ? COMPARE_VI : COMPARE_EN;
  const say = (key: CompareKey, values: Record<string, string | number> = {}): string =>
    filled(catalogue[key], values, language);
  const duration = (ms: number): string => {
    const units = [
      ['d', 2 * 86_400_000, 86_400_000],
      ['h', 2 * 3_600_000, 3_600_000],
      ['min', 120_000, 60_000],
      ['s', 0, 1000],
    ] as const;
    const [unit, , size] = units.find(([, least]) => ms >= least) ?? units[3];
    return say(`unit.${unit}`, { n: Math.round(ms / size) });
  };
  return {
    say,
    duration,
    country: wordsOf(language).country,
    noun: (kind: Kind): string => (language === 'vi' ? KINDS_VI[kind] : KIND_FACTS[kind].noun),
    chance: (chance: number): string =>
      chance < 0.001 ? say('chance-small') : say('chance', { percent: Number((chance * 100).toPrecision(2)) }),
  };
}

function receiverOf({ owner, ownerCountry, host, country }: Stream, words: CompareWords): string {
  const { say } = words;
  const name = { host: shown(host), owner: shown(owner ?? '') };
  const receiver =
    owner === null
      ? say('receiver', name)
      : ownerCountry === null
        ? say('receiver-named', name)
        : say('receiver-of', { ...name, home: words.country(ownerCountry) });
  return country === null ? receiver : say('in-country', { receiver, country: words.country(country) });
}

function howOf({ clear, encodings, beforeConsent }: Stream, { say }: CompareWords): string {
  const way = say(clear ? 'clear' : 'encrypted');
  const named = encodings.filter((encoding) => encoding !== '');
  const encoded = named.length === 0 ? way : say('encoded', { how: way, encoding: shown(named.join(', ')) });
  return beforeConsent ? say('before-consent', { how: encoded }) : encoded;
}

/** What differs in its kind only stands in one sentence. */
function changeSentences(changes: readonly StreamChange[], words: CompareWords): string[] {
  const sentences = new Map<string, Kind[]>();
  for (const change of changes) {
    const sentence = changeSentence(change, words);
    sentences.set(sentence, [...(sentences.get(sentence) ?? []), (change.after ?? change.before)?.kind ?? 'opaque']);
  }
  return [...sentences].map(([sentence, kinds]) => sentence.replace(KINDS_HERE, kinds.map(words.noun).join(', ')));
}

/** No text of a phone's holds it: `shown` writes a control character as its number. */
const KINDS_HERE = '\u0001';

function changeSentence({ change, before, after, moved, sureness }: StreamChange, words: CompareWords): string {
  const { say } = words;
  const values = {
    kind: KINDS_HERE,
    before: before?.sightings ?? 0,
    count: after?.sightings ?? 0,
    moves: moved.map((move) => say(`move.${move}`)).join(', '),
    ...(before ? { from: receiverOf(before, words), was: howOf(before, words) } : {}),
    ...(after ? { to: receiverOf(after, words), how: howOf(after, words) } : {}),
    sure: sureness ? sureSentence(sureness, words) : '',
  };
  return say(change, values).trim();
}

function sureSentence(sureness: Sureness, words: CompareWords): string {
  const { say } = words;
  const { level, chance, marks, why, watchedMs, neededMs } = sureness;
  if (why !== null || level === 'unknown' || chance === null) return say(`why.${why ?? 'seen-once'}`);
  const reason = marks
    ? say('by.marks', { ...marks, mark: shown(marks.name), chance: words.chance(chance) })
    : say('by.time', { watched: words.duration(watchedMs), chance: words.chance(chance) });
  const said = say(`level.${level}`, { why: reason });
  return level === 'very-likely' || neededMs === null
    ? said
    : `${said} ${say('needed', { needed: words.duration(neededMs) })}`;
}

function claimSentence(judged: JudgedClaim, words: CompareWords): string {
  const { say, noun } = words;
  const { claim, verdict, against, sureness, owners, connections, watchedMs } = judged;
  const parts = [
    say(`verdict.${verdict}`, { claim: nameOf(claim, words) }),
    ...(claim.what === 'gone' ? [say('connections', connections)] : []),
    ...(verdict === 'holds' ? [] : against).map((stream) =>
      say('against', {
        kind: noun(stream.kind),
        to: receiverOf(stream, words),
        how: howOf(stream, words),
        count: stream.sightings,
      }),
    ),
    ...(verdict === 'open' && claim.what === 'once' ? [say('once-open', { watched: words.duration(watchedMs) })] : []),
    ...(verdict === 'open' && claim.what === 'after-consent' ? [say('consent-open')] : []),
    ...(verdict === 'open' && claim.what === 'to' && against.length === 0 ? [say('to-open')] : []),
    ...owners.map(({ name, country }) => say('owner', { name: shown(name), country: words.country(country) })),
    ...(sureness ? [sureSentence(sureness, words)] : []),
  ];
  return parts.join(' ');
}

function nameOf({ what, subject }: Claim, { say, country }: CompareWords): string {
  const place = subject === 'europe' ? say('europe') : what === 'to' ? country(subject ?? '') : shown(subject ?? '');
  return say(`claim.${what}`, { subject: place });
}
