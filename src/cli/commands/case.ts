/** `phonehome case …`: test runs and their phases, in the running lab or, without one, in the store of the data directory. */
import { isIP } from 'node:net';
import { clean } from '../../formats/terminal.ts';
import { type Case, type CaseFacts, phonesOf } from '../../model/case.ts';
import { REPLAY_PREFIX } from '../../model/device.ts';
import { LabError } from '../../model/lab.ts';
import { CASE_EVENTS } from '../../model/words.ts';
import { type CaseStore, openCaseStore } from '../case-store.ts';
import { caseLines, describeCase, moment } from '../case-text.ts';
import { chooseCase, newestFirst } from '../chosen-case.ts';
import { openDeviceStore } from '../device-store.ts';
import { runningLabOf } from '../lab-client.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { table } from '../table.ts';
import { spoken, words } from '../words.ts';

interface CaseFlags extends Partial<Record<keyof CaseFacts, string | null>> {
  data: string;
  json: boolean;
  device?: string[];
  event?: boolean;
  simulated?: boolean;
}

export async function list(given: Record<string, unknown>): Promise<number> {
  const { data, json } = given as unknown as CaseFlags;
  const cases = await withStore(data, newestFirst);
  if (json) for (const each of cases) printJson({ type: 'case', ...each });
  else if (cases.length === 0) print(words('case.none-yet'));
  else
    print(
      ...table([
        (['id', 'begun', 'phone', 'phase', 'title'] as const).map((head) => words(`case.head.${head}`)),
        ...cases.map((each) => [
          each.id,
          moment(each.openedAt),
          phonesOf(each)?.join(', ') ?? words('case.all'),
          phaseOf(each),
          each.title,
        ]),
      ]),
    );
  return 0;
}

export async function open(given: Record<string, unknown>, [title = '']: string[]): Promise<number> {
  const { data, json, device = [], ...facts } = given as unknown as CaseFlags;
  const about: CaseFacts = {};
  for (const name of FACTS) if (facts[name]) about[name] = facts[name];
  await mustBeKnown(data, device);
  const made = await withStore(data, (store) =>
    store.open({
      title,
      deviceId: device[0] ?? null,
      label: null,
      ...(device.length > 1 ? { phones: device } : {}),
      ...(Object.keys(about).length > 0 ? { about } : {}),
    }),
  );
  if (json) printJson({ type: 'case', ...made });
  else print(words('case.begun', { id: made.id }), words('case.mark-from'));
  return 0;
}

/** A slip of the pen would be a test of a phone that never comes. @throws LabError */
async function mustBeKnown(data: string, phones: readonly string[]): Promise<void> {
  // Whoever starts a lab later may name another devices file.
  if (phones.length === 0 || (await runningLabOf(data)) === null) return;
  const known = (await (await openDeviceStore(data)).list(false)).map(({ id }) => id);
  const stranger = phones.find((id) => !known.includes(id) && !id.startsWith(REPLAY_PREFIX) && isIP(id) === 0);
  if (stranger !== undefined) throw new LabError(words('device.unknown', { id: stranger }));
}

const FACTS = ['model', 'units', 'firmware', 'sim', 'tester', 'place', 'purpose'] as const;

export async function show(given: Record<string, unknown>, [id]: string[]): Promise<number> {
  const { data, json, simulated } = given as unknown as CaseFlags;
  const { id: found } = await withStore(data, (store) => chooseCase(store, id));
  const lab = await loadLab();
  const record = await lab.readCase(data, found, simulated ? { simulated } : {});
  const verdict = await lab.judgeCase(record, spoken());
  if (json) for (const line of caseLines(record, verdict)) printJson(line);
  else print(...describeCase(record, verdict));
  return 0;
}

/** A phone's own record of the servers it met. */
export async function importRecord(given: Record<string, unknown>, [id = '', file = '']: string[]): Promise<number> {
  const { data, json } = given as unknown as CaseFlags;
  const { id: found } = await withStore(data, (store) => chooseCase(store, id));
  const record = await (await loadLab()).importPhoneRecord(data, found, file);
  const { contacts, further, skipped } = record;
  const counted = { file: record.file, servers: contacts.length, skipped, id: found };
  if (json) printJson({ type: 'phone-record', case: found, ...record, contacts: contacts.length });
  else
    print(
      clean(further > 0 ? words('case.imported-further', { ...counted, further }) : words('case.imported', counted)),
    );
  return 0;
}

export async function capture(given: Record<string, unknown>, [file = '', id]: string[]): Promise<number> {
  const { data, json } = given as unknown as CaseFlags;
  const found = await withStore(data, (store) => chooseCase(store, id));
  const devices = found.deviceId === null ? [] : await (await openDeviceStore(data)).list(false);
  const mac = devices.find((device) => device.id === found.deviceId)?.match.mac ?? null;
  const to = found.closedAt ?? new Date().toISOString();
  const written = await (await loadLab()).exportCapture({ dataDir: data, from: found.openedAt, to, mac, file });
  if (json) printJson({ type: 'capture', file, case: found.id, ...written });
  else
    print(
      words('case.captured', { file, bytes: written.bytes, sessions: written.sessions }),
      ...(found.deviceId !== null && mac === null ? [words('case.all-phones', { phone: found.deviceId })] : []),
    );
  return 0;
}

export async function mark(given: Record<string, unknown>, [name = '', id]: string[]): Promise<number> {
  const { data, json, event } = given as unknown as CaseFlags;
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '-');
  const isEvent = event || (CASE_EVENTS as readonly string[]).includes(plain);
  const marked = await withStore(data, async (store) =>
    store.mark((await chooseCase(store, id, isOpen)).id, isEvent ? { event: name } : { phase: name }),
  );
  if (json) printJson({ type: 'case', ...marked });
  else if (isEvent)
    print(clean(words('case.event', { title: marked.title, event: marked.events?.at(-1)?.event ?? '' })));
  else print(clean(words('case.phase', { title: marked.title, phase: marked.marks.at(-1)?.phase ?? '' })));
  return 0;
}

export async function close(given: Record<string, unknown>, [id]: string[]): Promise<number> {
  const { data, json } = given as unknown as CaseFlags;
  // Of one that is named the store says why it cannot be closed.
  const closed = await withStore(data, async (store) =>
    store.close((await chooseCase(store, id, id ? undefined : isOpen)).id),
  );
  if (json) printJson({ type: 'case', ...closed });
  else print(clean(words('case.closed', { title: closed.title })));
  return 0;
}

async function withStore<T>(data: string, use: (store: CaseStore) => Promise<T>): Promise<T> {
  const store = await openCaseStore(data);
  try {
    return await use(store);
  } finally {
    store.end();
  }
}

const isOpen = (each: Case) => each.closedAt === null;

function phaseOf(each: Case): string {
  return each.closedAt ? words('case.ended') : (each.marks.at(-1)?.phase ?? words('case.running'));
}
