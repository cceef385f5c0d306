/** Alerts out of the lab. */
import type { CommandSpec } from '../command.ts';
import type { Flag } from '../flags.ts';

const notify = () => import('../commands/notify.ts');

/** Of `notify mute` and `notify accept`: which alerts are meant. */
const MUTE_FLAGS: Flag[] = [
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

export const NOTIFY: CommandSpec[] = [
  {
    name: 'notify show',
    summary: 'who is told of alerts outside the lab, what waits, what was given up, what is held back',
    flags: [],
    examples: ['notify show', 'notify show --json'],
    load: async () => (await notify()).show,
  },
  {
    name: 'notify example',
    summary: 'print a notify.yaml to begin with: webhooks (Telegram, Slack, Matrix, Zalo), mail, rules, mutes',
    flags: [],
    examples: ['notify example > data/notify.yaml'],
    load: async () => (await notify()).example,
  },
  {
    name: 'notify test',
    words: '<receiver>',
    summary: 'send a receiver a test that holds nothing of any phone; 0: it took it',
    flags: [],
    examples: ['notify test newsroom'],
    load: async () => (await notify()).test,
  },
  {
    name: 'notify retry',
    words: '<receiver>',
    summary: 'what was given up for a receiver waits again',
    flags: [],
    examples: ['notify retry newsroom'],
    load: async () => (await notify()).retry,
  },
  {
    name: 'notify mute',
    words: '<name>',
    summary: 'hold alerts back until a day, for a reason; they stay in the lab and are counted',
    flags: MUTE_FLAGS,
    examples: ['notify mute noisy --host telemetry.example.com --until 2027-01-31 --reason "looked into by Linh"'],
    load: async () => (await notify()).mute,
  },
  {
    name: 'notify accept',
    words: '<name>',
    summary: 'the same of findings that are known and accepted',
    flags: MUTE_FLAGS,
    examples: ['notify accept ads --kind advertising_id --until 2027-03-31 --reason "goes with the March update"'],
    load: async () => (await notify()).accept,
  },
  {
    name: 'notify unmute',
    words: '<name>',
    summary: 'end a mute',
    flags: [],
    examples: ['notify unmute noisy'],
    load: async () => (await notify()).unmute,
  },
];
