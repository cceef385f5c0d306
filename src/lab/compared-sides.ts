/** What the store holds of a phone, a case, or a phase of a case, gathered for a comparison. No lab need run for it. */
import { parseClaim } from '../compare/claims.ts';
import { compareSides, summarize } from '../compare/runs.ts';
import { labError } from '../formats/refusal.ts';
import { saidHost } from '../formats/said-host.ts';
import type { Case } from '../model/case.ts';
import { phonesOf } from '../model/case.ts';
import type { Claim, Comparison, SideRecord, SideSummary, TokenRow } from '../model/comparison.ts';
import { REPLAY_PREFIX } from '../model/device.ts';
import { text } from '../model/text.ts';
import type { EvidenceStore, FlowRecord, TokenQuery } from '../sinks/evidence/store.ts';
import { findingOf, gatherFlows, marksIn, watchedMs } from './compared-evidence.ts';
import { openRecorded } from './evidence.ts';
import { allFlows, OWN_NAME, type Span, spanOf } from './recorded-flows.ts';
import { allAlertsSince } from './services.ts';

type Store = Pick<EvidenceStore, 'alerts' | 'flows' | 'tokens' | 'cases' | 'gaps'>;

/** @throws LabError when a name means nothing here */
export async function compareRuns(
  dataDir: string,
  a: string,
  b: string,
  claims: readonly string[] = [],
): Promise<Comparison> {
  const parsed = (claims.length > 0 ? claims : await claimsOfReplay(b)).map(claimIn);
  const store = openRecorded(dataDir);
  try {
    const [sidesA, sidesB] = [sidesOf(store, a), sidesOf(store, b)];
    for (const sideA of sidesA)
      for (const sideB of sidesB) if (sideA.simulated === sideB.simulated) return compareSides(sideA, sideB, parsed);
    const [simulated, real] = sidesA[0]?.simulated ? [a, b] : [b, a];
    throw labError(text('compare.mixed', { simulated, real }));
  } finally {
    store.close();
  }
}

/** A row of a table for each: of the world, or all of them simulated. @throws LabError */
export async function summarizeSides(dataDir: string, names: readonly string[]): Promise<SideSummary[]> {
  const store = openRecorded(dataDir);
  try {
    const all = names.map((name) => sidesOf(store, name));
    const simulated = [false, true].find((one) => all.every((sides) => sides.some((side) => side.simulated === one)));
    if (simulated === undefined) throw labError(text('compare.some-mixed'));
    return all.flatMap((sides) => sides.filter((side) => side.simulated === simulated).map(summarize));
  } finally {
    store.close();
  }
}

function claimIn(said: string): Claim {
  const claim = parseClaim(said);
  if (claim) return claim;
  throw labError(text('compare.no-claim', { claim: said }));
}

/** What the maker said, where the second side is the replay of a fixed version. */
async function claimsOfReplay(name: string): Promise<readonly string[]> {
  if (!name.startsWith(REPLAY_PREFIX)) return [];
  const { replays } = await import('../replay/registry.ts');
  return replays.find((replay) => `${REPLAY_PREFIX}${replay.name}` === name)?.claims ?? [];
}

/** What happened in the world, and what was simulated; at least one of them. */
function sidesOf(store: Store, name: string): SideRecord[] {
  const asCase = findCase(store, name);
  const sides = [false, true]
    .map((simulated) => (asCase ? caseSide(store, name, asCase, simulated) : deviceSide(store, name, simulated)))
    .filter(hasTraffic);
  if (sides.length > 0) return sides;
  if (asCase) return [caseSide(store, name, asCase, false)];
  throw labError(text('compare.no-side', { name }));
}

/** A phone that only read the lab's own pages sent nothing to anybody. */
function hasTraffic({ flows, identifiers, tokens }: SideRecord): boolean {
  return flows.some(({ host }) => host !== OWN_NAME) || identifiers.length + tokens.length > 0;
}

/** `ID`, the beginning of one, or `ID:phase`. */
function findCase(store: Store, name: string): { given: Case; phase: string | null } | null {
  const cases = store.cases();
  for (const [id, phase] of splits(name)) {
    const exact = cases.find((one) => one.id === id);
    const beginning = id.length >= 4 ? cases.filter((one) => one.id.startsWith(id)) : [];
    const given = exact ?? (beginning.length === 1 ? beginning[0] : undefined);
    if (!given) {
      if (beginning.length > 1) throw labError(text('compare.several', { id }));
      continue;
    }
    if (phase !== null && !given.marks.some((mark) => mark.phase === phase))
      throw labError(
        text('compare.no-phase', {
          ...{ id: given.id, phase },
          phases: given.marks.map((mark) => mark.phase).join(', ') || text('compare.no-phases'),
        }),
      );
    return { given, phase };
  }
  return null;
}

function splits(name: string): [string, string | null][] {
  const colon = name.indexOf(':');
  return colon < 0
    ? [[name, null]]
    : [
        [name, null],
        [name.slice(0, colon), name.slice(colon + 1)],
      ];
}

function deviceSide(store: Store, device: string, simulated: boolean): SideRecord {
  const query = { device, simulated };
  const alerts = allAlertsSince({ alerts: (page) => store.alerts({ ...page, ...query }) }, 0);
  const { flows, contacts, span } = gatherFlows(allFlows(store, query));
  const cases = store.cases().filter((one) => (phonesOf(one) ?? []).includes(device));
  return {
    name: device,
    title: alerts.find((alert) => alert.device.model !== null)?.device.model ?? device,
    simulated,
    tokens: tokensOf(store, { device }, simulated),
    identifiers: alerts.flatMap(identifierOf),
    flows,
    findings: alerts.flatMap(findingOf),
    contacts,
    watchedMs: watchedMs(store, [span]),
    marks: marksIn(cases, null),
  };
}

function caseSide(
  store: Store,
  name: string,
  { given, phase }: { given: Case; phase: string | null },
  simulated: boolean,
): SideRecord {
  const alerts = allAlertsSince({ alerts: (page) => store.alerts({ ...page, case: given.id, simulated }) }, 0);
  const spans = phase === null ? [spanOf(given)] : phaseSpans(given, phase);
  const phones = phonesOf(given) ?? [null];
  function* all(): Generator<FlowRecord> {
    for (const span of spans)
      for (const phone of phones)
        yield* allFlows(store, { ...(phone === null ? {} : { device: phone }), ...span, simulated });
  }
  const { flows, contacts } = gatherFlows(all());
  const told = alerts.filter(({ case: at }) => phase === null || at?.phase === phase || (at?.phases?.[phase] ?? 0) > 0);
  return {
    name,
    title: phase === null ? given.title : `${given.title} (${phase})`,
    simulated,
    tokens: tokensOf(store, { case: given.id }, simulated).filter((row) => phase === null || row.phase === phase),
    identifiers: told.flatMap(identifierOf),
    flows,
    findings: told.flatMap(findingOf),
    contacts,
    watchedMs: watchedMs(store, spans),
    marks: marksIn([given], phase),
  };
}

const tokensOf = (store: Store, query: TokenQuery, simulated: boolean): TokenRow[] =>
  store.tokens(query).filter((row) => (row.simulated ?? false) === simulated);

/** A phase may have been marked several times. */
function phaseSpans(given: Case, phase: string): Span[] {
  return given.marks.flatMap((mark, index) => {
    if (mark.phase !== phase) return [];
    const next = given.marks[index + 1];
    return [{ after: Date.parse(mark.at), before: next ? Date.parse(next.at) : spanOf(given).before }];
  });
}

function identifierOf(alert: ReturnType<Store['alerts']>[number]): SideRecord['identifiers'] {
  const { identifier, evidence, destination, device } = alert;
  if (!identifier || !evidence || !destination) return [];
  const { where, path } = evidence;
  const host = saidHost(destination);
  return [{ device: device.id, kind: identifier.kind, host, owner: destination.owner.name, where, path }];
}
