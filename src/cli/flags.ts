/**
 * Flags as data: one table says name, value, default and help; the command line, the help text and the
 * configuration file are all read from it. Names are the outer contract: they may be added, never renamed.
 */
import { type Command, Option } from 'commander';
import { oneOf, url } from './flag-values.ts';
import { LANGUAGES, type PlainWord, words } from './words.ts';

export type FlagValue = string | number | boolean | null | string[];

export interface Flag {
  /** Without the leading dashes. */
  name: string;
  help: PlainWord;
  /** Shown behind the help. */
  choices?: readonly string[];
  /** Word shown for the value; absent for a switch. */
  value?: string;
  /** May be given several times. */
  list?: true;
  default?: FlagValue;
  parse?: (text: string) => string | number;
}

/** Null: as the terminal's environment says. */
export const LANGUAGE_FLAG: Flag = {
  name: 'lang',
  value: 'LANGUAGE',
  default: null,
  parse: oneOf(LANGUAGES),
  help: 'flag.language',
};

export const COMMON_FLAGS: Flag[] = [
  { name: 'data', value: 'DIR', default: './data', help: 'flag.data' },
  { name: 'config', value: 'FILE', help: 'flag.config' },
  { name: 'json', help: 'flag.json' },
  { name: 'verbose', help: 'flag.verbose' },
  LANGUAGE_FLAG,
];

/** Where the keys are encrypted. */
export const CA_PASSPHRASE_FLAG: Flag = {
  name: 'ca-passphrase-file',
  value: 'FILE',
  default: null,
  help: 'flag.ca-passphrase-file',
};

/** How a command finds the running lab. */
export const REACH_FLAGS: Flag[] = [
  { name: 'url', value: 'URL', parse: url, help: 'flag.url' },
  { name: 'ca', value: 'FILE', default: null, help: 'flag.ca' },
  { name: 'token', value: 'TOKEN', help: 'flag.token' },
];

export const PHONE_FLAG: Flag = { name: 'device', value: 'ID', help: 'flag.device.phone' };

export const REVEAL_FLAG: Flag = { name: 'reveal', help: 'flag.reveal' };

export const SIMULATED_FLAG: Flag = {
  name: 'simulated',
  help: 'flag.simulated',
};

const helpOf = ({ help, choices }: Flag): string =>
  choices === undefined ? words(help) : words('help.choices', { help: words(help), choices: choices.join(', ') });

/** Adds the flags to a command; repeated list flags add up, and commas separate. */
export function addFlags(command: Command, flags: Flag[]): Command {
  for (const flag of flags) {
    const option = new Option(flag.value ? `--${flag.name} <${flag.value}>` : `--${flag.name}`, helpOf(flag));
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
