/**
 * Every command as data, group by group.
 * The file of a command is imported only when it runs, so that `start` loads no React and `watch` no proxy.
 * What does not work yet is not in this list.
 */
import type { CommandSpec } from './command.ts';
import { APPS } from './command-groups/apps.ts';
import { CASES } from './command-groups/cases.ts';
import { GATEWAY } from './command-groups/gateway.ts';
import { GEO } from './command-groups/geo.ts';
import { HUB } from './command-groups/hub.ts';
import { KEYS } from './command-groups/keys.ts';
import { LAB } from './command-groups/lab.ts';
import { NOTIFY } from './command-groups/notify.ts';
import { PHONES } from './command-groups/phones.ts';
import { RECORDS } from './command-groups/records.ts';
import { COMMON_FLAGS, type Flag } from './flags.ts';

/** The first word of commands of two. */
export const GROUPS = [
  'device',
  'case',
  'plan',
  'notify',
  'ca',
  'token',
  'geo',
  'pins',
  'trust-test',
  'gateway',
  'hub',
] as const;

export const COMMANDS: CommandSpec[] = [
  ...LAB,
  ...RECORDS,
  ...PHONES,
  ...CASES,
  ...NOTIFY,
  ...KEYS,
  ...GEO,
  ...GATEWAY,
  ...HUB,
  ...APPS,
];

/** Of all commands: what a configuration file may name. */
export function everyFlag(): Flag[] {
  const byName = new Map<string, Flag>();
  for (const flag of [...COMMON_FLAGS, ...COMMANDS.flatMap((command) => command.flags)]) byName.set(flag.name, flag);
  return [...byName.values()];
}
