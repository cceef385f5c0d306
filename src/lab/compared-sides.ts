/** What the store holds of a phone, a case, or a phase of a case, gathered for a comparison. No lab need run for it. */
import { compareSides } from '../compare/runs.ts';
import { saidHost } from '../formats/said-host.ts';
import type { Case } from '../model/case.ts';
import type { Comparison, SideRecord, TokenRow } from '../model/comparison.ts';
import { LabError } from '../model/lab.ts';
import type { EvidenceStore, FlowRecord, TokenQuery } from '../sinks/evidence/store.ts';
import { openRecorded } from './evidence.ts';
import { allFlows, OWN_NAME, type Span, spanOf } from './recorded-flows.ts';
import { allAlertsSince } from './services.ts';

type Store = Pick<EvidenceStore, 'alerts' | 'flows' | 'tokens' | 'cases'>;

/** @throws LabError when a name means nothing here */
export async function compareRuns(dataDir: string, a: string, b: string): Promise<Comparison> {
  const store = openRecorded(dataDir);
  try {
    const [sidesA, sidesB] = [sidesOf(store, a), sidesOf(store, b)];
    for (const sideA of sidesA)
      for (const sideB of sidesB) if (sideA.simulated === sideB.simulated) return compareSides(sideA, sideB);
    const [simulated, real] = sidesA[0]?.simulated ? [a, b] : [b, a];
    throw new LabError(
      `"${simulated}" is simulated (a replay or a test) and "${real}" is not: they say nothing about each other`,
    );
  } finally {
    store.close();
  }
}

/** What happened in the world, and what was simulated; at least one of them. */
function sidesOf(store: Store, name: string): SideRecord[] {
  const asCase = findCase(store, name);
  const sides = [false, true]
    .map((simulated) => (asCase ? caseSide(store, name, asCase, simulated) : deviceSide(store, name, simulated)))
    .filter(hasTraffic);
  if (sides.length > 0) return sides;
  if (asCase) return [caseSide(store, name, asCase, false)];
  throw new LabError(
    `"${name}" is neither a case nor a phone that sent anything: see phonehome case list and phonehome device list`,
  );
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
      if (beginning.length > 1) throw new LabError(`several cases begin with "${id}": see phonehome case list`);
      continue;
    }
    if (phase !== null && !given.marks.some((mark) => mark.phase === phase))
      throw new LabError(
        `case ${given.id} has no phase "${phase}": ${given.marks.map((mark) => mark.phase).join(', ') || 'it has none'}`,
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
  return {
    name: device,
    title: alerts.find((alert) => alert.device.model !== null)?.device.model ?? device,
    simulated,
    tokens: tokensOf(store, { device }, simulated),
    identifiers: alerts.flatMap(identifierOf),
    flows: [...allFlows(store, query)].map(destinationOf),
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
  const device = given.deviceId === null ? {} : { device: given.deviceId };
  return {
    name,
    title: phase === null ? given.title : `${given.title} (${phase})`,
    simulated,
    tokens: tokensOf(store, { case: given.id }, simulated).filter((row) => phase === null || row.phase === phase),
    identifiers: alerts
      .filter(({ case: at }) => phase === null || at?.phase === phase || (at?.phases?.[phase] ?? 0) > 0)
      .flatMap(identifierOf),
    flows: spans.flatMap((span) => [...allFlows(store, { ...device, ...span, simulated })].map(destinationOf)),
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

function destinationOf(flow: FlowRecord): SideRecord['flows'][number] {
  return {
    device: flow.deviceId ?? flow.client.ip,
    host: saidHost(flow.destination),
    owner: flow.facts?.owner.name ?? null,
    requests: flow.requests,
  };
}

function identifierOf(alert: ReturnType<Store['alerts']>[number]): SideRecord['identifiers'] {
  const { identifier, evidence, destination, device } = alert;
  if (!identifier || !evidence || !destination) return [];
  const { where, path } = evidence;
  const host = saidHost(destination);
  return [{ device: device.id, kind: identifier.kind, host, owner: destination.owner.name, where, path }];
}
