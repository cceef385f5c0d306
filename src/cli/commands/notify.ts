/** `phonehome notify …`: who is told of alerts outside the lab. Works on the data directory; a running lab takes changes up by itself. */
import { LabError, type StoredNotify } from '../../model/lab.ts';
import type { Mute, NotifyState } from '../../model/notify.ts';
import { UsageError } from '../errors.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { table } from '../table.ts';
import { inWords, words } from '../words.ts';

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
  const { ok, detail, text } = await notify.test(name);
  const said = text ? inWords(text) : detail;
  if (json) printJson({ type: 'notify-test', name, ok, detail });
  else if (ok) print(`${name}: ${said}.`);
  if (!ok && !json) throw new LabError(`${name}: ${said}`);
  return ok ? 0 : 1;
}

export async function retry(given: Record<string, unknown>, [name = '']: string[]): Promise<number> {
  const { notify, json } = await open(given);
  const count = await notify.retry(name);
  if (json) printJson({ type: 'notify-retry', name, count });
  else print(words('notify.retried', { name, count }));
  return 0;
}

export const mute = (given: Record<string, unknown>, names: string[]): Promise<number> => hold(given, names, 'muted');
export const accept = (given: Record<string, unknown>, names: string[]): Promise<number> =>
  hold(given, names, 'accepted');

export async function unmute(given: Record<string, unknown>, [name = '']: string[]): Promise<number> {
  const { notify, json } = await open(given);
  if (!(await notify.unmute(name))) throw new LabError(words('notify.not-muted', { name }));
  if (json) printJson({ type: 'notify-unmute', name });
  else print(words('notify.unmuted', { name }));
  return 0;
}

const CONDITIONS = ['type', 'kind', 'country', 'owner', 'host', 'device', 'case', 'phase'] as const;

async function hold(given: Record<string, unknown>, [name = '']: string[], as: Mute['as']): Promise<number> {
  const flags = given as unknown as MuteFlags;
  const { reason, until } = flags;
  if (!reason || !until) throw new UsageError(words('notify.say-why'));
  const lists = CONDITIONS.map((condition) => [condition, flags[condition] as string[]] as const);
  const when = Object.fromEntries(lists.filter(([, values]) => values.length > 0));
  if (Object.keys(when).length === 0)
    throw new UsageError(words('notify.say-what', { conditions: CONDITIONS.map((one) => `--${one}`).join(', ') }));
  const { notify, json } = await open(given);
  const held = await notify.mute({ name, when, as, reason, until });
  if (json) printJson({ ...held, type: 'notify-mute' });
  else print(words('notify.held', { name, what: conditionIn(held.when), until: held.until }));
  return 0;
}

function describe({ file, receivers, rules, mutes }: NotifyState): string[] {
  if (receivers.length === 0) return [words('notify.nobody', { file })];
  return [
    ...table([
      (['receiver', 'where', 'sent', 'waiting', 'dead', 'state'] as const).map((head) => words(`notify.head.${head}`)),
      ...receivers.map((one) => [
        one.name,
        one.where,
        String(one.sent),
        String(one.waiting),
        one.dropped > 0 ? words('notify.dropped', { dead: one.dead, dropped: one.dropped }) : String(one.dead),
        one.failingSince === null
          ? words('notify.works')
          : words('notify.fails', { since: one.failingSince, error: one.lastErrorText ?? one.lastError ?? '' }),
      ]),
    ]),
    '',
    ...(rules.length === 0 ? [words('notify.no-rule')] : []),
    ...rules.map(({ name, when, send }) => `${name}: ${conditionIn(when)} → ${send.join(', ')}`),
    ...mutes.map(({ name, when, as, reason, until, held, isOver }) =>
      words('notify.mute', {
        ...{ name, reason, until, held, as: words(`notify.as.${as}`), what: conditionIn(when) },
        over: isOver ? words('notify.over') : '',
      }),
    ),
  ];
}

function conditionIn(when: Mute['when']): string {
  const parts = Object.entries(when).map(([name, value]) => `${name} ${[value].flat().join(words('notify.or'))}`);
  return parts.length === 0 ? words('notify.everything') : parts.join(', ');
}
