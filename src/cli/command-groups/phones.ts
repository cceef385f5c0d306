/** Phones under test. */
import type { CommandSpec } from '../command.ts';
import { CA_PASSPHRASE_FLAG, type Flag, REVEAL_FLAG } from '../flags.ts';

const device = () => import('../commands/device.ts');

/** Of `device add`. */
const DEVICE_FLAGS: Flag[] = [
  { name: 'model', value: 'TEXT', help: 'flag.model' },
  { name: 'ip', value: 'ADDRESS', help: 'flag.ip' },
  { name: 'mac', value: 'MAC', help: 'flag.mac' },
  { name: 'login', value: 'NAME', help: 'flag.login' },
  { name: 'default', help: 'flag.default' },
  ...(['imei', 'imsi', 'iccid', 'serial'] as const).map(
    (kind): Flag => ({
      name: kind,
      value: 'VALUE',
      list: true,
      help: `flag.${kind}`,
    }),
  ),
  { name: 'set', value: 'KIND=VALUE', list: true, help: 'flag.set' },
];

/** Of `device remove`: what of a phone is to go. */
const DROP_FLAGS: Flag[] = DEVICE_FLAGS.filter(({ name }) => name !== 'model').map((flag) =>
  flag.name === 'set' ? { ...flag, name: 'value', help: 'flag.set' } : flag,
);

export const PHONES: CommandSpec[] = [
  {
    name: 'device list',
    summary: 'do.device.list',
    flags: [REVEAL_FLAG],
    examples: ['device list', 'device list --reveal --json'],
    load: async () => (await device()).list,
  },
  {
    name: 'device add',
    words: '<id>',
    summary: 'do.device.add',
    flags: DEVICE_FLAGS,
    examples: [
      'device add nokia-01 --ip 192.168.1.50 --imei 490154203237518',
      'device add nokia-01 --mac 02:00:5e:10:00:01 --set email=lab@example.com',
    ],
    load: async () => (await device()).add,
  },
  {
    name: 'device set',
    words: '<id>',
    summary: 'do.device.set',
    flags: DEVICE_FLAGS,
    examples: ['device set nokia-01 --imei 490154203237518', 'device set nokia-01 --set email=lab@example.com'],
    load: async () => (await device()).set,
  },
  {
    name: 'device name',
    words: '<phone> <id>',
    summary: 'do.device.name',
    flags: [{ name: 'model', value: 'TEXT', help: 'flag.model' }],
    examples: ['device name 02:00:5e:10:00:01 nokia-01', 'device name 10.77.0.100 nokia-01 --model "Nokia 7 Plus"'],
    load: async () => (await device()).name,
  },
  {
    name: 'device ignore',
    words: '<phone>',
    summary: 'do.device.ignore',
    flags: [{ name: 'off', help: 'flag.off' }],
    examples: ['device ignore 192.168.1.77', 'device ignore nokia-01', 'device ignore nokia-01 --off'],
    load: async () => (await device()).ignore,
  },
  {
    name: 'device import',
    words: '<file>',
    summary: 'do.device.import',
    flags: [],
    examples: ['device import phones.yaml'],
    load: async () => (await device()).importFile,
  },
  {
    name: 'device export',
    words: '[file]',
    summary: 'do.device.export',
    flags: [REVEAL_FLAG],
    examples: ['device export phones.yaml --reveal'],
    load: async () => (await device()).exportFile,
  },
  {
    name: 'device remove',
    words: '<id>',
    summary: 'do.device.remove',
    flags: DROP_FLAGS,
    examples: ['device remove nokia-01', 'device remove nokia-01 --imei 490154203237518'],
    load: async () => (await device()).remove,
  },
  {
    name: 'forget',
    words: '<device>',
    summary: 'do.forget',
    flags: [{ name: 'recordings', help: 'flag.recordings' }, CA_PASSPHRASE_FLAG],
    examples: ['forget nokia-01', 'forget 192.168.1.50', 'forget nokia-01 --recordings'],
    load: async () => (await import('../commands/forget.ts')).forget,
  },
];
