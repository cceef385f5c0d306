/** Many labs in one database. */
import type { CommandSpec } from '../command.ts';
import type { Flag } from '../flags.ts';

const hub = () => import('../commands/hub.ts');

/** Of `hub …`. */
const HUB_FLAGS: Flag[] = [{ name: 'hub-config', value: 'FILE', default: './hub.yaml', help: 'flag.hub-config' }];

export const HUB: CommandSpec[] = [
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
