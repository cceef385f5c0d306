/** The network of the phones. */
import type { CommandSpec } from '../command.ts';
import { type Flag, REVEAL_FLAG } from '../flags.ts';

const gateway = () => import('../commands/gateway.ts');

/** Of `gateway …`. */
const GATEWAY_FLAGS: Flag[] = [{ name: 'gateway-config', value: 'FILE', default: null, help: 'flag.gateway-config' }];

export const GATEWAY: CommandSpec[] = [
  {
    name: 'gateway up',
    summary: 'do.gateway.up',
    flags: GATEWAY_FLAGS,
    examples: ['sudo phonehome gateway up', 'sudo phonehome gateway up --gateway-config lab.yaml'],
    load: async () => (await gateway()).up,
  },
  {
    name: 'gateway down',
    summary: 'do.gateway.down',
    flags: [],
    examples: ['sudo phonehome gateway down'],
    load: async () => (await gateway()).down,
  },
  {
    name: 'gateway status',
    summary: 'do.gateway.status',
    flags: GATEWAY_FLAGS,
    examples: ['sudo phonehome gateway status', 'gateway status --json'],
    load: async () => (await gateway()).status,
  },
  {
    name: 'gateway print',
    summary: 'do.gateway.print',
    flags: [...GATEWAY_FLAGS, { ...REVEAL_FLAG, help: 'flag.reveal.print' }],
    examples: ['gateway print', 'gateway print --gateway-config lab.yaml'],
    load: async () => (await gateway()).printFiles,
  },
  {
    name: 'gateway wireguard',
    words: '<verb> [name]',
    summary: 'do.gateway.wireguard',
    flags: GATEWAY_FLAGS,
    examples: ['gateway wireguard add nokia-01', 'gateway wireguard list'],
    load: async () => (await gateway()).wireguard,
  },
];
