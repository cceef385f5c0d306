/** The network of the phones. */
import type { CommandSpec } from '../command.ts';
import { type Flag, REVEAL_FLAG } from '../flags.ts';

const gateway = () => import('../commands/gateway.ts');

/** Of `gateway …`. */
const GATEWAY_FLAGS: Flag[] = [
  { name: 'gateway-config', value: 'FILE', default: null, help: 'YAML: lan, uplink… (default: DATA/gateway.yaml)' },
];

export const GATEWAY: CommandSpec[] = [
  {
    name: 'gateway up',
    summary: 'make this machine the router of the phones (root); twice is once',
    flags: GATEWAY_FLAGS,
    examples: ['sudo phonehome gateway up', 'sudo phonehome gateway up --gateway-config lab.yaml'],
    load: async () => (await gateway()).up,
  },
  {
    name: 'gateway down',
    summary: 'undo everything that "gateway up" did, even after a crash (root)',
    flags: [],
    examples: ['sudo phonehome gateway down'],
    load: async () => (await gateway()).down,
  },
  {
    name: 'gateway status',
    summary: 'what is up, what is missing, what was refused (counters need root)',
    flags: GATEWAY_FLAGS,
    examples: ['sudo phonehome gateway status', 'gateway status --json'],
    load: async () => (await gateway()).status,
  },
  {
    name: 'gateway print',
    summary: 'show every rule, setting and file "gateway up" would use; needs no root',
    flags: [...GATEWAY_FLAGS, { ...REVEAL_FLAG, help: 'show passphrase and keys' }],
    examples: ['gateway print', 'gateway print --gateway-config lab.yaml'],
    load: async () => (await gateway()).printFiles,
  },
  {
    name: 'gateway wireguard',
    words: '<verb> [name]',
    summary: 'phones of the tunnel: add NAME (prints the QR code), remove NAME, list',
    flags: GATEWAY_FLAGS,
    examples: ['gateway wireguard add nokia-01', 'gateway wireguard list'],
    load: async () => (await gateway()).wireguard,
  },
];
