/**
 * What the command line says by itself, in both languages. Apart from `EN` and `VI`, which the dashboard loads: keys are of the
 * terminal alone. What the lab says of phones is said with the lab's own keys there too.
 */
import { ACCESS_EN } from './access-en.ts';
import { ACCESS_VI } from './access-vi.ts';
import { COMMANDS_EN } from './commands-en.ts';
import { COMMANDS_VI } from './commands-vi.ts';
import { DOCTOR_EN } from './doctor-en.ts';
import { DOCTOR_VI } from './doctor-vi.ts';
import { HELP_EN } from './help-en.ts';
import { HELP_VI } from './help-vi.ts';
import { HUB_EN } from './hub-en.ts';
import { HUB_VI } from './hub-vi.ts';
import { PHONES_EN } from './phones-en.ts';
import { PHONES_VI } from './phones-vi.ts';
import { RECORDS_EN } from './records-en.ts';
import { RECORDS_VI } from './records-vi.ts';
import { USAGE_EN } from './usage-en.ts';
import { USAGE_VI } from './usage-vi.ts';
import { WATCH_EN } from './watch-en.ts';
import { WATCH_VI } from './watch-vi.ts';

export const TERMINAL_EN = {
  ...ACCESS_EN,
  ...COMMANDS_EN,
  ...PHONES_EN,
  ...RECORDS_EN,
  ...DOCTOR_EN,
  ...HELP_EN,
  ...HUB_EN,
  ...USAGE_EN,
  ...WATCH_EN,
} as const;
export const TERMINAL_VI: Record<string, string> = {
  ...ACCESS_VI,
  ...COMMANDS_VI,
  ...PHONES_VI,
  ...RECORDS_VI,
  ...DOCTOR_VI,
  ...HELP_VI,
  ...HUB_VI,
  ...USAGE_VI,
  ...WATCH_VI,
};
