/** Many labs in one database. */
import type { CommandSpec } from '../command.ts';
import type { Flag } from '../flags.ts';

const hub = () => import('../commands/hub.ts');

/** Of `hub …`. */
const HUB_FLAGS: Flag[] = [{ name: 'hub-config', value: 'FILE', default: './hub.yaml', help: 'flag.hub-config' }];

export const HUB: CommandSpec[] = [
  {
    name: 'hub accept-key',
    words: '<organisation> <lab> <key>',
    summary: 'do.hub.accept-key',
    flags: [...HUB_FLAGS, { name: 'reason', value: 'TEXT', default: null, help: 'flag.reason' }],
    examples: ['hub accept-key cellphones hanoi-1 3f9a1c07be52d648 --reason "installed anew, told by Linh"'],
    load: async () => (await hub()).acceptKey,
  },
  {
    name: 'hub key',
    words: '<file>',
    summary: 'do.hub.key',
    flags: [],
    examples: ['hub key hub.nk'],
    load: async () => (await hub()).key,
  },
  {
    name: 'hub feed',
    words: '<directory>',
    summary: 'do.hub.feed',
    flags: [...HUB_FLAGS, { name: 'feed-key', value: 'FILE', default: './feed.key', help: 'flag.feed-key' }],
    examples: ['hub feed tables --feed-key feed.key'],
    load: async () => (await hub()).feed,
  },
  {
    name: 'hub migrate',
    summary: 'do.hub.migrate',
    flags: HUB_FLAGS,
    examples: ['hub migrate --hub-config hub.yaml'],
    load: async () => (await hub()).migrate,
  },
  {
    name: 'hub organisation',
    words: '<name>',
    summary: 'do.hub.organisation',
    flags: HUB_FLAGS,
    examples: ['hub organisation cellphones'],
    load: async () => (await hub()).organisation,
  },
  {
    name: 'hub prove',
    words: '<organisation> <lab> [package]',
    summary: 'do.hub.prove',
    flags: HUB_FLAGS,
    examples: ['hub prove cellphones hanoi-1', 'hub prove cellphones hanoi-1 case-17.zip'],
    load: async () => (await hub()).prove,
  },
  {
    name: 'hub serve',
    summary: 'do.hub.serve',
    flags: HUB_FLAGS,
    examples: ['hub serve --hub-config hub.yaml'],
    load: async () => (await hub()).serve,
  },
  {
    name: 'hub status',
    summary: 'do.hub.status',
    flags: HUB_FLAGS,
    examples: ['hub status', 'hub status --json'],
    load: async () => (await hub()).status,
  },
];
