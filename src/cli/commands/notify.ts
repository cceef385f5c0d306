/** `phonehome notify …`: who is told of alerts outside the lab. Works on the data directory; a running lab takes changes up by itself. */
import { LabError, type StoredNotify } from '../../model/lab.ts';
import type { Mute, NotifyState } from '../../model/notify.ts';
import { UsageError } from '../errors.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { table } from '../table.ts';

interface NotifyFlags {
  data: string;
  json: boolean;
}

interface MuteFlags extends NotifyFlags {
  reason: string | null;
  until: string | null;
  [condition: string]: unknown;
}

const open = async (given: Record<string, unknown>): Promise<{ notify: StoredNotify; json: boolean }> => {
  const { data, json } = given as unknown as NotifyFlags;
  return { notify: await (await loadLab()).openNotify(data), json };
};

export async function show(given: Record<string, unknown>): Promise<number> {
  const { notify, json } = await open(given);
  const state = await notify.state();
  if (json) printJson({ type: 'notify', ...state });
  else print(...describe(state));
  return 0;
}

export async function example(given: Record<string, unknown>): Promise<number> {
  print(...(await open(given)).notify.example.trimEnd().split('\n'));
  return 0;
}

/** Exit code 1 when it was not taken. */
export async function test(given: Record<string, unknown>, [name = '']: string[]): Promise<number> {
  const { notify, json } = await open(given);
  const { ok, detail } = await notify.test(name);
  if (json) printJson({ type: 'notify-test', name, ok, detail });
  else if (ok) print(`${name}: ${detail}.`);
  if (!ok && !json) throw new LabError(`${name}: ${detail}`);
  return ok ? 0 : 1;
}

export async function retry(given: Record<string, unknown>, [name = '']: string[]): Promise<number> {
  const { notify, json } = await open(given);
  const count = await notify.retry(name);
  if (json) printJson({ type: 'notify-retry', name, count });
  else print(`${name}: ${count} that were given up wait again; the lab sends them when it runs.`);
  return 0;
}

export const mute = (given: Record<string, unknown>, words: string[]): Promise<number> => hold(given, words, 'muted');
export const accept = (given: Record<string, unknown>, words: string[]): Promise<number> =>
  hold(given, words, 'accepted');

export async function unmute(given: Record<string, unknown>, [name = '']: string[]): Promise<number> {
  const { notify, json } = await open(given);
  if (!(await notify.unmute(name)))
    throw new LabError(`nothing is muted under the name "${name}": see phonehome notify show`);
  if (json) printJson({ type: 'notify-unmute', name });
  else print(`${name} ended: what matches it is sent again.`);
  return 0;
}

const CONDITIONS = ['type', 'kind', 'country', 'owner', 'host', 'device', 'case', 'phase'] as const;

async function hold(given: Record<string, unknown>, [name = '']: string[], as: Mute['as']): Promise<number> {
  const flags = given as unknown as MuteFlags;
  const { reason, until } = flags;
  if (!reason || !until)
    throw new UsageError('say why with --reason "…", and the last day on which it holds with --until YYYY-MM-DD');
  const lists = CONDITIONS.map((condition) => [condition, flags[condition] as string[]] as const);
  const when = Object.fromEntries(lists.filter(([, values]) => values.length > 0));
  if (Object.keys(when).length === 0)
    throw new UsageError(`say what is held back: ${CONDITIONS.map((one) => `--${one}`).join(', ')}`);
  const { notify, json } = await open(given);
  const held = await notify.mute({ name, when, as, reason, until });
  if (json) printJson({ ...held, type: 'notify-mute' });
  else
    print(
      `${name}: ${conditionIn(held.when)} is not sent until the end of ${held.until}. It stays in the lab, and is counted.`,
    );
  return 0;
}

function describe({ file, receivers, rules, mutes }: NotifyState): string[] {
  if (receivers.length === 0)
    return [
      `Nobody outside the lab is told of alerts: write ${file} (phonehome notify example prints one to begin with).`,
    ];
  return [
    ...table([
      ['receiver', 'where', 'sent', 'waiting', 'given up', 'state'],
      ...receivers.map((one) => [
        one.name,
        one.where,
        String(one.sent),
        String(one.waiting),
        `${one.dead}${one.dropped > 0 ? ` (and ${one.dropped} dropped)` : ''}`,
        one.failingSince === null ? 'works' : `fails since ${one.failingSince}: ${one.lastError ?? ''}`,
      ]),
    ]),
    '',
    ...(rules.length === 0 ? ['No rule sends anything.'] : []),
    ...rules.map(({ name, when, send }) => `${name}: ${conditionIn(when)} → ${send.join(', ')}`),
    ...mutes.map(
      ({ name, when, as, reason, until, held, isOver }) =>
        `${as}: ${name}: ${conditionIn(when)}, until ${until}${isOver ? ' (over)' : ''}, because: ${reason}. Held back: ${held}.`,
    ),
  ];
}

function conditionIn(when: Mute['when']): string {
  const parts = Object.entries(when).map(([name, value]) => `${name} ${[value].flat().join(' or ')}`);
  return parts.length === 0 ? 'everything' : parts.join(', ');
}
