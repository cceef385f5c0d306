/** Phones under test. */
import type { CommandSpec } from '../command.ts';
import { CA_PASSPHRASE_FLAG, type Flag, REVEAL_FLAG } from '../flags.ts';

const device = () => import('../commands/device.ts');

/** Of `device add`. */
const DEVICE_FLAGS: Flag[] = [
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
const DROP_FLAGS: Flag[] = DEVICE_FLAGS.filter(({ name }) => name !== 'model').map((flag) =>
  flag.name === 'set' ? { ...flag, name: 'value', help: 'any other identifier, e.g. email=lab@example.com' } : flag,
);

export const PHONES: CommandSpec[] = [
  {
    name: 'device list',
    summary: "the registered phones, values masked, and those on the lab's network without a name",
    flags: [REVEAL_FLAG],
    examples: ['device list', 'device list --reveal --json'],
    load: async () => (await device()).list,
  },
  {
    name: 'device add',
    words: '<id>',
    summary: 'register a phone, or add to what is registered about it',
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
    summary: 'change a phone: what is given takes the place of what is registered of that sort',
    flags: DEVICE_FLAGS,
    examples: ['device set nokia-01 --imei 490154203237518', 'device set nokia-01 --set email=lab@example.com'],
    load: async () => (await device()).set,
  },
  {
    name: 'device name',
    words: '<phone> <id>',
    summary: 'register a phone that was seen: its address, its MAC address, or what it calls itself',
    flags: [{ name: 'model', value: 'TEXT', help: 'e.g. "Nokia 7 Plus"' }],
    examples: ['device name 02:00:5e:10:00:01 nokia-01', 'device name 10.77.0.100 nokia-01 --model "Nokia 7 Plus"'],
    load: async () => (await device()).name,
  },
  {
    name: 'device ignore',
    words: '<phone>',
    summary: "a bystander's phone: passed through, nothing kept but a count; its id, its address or its MAC address",
    flags: [{ name: 'off', help: 'look into what it sends again' }],
    examples: ['device ignore 192.168.1.77', 'device ignore nokia-01', 'device ignore nokia-01 --off'],
    load: async () => (await device()).ignore,
  },
  {
    name: 'device import',
    words: '<file>',
    summary: 'register every phone of a devices file (YAML or JSON)',
    flags: [],
    examples: ['device import phones.yaml'],
    load: async () => (await device()).importFile,
  },
  {
    name: 'device export',
    words: '[file]',
    summary: 'write the devices file (YAML, or JSON for *.json); values in clear, so --reveal is needed',
    flags: [REVEAL_FLAG],
    examples: ['device export phones.yaml --reveal'],
    load: async () => (await device()).exportFile,
  },
  {
    name: 'device remove',
    words: '<id>',
    summary: 'forget a phone; with values, only these of it',
    flags: DROP_FLAGS,
    examples: ['device remove nokia-01', 'device remove nokia-01 --imei 490154203237518'],
    load: async () => (await device()).remove,
  },
  {
    name: 'forget',
    words: '<device>',
    summary: 'remove a phone (or what came from an address) and all that was recorded of it, for good',
    flags: [
      { name: 'recordings', help: 'also delete the recording of the whole network (--capture)' },
      CA_PASSPHRASE_FLAG,
    ],
    examples: ['forget nokia-01', 'forget 192.168.1.50', 'forget nokia-01 --recordings'],
    load: async () => (await import('../commands/forget.ts')).forget,
  },
];
