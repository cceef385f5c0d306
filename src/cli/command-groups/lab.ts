/** Running a lab, signing in to it, and what keeps it from running. */
import { KEEP_MEGABYTES } from '../../model/content.ts';
import { ENGINES, RETENTION_DAYS } from '../../model/lab.ts';
import { KEEPS, ROLES } from '../../model/words.ts';
import type { CommandSpec } from '../command.ts';
import { cidr, count, country, oneOf, port } from '../flag-values.ts';
import { CA_PASSPHRASE_FLAG, type Flag, REACH_FLAGS } from '../flags.ts';

/** Of `start` and `demo`. */
const LAB_FLAGS: Flag[] = [
  CA_PASSPHRASE_FLAG,
  { name: 'host', value: 'ADDRESS', default: '0.0.0.0', help: 'flag.host' },
  {
    name: 'proxy-port',
    value: 'PORT',
    default: 8080,
    parse: port,
    help: 'flag.proxy-port',
  },
  {
    name: 'ui-port',
    value: 'PORT',
    default: 8081,
    parse: port,
    help: 'flag.ui-port',
  },
  {
    name: 'ui-tls',
    help: 'flag.ui-tls',
  },
  {
    name: 'transparent-port',
    value: 'PORT',
    default: null,
    parse: port,
    help: 'flag.transparent-port',
  },
  {
    name: 'engine',
    value: 'NAME',
    default: 'wire',
    parse: oneOf(ENGINES),
    help: 'flag.engine',
    choices: ENGINES,
  },
  { name: 'devices', value: 'FILE', default: null, help: 'flag.devices' },
  {
    name: 'upstream-ca',
    value: 'FILE',
    default: null,
    help: 'flag.upstream-ca',
  },
  {
    name: 'client-cert',
    value: 'HOST=FILE',
    list: true,
    default: [],
    help: 'flag.client-cert',
  },
  {
    name: 'fetch-intermediates',
    help: 'flag.fetch-intermediates',
  },
  {
    name: 'upstream-map',
    value: 'FILE',
    default: null,
    help: 'flag.upstream-map',
  },
  {
    name: 'allow-clients',
    value: 'CIDR',
    list: true,
    default: [],
    parse: cidr,
    help: 'flag.allow-clients',
  },
  {
    name: 'phone-connections',
    value: 'N',
    default: null,
    parse: count,
    help: 'flag.phone-connections',
  },
  {
    name: 'allow-destinations',
    value: 'CIDR',
    list: true,
    default: [],
    parse: cidr,
    help: 'flag.allow-destinations',
  },
  {
    name: 'decoder',
    value: 'FILE',
    list: true,
    default: [],
    help: 'flag.decoder',
  },
  {
    name: 'home-country',
    value: 'CC',
    default: null,
    parse: country,
    help: 'flag.home-country',
  },
  {
    name: 'resolver',
    value: 'ADDRESS',
    list: true,
    default: [],
    help: 'flag.resolver',
  },
  {
    name: 'capture',
    help: 'flag.capture',
  },
  {
    name: 'capture-size',
    value: 'MB',
    default: 1000,
    parse: count,
    help: 'flag.capture-size',
  },
  {
    name: 'retention-days',
    value: 'DAYS',
    default: RETENTION_DAYS,
    parse: count,
    help: 'flag.retention-days',
  },
  {
    name: 'keep',
    value: 'WHAT',
    default: 'findings',
    parse: oneOf(KEEPS),
    help: 'flag.keep',
  },
  {
    name: 'keep-mb',
    value: 'MB',
    default: KEEP_MEGABYTES,
    parse: count,
    help: 'flag.keep-mb',
  },
  { name: 'hub', value: 'FILE|ADDRESS', default: null, help: 'flag.hub' },
  { name: 'log-file', value: 'FILE', default: null, help: 'flag.log-file' },
];

/** Of `demo` besides. */
const DEMO_FLAGS: Flag[] = [
  {
    name: 'data',
    value: 'DIR',
    default: './data/demo',
    help: 'flag.data.demo',
  },
  { name: 'once', help: 'flag.once' },
  { name: 'case', value: 'NAME', list: true, help: 'flag.case' },
];

/** Of `ui`. */
const UI_FLAGS: Flag[] = [
  {
    name: 'role',
    value: 'ROLE',
    default: null,
    parse: oneOf(ROLES),
    help: 'flag.role',
    choices: ROLES,
  },
  { name: 'print', help: 'flag.print' },
];

export const LAB: CommandSpec[] = [
  {
    name: 'start',
    summary: 'do.start',
    flags: LAB_FLAGS,
    examples: ['start', 'start --proxy-port 3128 --devices phones.yaml', 'start --json --proxy-port 0 --ui-port 0'],
    load: async () => (await import('../commands/start.ts')).start,
  },
  {
    name: 'demo',
    summary: 'do.demo',
    flags: [...LAB_FLAGS, ...DEMO_FLAGS],
    examples: ['demo', 'demo --case nokia-7-plus', 'demo --once --json'],
    load: async () => (await import('../commands/demo.ts')).demo,
  },
  {
    name: 'ui',
    summary: 'do.ui',
    flags: [...REACH_FLAGS, ...UI_FLAGS],
    examples: ['ui', 'ui --role viewer --print'],
    load: async () => (await import('../commands/ui.ts')).ui,
  },
  {
    name: 'doctor',
    summary: 'do.doctor',
    flags: LAB_FLAGS.filter((flag) =>
      ['host', 'proxy-port', 'ui-port', 'devices', 'retention-days'].includes(flag.name),
    ),
    examples: ['doctor', 'doctor --json'],
    load: async () => (await import('../commands/doctor.ts')).doctor,
  },
];
