/** `phonehome hub …`: many labs in one database. */
import { hostname, userInfo } from 'node:os';
import type { HistoryProof, HubCommands, HubEngines, HubStatus, LabProof, LabStanding } from '../../model/hub.ts';
import { LabError } from '../../model/lab.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson, tell } from '../output.ts';
import { stopSignal } from '../stop-signal.ts';
import { table } from '../table.ts';
import { type PlainWord, words } from '../words.ts';

const open = async (given: Record<string, unknown>): Promise<{ hub: HubCommands; json: boolean }> => {
  const { hubConfig, json } = given as { hubConfig: string; json: boolean };
  return { hub: await (await loadLab()).openHub(hubConfig), json };
};

export async function key({ json }: Record<string, unknown>, [file = '']: string[]): Promise<number> {
  const shown = await (await loadLab()).makeHubKey(file);
  if (json) printJson({ type: 'hub-key', file, public: shown });
  else print(words('hub.key.secret', { file }), shown);
  return 0;
}

export async function migrate(given: Record<string, unknown>): Promise<number> {
  const { hub, json } = await open(given);
  const { from, to, retried } = await hub.migrate();
  if (json) printJson({ type: 'hub-migrated', from, to, retried });
  else {
    print(from === to ? words('hub.migrated.same', { version: to }) : words('hub.migrated', { from, to }));
    if (retried > 0) print(words('hub.retried', { count: retried }));
  }
  return 0;
}

export async function organisation(given: Record<string, unknown>, [name = '']: string[]): Promise<number> {
  const { hub, json } = await open(given);
  const { isNew, token, retried } = await hub.addOrganisation(name);
  if (json) printJson({ type: 'hub-organisation', name, isNew, token, retried });
  else {
    print(words(isNew ? 'hub.organisation.added' : 'hub.organisation.there', { name }));
    print(words('hub.organisation.token', { token }));
    if (retried > 0) print(words('hub.retried', { count: retried }));
  }
  return 0;
}

export async function feed(given: Record<string, unknown>, [directory = '']: string[]): Promise<number> {
  const { hubConfig, feedKey, json } = given as { hubConfig: string; feedKey: string; json: boolean };
  const version = await (await loadLab()).publishFeed(hubConfig, directory, feedKey);
  if (json) printJson({ type: 'hub-feed', version });
  else print(words('hub.feed.published', { version }));
  return 0;
}

/** Exit code 1 when a lab is not as it should be. */
export async function status(given: Record<string, unknown>): Promise<number> {
  const { hub, json } = await open(given);
  const found = await hub.status();
  if (json) printJson({ type: 'hub-status', ...found });
  else print(...describe(found));
  return found.labs.every(isWell) && found.strangers.length === 0 ? 0 : 1;
}

/** Exit code 1 when something does not fit, as of `verify`. */
export async function prove(
  given: Record<string, unknown>,
  [organisation = '', lab = '', file]: string[],
): Promise<number> {
  const { hub, json } = await open(given);
  const handedOut = file === undefined ? null : await (await loadLab()).readPackageChain(file);
  const proof = await hub.prove(organisation, lab, handedOut);
  if (json) printJson({ type: 'hub-proof', ...proof });
  else print(...describeProof(proof));
  const { histories } = proof;
  if (histories.some(({ problem }) => problem !== null)) throw new LabError(words('hub.proof.failed', { lab }));
  if (file !== undefined && histories.every(({ compared }) => compared === 0))
    throw new LabError(words('hub.proof.other-package', { file, lab }));
  return 0;
}

export async function acceptKey(
  given: Record<string, unknown>,
  [organisation = '', lab = '', key = '']: string[],
): Promise<number> {
  const { hub, json } = await open(given);
  const who = `${userInfo().username}@${hostname()}`;
  const reason = typeof given.reason === 'string' ? given.reason : '';
  const before = await hub.acceptKey({ organisation, lab, key, who, reason });
  if (json) printJson({ type: 'hub-key-accepted', organisation, lab, key, before, who, reason });
  else print(words('hub.key.accepted', { key, lab, before }));
  return 0;
}

export async function serve(given: Record<string, unknown>): Promise<number> {
  const { hub, json } = await open(given);
  const { stopped } = stopSignal();
  const { url, stop } = await hub.serve((state) =>
    json ? printJson({ type: 'hub-state', ...state }) : tell(enginesIn(state)),
  );
  if (json) printJson({ type: 'ready', url });
  else print(words('hub.serves', { url }));
  await stopped;
  await stop();
  return 0;
}

function enginesIn({ broker, database, problem }: HubEngines): string {
  const word = (answers: boolean): string => words(answers ? 'hub.connected' : 'hub.away');
  const engines = { broker: word(broker), database: word(database) };
  return problem === null ? words('hub.engines', engines) : words('hub.engines.problem', { ...engines, problem });
}

const isWell = ({ chain, forged, isClockWrong, aside }: LabStanding): boolean =>
  chain === 'whole' && forged.length === 0 && !isClockWrong && Object.keys(aside).length === 0;

const HEADS = ['organisation', 'lab', 'heard', 'records', 'of', 'state'] as const;

function describe({ labs, strangers }: HubStatus): string[] {
  if (labs.length === 0 && strangers.length === 0) return [words('hub.none')];
  return [
    ...table([
      HEADS.map((head) => words(`hub.head.${head}`)),
      ...labs.map((one) => [
        one.organisation,
        one.lab,
        one.heard ?? words('hub.never'),
        String(one.held),
        String(one.head ?? '?'),
        stateOf(one),
      ]),
    ]),
    ...strangers.map(({ organisation, lab, why, count }) =>
      words('hub.stranger', { organisation, lab, count, why: whyIn(why) }),
    ),
  ];
}

/** Of a newer hub it may be another one. */
const whyIn = (why: string): string => {
  const known: PlainWord[] = [
    'hub.why.newer',
    'hub.why.unreadable',
    'hub.why.forged',
    'hub.why.unknown organisation',
    'hub.why.refused by the database',
  ];
  const word = known.find((one) => one === `hub.why.${why}`);
  return word ? words(word) : why;
};

function forgedIn({ position, why, key }: LabStanding['forged'][number]): string {
  return why === 'key' && key
    ? words('hub.state.key-named', { position, key })
    : words(`hub.state.${why}`, { position });
}

function stateOf(one: LabStanding): string {
  const { chain, missing, faults, forged, isClockWrong, clockAhead, histories, accepted, aside } = one;
  const said = [
    ...(chain === 'broken' ? [words('hub.state.broken', { fault: faults[0] ?? '' })] : []),
    ...forged.slice(0, 1).map(forgedIn),
    ...missing.map(({ from, to }) => words('hub.state.missing', { from, to })),
    ...(isClockWrong ? [words('hub.state.clock', { seconds: Math.round(clockAhead ?? 0) })] : []),
    ...(histories > 1 ? [words('hub.state.histories', { count: histories })] : []),
    ...Object.entries(aside).map(([why, count]) => words('hub.state.aside', { count, why: whyIn(why) })),
  ];
  const state = said.length === 0 ? [words('hub.state.whole')] : said;
  return [...state, ...(accepted ? [words('hub.state.accepted', accepted)] : [])].join('; ');
}

function describeProof({ lab, histories }: LabProof): string[] {
  return histories.length === 0 ? [words('hub.proof.nothing', { lab })] : histories.flatMap(describeHistory);
}

function describeHistory({ history, records, rows, signed, unheld, compared, problem }: HistoryProof): string[] {
  const spans = unheld.map(({ from, to }) => (from === to ? String(from) : `${from}–${to}`)).join(', ');
  return [
    words('hub.proof.records', { history, count: records, rows }),
    signed ? words('hub.proof.signed', signed) : words('hub.proof.unsigned'),
    ...(spans === '' ? [] : [words('hub.proof.unheld', { spans })]),
    ...(compared === 0 ? [] : [words('hub.proof.compared', { count: compared })]),
    ...(problem === null ? [] : [words(`hub.proof.${problem.what}`, { position: problem.position })]),
  ];
}
