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
  { name: 'host', value: 'ADDRESS', default: '0.0.0.0', help: 'address to listen on' },
  {
    name: 'proxy-port',
    value: 'PORT',
    default: 8080,
    parse: port,
    help: 'port the phone uses as its proxy; 0 = any free one',
  },
  {
    name: 'ui-port',
    value: 'PORT',
    default: 8081,
    parse: port,
    help: 'port of the set-up page and the API; 0 = any free one',
  },
  {
    name: 'ui-tls',
    help: "TLS on that port, with the lab's own certificate: tokens are then taken over https or on this machine only",
  },
  {
    name: 'transparent-port',
    value: 'PORT',
    default: null,
    parse: port,
    help: 'port for connections a gateway redirects (default: 8443 while a gateway is up, else closed)',
  },
  {
    name: 'engine',
    value: 'NAME',
    default: 'wire',
    parse: oneOf(ENGINES),
    help: `what relays the traffic: ${ENGINES.join(' or ')}`,
  },
  { name: 'devices', value: 'FILE', default: null, help: 'phones and their identifiers (default: DATA/devices.yaml)' },
  {
    name: 'upstream-ca',
    value: 'FILE',
    default: null,
    help: 'further root certificates (PEM) to trust towards servers',
  },
  {
    name: 'client-cert',
    value: 'HOST=FILE',
    list: true,
    default: [],
    help: 'certificate and key (PEM) to show a server that asks the app for one',
  },
  {
    name: 'fetch-intermediates',
    help: 'ask the network for intermediate certificates that servers leave out: a look-up that the phone did not make',
  },
  {
    name: 'upstream-map',
    value: 'FILE',
    default: null,
    help: 'JSON list of hosts to dial elsewhere, for labs and tests',
  },
  {
    name: 'allow-clients',
    value: 'CIDR',
    list: true,
    default: [],
    parse: cidr,
    help: 'serve phones of this range too (private ranges are served anyway)',
  },
  {
    name: 'phone-connections',
    value: 'N',
    default: null,
    parse: count,
    help: 'most connections of one phone at once (default: 1000); more where many phones come from one address',
  },
  {
    name: 'allow-destinations',
    value: 'CIDR',
    list: true,
    default: [],
    parse: cidr,
    help: 'connect to this range although it is private, loopback or the lab’s own network',
  },
  {
    name: 'decoder',
    value: 'FILE',
    list: true,
    default: [],
    help: 'key or program that opens payloads (RSA, AES, TypeScript: docs/decoders.md)',
  },
  {
    name: 'home-country',
    value: 'CC',
    default: null,
    parse: country,
    help: 'country that does not count as abroad, e.g. NO',
  },
  {
    name: 'resolver',
    value: 'ADDRESS',
    list: true,
    default: [],
    help: "ask this resolver for the phones' look-ups while a gateway is up (default: this machine's own)",
  },
  {
    name: 'capture',
    help: 'record all traffic of the phones while a gateway is up, with the TLS keys, in DATA/capture',
  },
  {
    name: 'capture-size',
    value: 'MB',
    default: 1000,
    parse: count,
    help: 'most that the recording may take; the oldest tenth goes first',
  },
  {
    name: 'retention-days',
    value: 'DAYS',
    default: RETENTION_DAYS,
    parse: count,
    help: 'destroy alerts and connections this long after they were last seen; 0: keep them for ever',
  },
  {
    name: 'keep',
    value: 'WHAT',
    default: 'findings',
    parse: oneOf(KEEPS),
    help: 'content that is stored, encrypted: none, findings (the window around one), all (requests and answers)',
  },
  {
    name: 'keep-mb',
    value: 'MB',
    default: KEEP_MEGABYTES,
    parse: count,
    help: 'most that stored content may take; the oldest goes first',
  },
  { name: 'log-file', value: 'FILE', default: null, help: 'where the log goes (default: stderr, warnings only)' },
];

/** Of `demo` besides. */
const DEMO_FLAGS: Flag[] = [
  {
    name: 'data',
    value: 'DIR',
    default: './data/demo',
    help: 'a directory of its own: what is simulated never mixes with yours',
  },
  { name: 'once', help: 'stop after the summary (so it is when no terminal is attached); exit code 1 on a miss' },
  { name: 'case', value: 'NAME', list: true, help: 'play only this case' },
];

/** Of `ui`. */
const UI_FLAGS: Flag[] = [
  {
    name: 'role',
    value: 'ROLE',
    default: null,
    parse: oneOf(ROLES),
    help: `sign in as ${ROLES.join(', ')} (default: as the token)`,
  },
  { name: 'print', help: 'only print the address' },
];

export const LAB: CommandSpec[] = [
  {
    name: 'start',
    summary: 'run the lab: proxy, alerts, API; prints what to type into the phone',
    flags: LAB_FLAGS,
    examples: ['start', 'start --proxy-port 3128 --devices phones.yaml', 'start --json --proxy-port 0 --ui-port 0'],
    load: async () => (await import('../commands/start.ts')).start,
  },
  {
    name: 'demo',
    summary: 'start, and play every reported case against simulated vendors; no phone needed',
    flags: [...LAB_FLAGS, ...DEMO_FLAGS],
    examples: ['demo', 'demo --case nokia-7-plus', 'demo --once --json'],
    load: async () => (await import('../commands/demo.ts')).demo,
  },
  {
    name: 'ui',
    summary: 'print, and with a desktop open, an address that signs a browser in',
    flags: [...REACH_FLAGS, ...UI_FLAGS],
    examples: ['ui', 'ui --role viewer --print'],
    load: async () => (await import('../commands/ui.ts')).ui,
  },
  {
    name: 'doctor',
    summary: 'check the set-up and say what to do',
    flags: LAB_FLAGS.filter((flag) =>
      ['host', 'proxy-port', 'ui-port', 'devices', 'retention-days'].includes(flag.name),
    ),
    examples: ['doctor', 'doctor --json'],
    load: async () => (await import('../commands/doctor.ts')).doctor,
  },
];
