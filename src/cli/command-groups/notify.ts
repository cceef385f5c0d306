/** Alerts out of the lab. */
import type { CommandSpec } from '../command.ts';
import type { Flag } from '../flags.ts';

const notify = () => import('../commands/notify.ts');

/** Of `notify mute` and `notify accept`: which alerts are meant. */
const MUTE_FLAGS: Flag[] = [
  { name: 'reason', value: 'TEXT', default: null, help: 'flag.reason' },
  { name: 'until', value: 'YYYY-MM-DD', default: null, help: 'flag.until' },
  { name: 'kind', value: 'KIND', list: true, help: 'flag.kind.mute' },
  { name: 'type', value: 'TYPE', list: true, help: 'flag.type' },
  { name: 'host', value: 'NAME', list: true, help: 'flag.host.mute' },
  { name: 'owner', value: 'TEXT', list: true, help: 'flag.owner' },
  { name: 'country', value: 'CODE', list: true, help: 'flag.country' },
  { name: 'device', value: 'ID', list: true, help: 'flag.device.mute' },
  { name: 'case', value: 'ID', list: true, help: 'flag.case.mute' },
  { name: 'phase', value: 'NAME', list: true, help: 'flag.phase' },
];

export const NOTIFY: CommandSpec[] = [
  {
    name: 'notify show',
    summary: 'do.notify.show',
    flags: [],
    examples: ['notify show', 'notify show --json'],
    load: async () => (await notify()).show,
  },
  {
    name: 'notify example',
    summary: 'do.notify.example',
    flags: [],
    examples: ['notify example > data/notify.yaml'],
    load: async () => (await notify()).example,
  },
  {
    name: 'notify test',
    words: '<receiver>',
    summary: 'do.notify.test',
    flags: [],
    examples: ['notify test newsroom'],
    load: async () => (await notify()).test,
  },
  {
    name: 'notify retry',
    words: '<receiver>',
    summary: 'do.notify.retry',
    flags: [],
    examples: ['notify retry newsroom'],
    load: async () => (await notify()).retry,
  },
  {
    name: 'notify mute',
    words: '<name>',
    summary: 'do.notify.mute',
    flags: MUTE_FLAGS,
    examples: ['notify mute noisy --host telemetry.example.com --until 2027-01-31 --reason "looked into by Linh"'],
    load: async () => (await notify()).mute,
  },
  {
    name: 'notify accept',
    words: '<name>',
    summary: 'do.notify.accept',
    flags: MUTE_FLAGS,
    examples: ['notify accept ads --kind advertising_id --until 2027-03-31 --reason "goes with the March update"'],
    load: async () => (await notify()).accept,
  },
  {
    name: 'notify unmute',
    words: '<name>',
    summary: 'do.notify.unmute',
    flags: [],
    examples: ['notify unmute noisy'],
    load: async () => (await notify()).unmute,
  },
];
