/** Databases of places and networks. */
import type { CommandSpec } from '../command.ts';
import { type Flag, REACH_FLAGS } from '../flags.ts';

const geo = () => import('../commands/geo.ts');

const SHOW: Omit<CommandSpec, 'name' | 'examples'> = {
  summary: 'do.geo.show',
  flags: REACH_FLAGS,
  load: async () => (await geo()).show,
};

const OLDER_FLAG: Flag = { name: 'older', help: 'flag.older' };

export const GEO: CommandSpec[] = [
  { name: 'geo show', ...SHOW, examples: ['geo show', 'geo show --json'] },
  { name: 'geo status', ...SHOW, examples: ['geo status'] },
  {
    name: 'geo update',
    words: '<files...>',
    summary: 'do.geo.update',
    flags: [...REACH_FLAGS, OLDER_FLAG],
    examples: [
      'geo update dbip-country-lite-2026-11.mmdb.gz',
      'geo update GeoLite2-ASN_20261124.tar.gz',
      'geo update downloads/',
    ],
    load: async () => (await geo()).update,
  },
  {
    name: 'geo rollback',
    summary: 'do.geo.rollback',
    flags: REACH_FLAGS,
    examples: ['geo rollback'],
    load: async () => (await geo()).rollback,
  },
];
