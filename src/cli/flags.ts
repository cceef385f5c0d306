/**
 * Flags as data: one table says name, value, default and help; the command line, the help text and the
 * configuration file are all read from it. Names are the outer contract: they may be added, never renamed.
 */
import { type Command, Option } from 'commander';
import { SEVERITIES } from '../model/alert.ts';
import { KEEP_MEGABYTES } from '../model/content.ts';
import { KINDS } from '../model/identifier.ts';
import { ENGINES, RETENTION_DAYS } from '../model/lab.ts';
import { TRUST_TESTS } from '../model/trust-test.ts';
import { KEEPS, ROLES } from '../model/words.ts';
import { cidr, count, country, oneOf, port, severity, url } from './flag-values.ts';

export type FlagValue = string | number | boolean | null | string[];

export interface Flag {
  /** Without the leading dashes. */
  name: string;
  help: string;
  /** Word shown for the value; absent for a switch. */
  value?: string;
  /** May be given several times. */
  list?: true;
  default?: FlagValue;
  parse?: (text: string) => string | number;
}

export const COMMON_FLAGS: Flag[] = [
  { name: 'data', value: 'DIR', default: './data', help: 'where the lab keeps its certificates, alerts and phones' },
  { name: 'config', value: 'FILE', help: 'YAML file with the same names as the flags; flags win over it' },
  { name: 'json', help: 'machine-readable output: one JSON object per line' },
  { name: 'verbose', help: 'show the stack of an error' },
];

/** Of `start` and `demo`. */
/** Of `backup` and `restore`. */
export const BACKUP_PASSPHRASE_FLAG: Flag = {
  name: 'passphrase-file',
  value: 'FILE',
  default: null,
  help: 'what the file is encrypted with (or PHONEHOME_BACKUP_PASSPHRASE; else asked)',
};

/** Where the keys are encrypted. */
export const CA_PASSPHRASE_FLAG: Flag = {
  name: 'ca-passphrase-file',
  value: 'FILE',
  default: null,
  help: "passphrase of the lab's keys (or PHONEHOME_CA_PASSPHRASE; else asked)",
};

export const LAB_FLAGS: Flag[] = [
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

/** Of `gateway …`. */
export const GATEWAY_FLAGS: Flag[] = [
  { name: 'gateway-config', value: 'FILE', default: null, help: 'YAML: lan, uplink… (default: DATA/gateway.yaml)' },
];

/** Of `demo` besides. */
export const DEMO_FLAGS: Flag[] = [
  {
    name: 'data',
    value: 'DIR',
    default: './data/demo',
    help: 'a directory of its own: what is simulated never mixes with yours',
  },
  { name: 'once', help: 'stop after the summary (so it is when no terminal is attached); exit code 1 on a miss' },
  { name: 'case', value: 'NAME', list: true, help: 'play only this case' },
];

/** How a command finds the running lab. */
export const REACH_FLAGS: Flag[] = [
  { name: 'url', value: 'URL', parse: url, help: 'lab on another machine (default: the one running on DATA)' },
  { name: 'ca', value: 'FILE', default: null, help: 'its certificate (PEM), for https (default: DATA/certs/ca.pem)' },
  { name: 'token', value: 'TOKEN', help: 'its token; better PHONEHOME_TOKEN, which other users cannot see' },
];

/** Of `ui`. */
export const UI_FLAGS: Flag[] = [
  {
    name: 'role',
    value: 'ROLE',
    default: null,
    parse: oneOf(ROLES),
    help: `sign in as ${ROLES.join(', ')} (default: as the token)`,
  },
  { name: 'print', help: 'only print the address' },
];

/** Of `watch`. */
export const WATCH_FLAGS: Flag[] = [
  ...REACH_FLAGS,
  {
    name: 'since',
    value: 'SEQ',
    parse: count,
    help: 'in a pipe: begin after this alert; 0 = everything stored (default: only new ones)',
  },
  { name: 'device', value: 'ID', help: 'only this phone' },
  { name: 'severity', value: 'LEVEL', parse: severity, help: `only this severe or more: ${SEVERITIES.join(', ')}` },
  { name: 'kind', value: 'KIND', parse: oneOf(KINDS), help: 'only this kind of identifier, e.g. imei' },
];

/** Of `alerts`. */
export const ALERT_FLAGS: Flag[] = WATCH_FLAGS.map((flag) =>
  flag.name === 'since' ? { ...flag, help: 'only those seen after this alert (default: everything stored)' } : flag,
);

/** Of `flows`. */
export const FLOW_FLAGS: Flag[] = [
  ...REACH_FLAGS,
  { name: 'device', value: 'ID', help: 'only of this phone' },
  { name: 'host', value: 'TEXT', help: 'only to hosts with this in their name' },
];

export const PHONE_FLAG: Flag = { name: 'device', value: 'ID', help: 'of this phone (or its address)' };

/** Of `trust-test start`. */
export const TRUST_TEST_FLAGS: Flag[] = [
  PHONE_FLAG,
  {
    name: 'test',
    value: 'KIND',
    default: 'self-signed',
    parse: oneOf(TRUST_TESTS),
    help: `what is wrong with the certificate: ${TRUST_TESTS.join(', ')}`,
  },
  { name: 'minutes', value: 'N', default: 10, parse: count, help: 'how long to wait for the connection' },
  { name: 'wait', help: 'wait for the outcome: exit code 0 when refused, 1 otherwise' },
];

export const REVEAL_FLAG: Flag = { name: 'reveal', help: 'show values in clear' };

/** Of `scan`. */
export const SCAN_FLAGS: Flag[] = [
  { name: 'devices', value: 'FILE', help: 'search for the values of these phones; without it for shapes only' },
  {
    name: 'decoder',
    value: 'FILE',
    list: true,
    help: 'key or program that opens payloads (RSA, AES, TypeScript: docs/decoders.md)',
  },
  { name: 'home-country', value: 'CC', parse: country, help: 'country that does not count as abroad, e.g. NO' },
  {
    name: 'fail-on',
    value: 'SEVERITY',
    parse: severity,
    help: 'exit code 3 when something this severe or more was found',
  },
  { name: 'html', value: 'FILE', help: 'write the findings as one HTML file, too' },
  REVEAL_FLAG,
];

/** Of `device add`. */
export const DEVICE_FLAGS: Flag[] = [
  { name: 'model', value: 'TEXT', help: 'e.g. "Nokia 7 Plus"' },
  { name: 'ip', value: 'ADDRESS', help: 'by which the lab knows it' },
  { name: 'mac', value: 'MAC', help: 'by which the lab knows it' },
  { name: 'login', value: 'NAME', help: 'proxy user name that is its own: it is known by it at any address' },
  { name: 'default', help: 'the phone every unknown address stands for' },
  ...['imei', 'imsi', 'iccid', 'serial'].map(
    (kind): Flag => ({
      name: kind,
      value: 'VALUE',
      list: true,
      help: `its ${kind === 'serial' ? 'serial number' : kind.toUpperCase()}`,
    }),
  ),
  { name: 'set', value: 'KIND=VALUE', list: true, help: 'any other identifier, e.g. email=lab@example.com' },
];

/** Of `device remove`: what of a phone is to go. */
export const DROP_FLAGS: Flag[] = DEVICE_FLAGS.filter(({ name }) => name !== 'model').map((flag) =>
  flag.name === 'set' ? { ...flag, name: 'value', help: 'any other identifier, e.g. email=lab@example.com' } : flag,
);

/** Of `case new`. */
export const CASE_FLAGS: Flag[] = [
  {
    name: 'device',
    value: 'ID',
    list: true,
    help: 'only alerts of this phone; may be given several times (default: every phone)',
  },
  { name: 'model', value: 'TEXT', help: 'model of the phone, as the report is to name it' },
  { name: 'units', value: 'TEXT', help: 'which units of it' },
  { name: 'firmware', value: 'TEXT', help: 'its version of the system' },
  { name: 'sim', value: 'TEXT', help: 'operator of the SIM in it, or none' },
  { name: 'tester', value: 'TEXT', help: 'who tests' },
  { name: 'place', value: 'TEXT', help: 'where' },
  { name: 'purpose', value: 'TEXT', help: 'what is to be found out' },
];

export const SIMULATED_FLAG: Flag = {
  name: 'simulated',
  help: 'what replays and tests did in it; without this: what happened in the world, where there is any',
};

export const LANGUAGE_FLAG: Flag = {
  name: 'lang',
  value: 'LANGUAGE',
  default: 'en',
  parse: oneOf(['en', 'vi']),
  help: 'en or vi',
};

/** Of `plan run`. */
export const PLAN_FLAGS: Flag[] = [
  { name: 'device', value: 'ID', help: 'the phone that is tested' },
  { name: 'title', value: 'TEXT', help: 'name of the test run (default: the title of the plan)' },
  LANGUAGE_FLAG,
  ...CASE_FLAGS.filter(({ name }) => name !== 'device'),
];

/** Of `report`. */
export const EXPORT_FLAGS: Flag[] = [
  { name: 'out', value: 'FILE', help: 'where to: FILE.zip' },
  { name: 'redact', help: 'every identifier replaced by a pseudonym, in bodies and encodings too' },
  { name: 'lang', value: 'LANGUAGE', default: 'en', parse: oneOf(['en', 'vi']), help: 'of the report in it: en or vi' },
  { name: 'timestamp', value: 'URL', default: null, parse: url, help: 'a server that stamps the time (RFC 3161)' },
  { name: 'devices', value: 'FILE', default: null, help: 'the phones (default: those of the data directory)' },
  CA_PASSPHRASE_FLAG,
  SIMULATED_FLAG,
];

export const REPORT_FLAGS: Flag[] = [
  { name: 'out', value: 'FILE', help: 'where to: FILE.pdf or FILE.html; of a letter FILE.txt, too' },
  {
    name: 'letter',
    help: 'a drafted letter to the vendor in place of the report: facts filled in, nothing asserted beyond them',
  },
  LANGUAGE_FLAG,
  SIMULATED_FLAG,
  REVEAL_FLAG,
];

export const COMPARE_FLAGS: Flag[] = [
  { name: 'html', value: 'FILE', default: null, help: 'also as one HTML file for people' },
  { name: 'lang', value: 'LANGUAGE', default: 'en', parse: oneOf(['en', 'vi']), help: 'of the sentences: en or vi' },
  {
    name: 'claim',
    value: 'CLAIM',
    list: true,
    help: 'what the maker says of B: gone:HOST, to:europe, to:DE, none, once, encrypted, after-consent',
  },
];

/** Of `notify mute` and `notify accept`: which alerts are meant. */
export const MUTE_FLAGS: Flag[] = [
  { name: 'reason', value: 'TEXT', default: null, help: 'why' },
  { name: 'until', value: 'YYYY-MM-DD', default: null, help: 'the last day on which it holds' },
  { name: 'kind', value: 'KIND', list: true, help: 'kind of identifier, e.g. imei' },
  { name: 'type', value: 'TYPE', list: true, help: 'type of alert, e.g. leak, pinned' },
  { name: 'host', value: 'NAME', list: true, help: 'server, or a domain above it' },
  { name: 'owner', value: 'TEXT', list: true, help: 'part of the name of the company' },
  { name: 'country', value: 'CODE', list: true, help: 'where the server is' },
  { name: 'device', value: 'ID', list: true, help: 'phone' },
  { name: 'case', value: 'ID', list: true, help: 'case' },
  { name: 'phase', value: 'NAME', list: true, help: 'phase of a case' },
];

/** Adds the flags to a command; repeated list flags add up, and commas separate. */
export function addFlags(command: Command, flags: Flag[]): Command {
  for (const flag of flags) {
    const option = new Option(flag.value ? `--${flag.name} <${flag.value}>` : `--${flag.name}`, flag.help);
    const { parse } = flag;
    if (flag.list) {
      option.argParser((text: string, before: FlagValue[] | undefined) => [
        ...(before ?? []),
        ...splitList(flag, text),
      ]);
    } else if (parse) {
      option.argParser((text: string) => parse(text));
    }
    // Null and empty defaults stay out of the help text; `valuesOf` fills them in.
    if (flag.default !== undefined && flag.default !== null && !Array.isArray(flag.default)) {
      option.default(flag.default, String(flag.default));
    }
    command.addOption(option);
  }
  return command;
}

/** Values of a command's flags under their camelCase names, defaults filled in. */
export function valuesOf<T extends object>(command: Command, flags: Flag[]): T {
  const values: Record<string, unknown> = command.opts();
  for (const flag of flags) {
    values[attributeOf(flag.name)] ??= flag.default ?? (flag.list ? [] : flag.value ? null : false);
  }
  return values as T;
}

export function attributeOf(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function splitList(flag: Flag, text: string): (string | number)[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => (flag.parse ? flag.parse(one) : one));
}
