/** What the lab saw, what recordings hold, and the reported cases. */
import { SEVERITIES } from '../../model/alert.ts';
import { KINDS } from '../../model/identifier.ts';
import type { CommandSpec } from '../command.ts';
import { count, country, oneOf, severity } from '../flag-values.ts';
import { type Flag, LANGUAGE_FLAG, REACH_FLAGS, REVEAL_FLAG } from '../flags.ts';

/** Of `watch`. */
const WATCH_FLAGS: Flag[] = [
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
const ALERT_FLAGS: Flag[] = WATCH_FLAGS.map((flag) =>
  flag.name === 'since' ? { ...flag, help: 'only those seen after this alert (default: everything stored)' } : flag,
);

/** Of `flows`. */
const FLOW_FLAGS: Flag[] = [
  ...REACH_FLAGS,
  { name: 'device', value: 'ID', help: 'only of this phone' },
  { name: 'host', value: 'TEXT', help: 'only to hosts with this in their name' },
];

/** Of `scan`. */
const SCAN_FLAGS: Flag[] = [
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

export const RECORDS: CommandSpec[] = [
  {
    name: 'watch',
    summary: 'live alerts of a running lab in this terminal; one line per alert in a pipe',
    flags: [...WATCH_FLAGS, { ...LANGUAGE_FLAG, help: 'of the sentences: en or vi' }],
    examples: [
      'watch',
      'watch --lang vi',
      'watch --json --severity high',
      'PHONEHOME_TOKEN=$(cat token) phonehome watch --url http://192.168.1.20:8081',
    ],
    load: async () => (await import('../commands/watch.ts')).watch,
  },
  {
    name: 'alerts',
    summary: 'the stored alerts, the one seen last at the end; then it ends',
    flags: ALERT_FLAGS,
    examples: ['alerts', 'alerts --since 120 --json', 'alerts --device nokia-01 --severity high'],
    load: async () => (await import('../commands/records.ts')).alerts,
  },
  {
    name: 'flows',
    summary: 'the stored connections, newest first: who, where to, how much; then it ends',
    flags: FLOW_FLAGS,
    examples: ['flows', 'flows --device nokia-01 --host xiaomi --json'],
    load: async () => (await import('../commands/records.ts')).flows,
  },
  {
    name: 'replay',
    words: '[cases...]',
    summary: 'play reported cases through the running lab; without a name: list them',
    flags: REACH_FLAGS,
    examples: ['replay', 'replay nokia-7-plus wiko-sts', 'replay all'],
    load: async () => (await import('../commands/replay.ts')).replay,
  },
  {
    name: 'scan',
    words: '<files...>',
    summary: 'search recorded traffic (HAR, pcap, NDJSON, directories of them, - for a pipe) and print the findings',
    flags: SCAN_FLAGS,
    examples: [
      'scan session.har',
      'scan recordings/ --devices phones.yaml --fail-on high',
      'scan capture.pcapng',
      'scan - < session.har',
      'scan session.har --json',
    ],
    load: async () => (await import('../commands/scan.ts')).scan,
  },
];
