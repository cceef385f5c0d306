/** What the lab saw, what recordings hold, and the reported cases. */
import { SEVERITIES } from '../../model/alert.ts';
import { KINDS } from '../../model/identifier.ts';
import type { CommandSpec } from '../command.ts';
import { count, country, oneOf, severity } from '../flag-values.ts';
import { type Flag, REACH_FLAGS, REVEAL_FLAG } from '../flags.ts';

/** Of `watch`. */
const WATCH_FLAGS: Flag[] = [
  ...REACH_FLAGS,
  {
    name: 'since',
    value: 'SEQ',
    parse: count,
    help: 'flag.since',
  },
  { name: 'device', value: 'ID', help: 'flag.device' },
  { name: 'severity', value: 'LEVEL', parse: severity, help: 'flag.severity', choices: SEVERITIES },
  { name: 'kind', value: 'KIND', parse: oneOf(KINDS), help: 'flag.kind' },
];

/** Of `alerts`. */
const ALERT_FLAGS: Flag[] = WATCH_FLAGS.map((flag) =>
  flag.name === 'since' ? { ...flag, help: 'flag.since.alert' } : flag,
);

/** Of `flows`. */
const FLOW_FLAGS: Flag[] = [
  ...REACH_FLAGS,
  { name: 'device', value: 'ID', help: 'flag.device.flow' },
  { name: 'host', value: 'TEXT', help: 'flag.host.flow' },
];

/** Of `scan`. */
const SCAN_FLAGS: Flag[] = [
  { name: 'devices', value: 'FILE', help: 'flag.devices.scan' },
  {
    name: 'decoder',
    value: 'FILE',
    list: true,
    help: 'flag.decoder',
  },
  { name: 'home-country', value: 'CC', parse: country, help: 'flag.home-country' },
  {
    name: 'fail-on',
    value: 'SEVERITY',
    parse: severity,
    help: 'flag.fail-on',
  },
  { name: 'html', value: 'FILE', help: 'flag.html' },
  REVEAL_FLAG,
];

export const RECORDS: CommandSpec[] = [
  {
    name: 'watch',
    summary: 'do.watch',
    flags: WATCH_FLAGS,
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
    summary: 'do.alerts',
    flags: ALERT_FLAGS,
    examples: ['alerts', 'alerts --since 120 --json', 'alerts --device nokia-01 --severity high'],
    load: async () => (await import('../commands/records.ts')).alerts,
  },
  {
    name: 'flows',
    summary: 'do.flows',
    flags: FLOW_FLAGS,
    examples: ['flows', 'flows --device nokia-01 --host xiaomi --json'],
    load: async () => (await import('../commands/records.ts')).flows,
  },
  {
    name: 'replay',
    words: '[cases...]',
    summary: 'do.replay',
    flags: REACH_FLAGS,
    examples: ['replay', 'replay nokia-7-plus wiko-sts', 'replay all'],
    load: async () => (await import('../commands/replay.ts')).replay,
  },
  {
    name: 'scan',
    words: '<files...>',
    summary: 'do.scan',
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
