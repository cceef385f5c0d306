/** What apps do with certificates, and why a connection went as it did. */
import { TRUST_TESTS } from '../../model/trust-test.ts';
import type { CommandSpec } from '../command.ts';
import { count, oneOf } from '../flag-values.ts';
import { type Flag, PHONE_FLAG, REACH_FLAGS } from '../flags.ts';

const pins = () => import('../commands/pins.ts');
const trustTest = () => import('../commands/trust-test.ts');

/** Of `trust-test start`. */
const TRUST_TEST_FLAGS: Flag[] = [
  PHONE_FLAG,
  {
    name: 'test',
    value: 'KIND',
    default: 'self-signed',
    parse: oneOf(TRUST_TESTS),
    help: 'flag.test',
    choices: TRUST_TESTS,
  },
  { name: 'minutes', value: 'N', default: 10, parse: count, help: 'flag.minutes' },
  { name: 'wait', help: 'flag.wait' },
];

export const APPS: CommandSpec[] = [
  {
    name: 'why',
    words: '<host>',
    summary: 'do.why',
    flags: [...REACH_FLAGS, PHONE_FLAG],
    examples: ['why api.example.com', 'why api.example.com --device nokia-01'],
    load: async () => (await import('../commands/why.ts')).why,
  },
  {
    name: 'pins list',
    summary: 'do.pins.list',
    flags: [...REACH_FLAGS, PHONE_FLAG],
    examples: ['pins list', 'pins list --device nokia-01 --json'],
    load: async () => (await pins()).list,
  },
  {
    name: 'pins set',
    words: '<name> <rule>',
    summary: 'do.pins.set',
    flags: [...REACH_FLAGS, PHONE_FLAG],
    examples: ['pins set bank.example.com never --device nokia-01', 'pins set bank.example.com auto'],
    load: async () => (await pins()).set,
  },
  {
    name: 'trust-test start',
    words: '<name>',
    summary: 'do.trust-test.start',
    flags: [...REACH_FLAGS, ...TRUST_TEST_FLAGS],
    examples: [
      'trust-test start api.example.com --device nokia-01 --wait',
      'trust-test start api.example.com --device nokia-01 --test wrong-name --minutes 30',
    ],
    load: async () => (await trustTest()).start,
  },
  {
    name: 'trust-test list',
    summary: 'do.trust-test.list',
    flags: REACH_FLAGS,
    examples: ['trust-test list'],
    load: async () => (await trustTest()).list,
  },
  {
    name: 'trust-test cancel',
    words: '<id>',
    summary: 'do.trust-test.cancel',
    flags: REACH_FLAGS,
    examples: ['trust-test cancel 01KAMZ5Q0G8W3Y1N4T6V8X0Z2B'],
    load: async () => (await trustTest()).cancel,
  },
];
