/** `phonehome hub …`: many labs in one database. */
import type { ForgedWhy, HubCommands, HubStatus, LabStanding } from '../../model/hub.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson, tell } from '../output.ts';
import { stopSignal } from '../stop-signal.ts';
import { table } from '../table.ts';

const open = async (given: Record<string, unknown>): Promise<{ hub: HubCommands; json: boolean }> => {
  const { hubConfig, json } = given as { hubConfig: string; json: boolean };
  return { hub: await (await loadLab()).openHub(hubConfig), json };
};

export async function key({ json }: Record<string, unknown>, [file = '']: string[]): Promise<number> {
  const shown = await (await loadLab()).makeHubKey(file);
  if (json) printJson({ type: 'hub-key', file, public: shown });
  else {
    print(`The secret half is in ${file}; keep it there. The public half, for the broker's list of users:`);
    print(shown);
  }
  return 0;
}

export async function migrate(given: Record<string, unknown>): Promise<number> {
  const { hub, json } = await open(given);
  const { from, to, retried } = await hub.migrate();
  if (json) printJson({ type: 'hub-migrated', from, to, retried });
  else
    print(
      from === to
        ? `The database is as it should be (version ${to}).`
        : `The database went from version ${from} to ${to}.`,
    );
  return 0;
}

export async function organisation(given: Record<string, unknown>, [name = '']: string[]): Promise<number> {
  const { hub, json } = await open(given);
  const { isNew, token, retried } = await hub.addOrganisation(name);
  if (json) printJson({ type: 'hub-organisation', name, isNew, token, retried });
  else {
    print(isNew ? `${name} was added.` : `${name} was there; this is another token for it.`);
    print(`Its token, shown once: ${token}`);
    if (retried > 0) print(`${retried} messages of it that waited were taken in.`);
  }
  return 0;
}

export async function feed(given: Record<string, unknown>, [directory = '']: string[]): Promise<number> {
  const { hubConfig, feedKey, json } = given as { hubConfig: string; feedKey: string; json: boolean };
  const version = await (await loadLab()).publishFeed(hubConfig, directory, feedKey);
  if (json) printJson({ type: 'hub-feed', version });
  else print(`Version ${version} is published: labs that trust its key take it within a minute.`);
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

export async function serve(given: Record<string, unknown>): Promise<number> {
  const { hub, json } = await open(given);
  const { stopped } = stopSignal();
  const { url, stop } = await hub.serve((line) => (json ? printJson({ type: 'hub-state', line }) : tell(line)));
  if (json) printJson({ type: 'ready', url });
  else print(`The hub takes in what labs publish. Its API: ${url}`);
  await stopped;
  await stop();
  return 0;
}

const isWell = ({ chain, forged, isClockWrong, aside }: LabStanding): boolean =>
  chain === 'whole' && forged.length === 0 && !isClockWrong && Object.keys(aside).length === 0;

function describe({ labs, strangers }: HubStatus): string[] {
  if (labs.length === 0 && strangers.length === 0) return ['No lab has published anything yet.'];
  return [
    ...table([
      ['organisation', 'lab', 'heard', 'records', 'of', 'state'],
      ...labs.map((one) => [
        one.organisation,
        one.lab,
        one.heard ?? 'never',
        String(one.held),
        String(one.head ?? '?'),
        stateOf(one),
      ]),
    ]),
    ...strangers.map(
      ({ organisation, lab, why, count }) => `! ${count} messages of ${organisation}/${lab} are kept aside: ${why}`,
    ),
  ];
}

const FORGED: Record<ForgedWhy, string> = {
  signature: 'what it says it signed does not fit its key',
  key: 'it signed with another key than before',
  record: 'it signed another record than it told',
};

function stateOf({ chain, missing, faults, forged, isClockWrong, clockAhead, histories, aside }: LabStanding): string {
  const said = [
    ...(chain === 'broken' ? [`its chain is broken: ${faults[0]}`] : []),
    ...forged.slice(0, 1).map(({ position, why }) => `${FORGED[why]} (record ${position})`),
    ...missing.map(({ from, to }) => `records ${from} to ${to} are missing`),
    ...(isClockWrong ? [`its clock is off by ${Math.round(clockAhead ?? 0)} s`] : []),
    ...(histories > 1 ? [`${histories} histories: its store was restored or begun anew`] : []),
    ...Object.entries(aside).map(([why, count]) => `${count} messages kept aside: ${why}`),
  ];
  return said.length === 0 ? 'whole' : said.join('; ');
}
