/**
 * Builds the command line from `commands.ts`.
 * Promise: a wrong command, word or flag gives one line with a suggestion and exit code 2; help goes to stdout with exit code 0.
 */

import { Command, type CommanderError, type Help } from 'commander';
import type { CommandSpec } from './command.ts';
import { COMMANDS, everyFlag, GROUPS } from './commands.ts';
import { applyConfigFile } from './config-file.ts';
import { UsageError } from './errors.ts';
import { addFlags, COMMON_FLAGS, valuesOf } from './flags.ts';
import { ownVersionAndCommit } from './own-name.ts';
import { type Language, languageFor, type PlainWord, speak, spoken, words } from './words.ts';

const FIRST_STEPS = [
  ['demo', 'help.first.demo'],
  ['start', 'help.first.start'],
  ['doctor', 'help.first.doctor'],
] as const;

function firstSteps(): string {
  const steps = FIRST_STEPS.map(([command, does]) => `  ${`phonehome ${command}`.padEnd(20)}${words(does)}`);
  return ['', words('help.first'), ...steps, '', words('help.exit')].join('\n');
}

/** Runs one command line (without node and script) and resolves with its exit code. Rejects with the command's own error. */
export async function runCommandLine(args: string[]): Promise<number> {
  let code = 0;
  speak(languageFor(args, process.env));
  const program = buildProgram((exitCode) => {
    code = exitCode;
  });
  await program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
    if (!(error instanceof HelpShown)) throw error;
  });
  return code;
}

/** Help or version were printed: nothing is left to do. */
class HelpShown extends Error {}

function buildProgram(exit: (code: number) => void): Command {
  const program = settle(new Command('phonehome'))
    .description(words('do.phonehome'))
    .version(ownVersionAndCommit(), '-V, --version', words('help.version'))
    .addHelpText('after', firstSteps());
  const groups = new Map<string, Command>();
  for (const spec of COMMANDS) {
    const [first = '', second] = spec.name.split(' ');
    if (!second) {
      addCommand(program, first, spec, exit);
      continue;
    }
    const group = groups.get(first) ?? settle(program.command(first).description(groupHelp(first)));
    groups.set(first, group);
    addCommand(group, second, spec, exit);
  }
  return program;
}

function groupHelp(first: string): string {
  const group = GROUPS.find((name) => name === first);
  return group === undefined ? '' : words(`do.group.${group}`);
}

function addCommand(parent: Command, name: string, spec: CommandSpec, exit: (code: number) => void): void {
  const command = settle(parent.command(`${name} ${spec.words ?? ''}`.trim()).description(words(spec.summary)));
  // A command may give a common flag another default.
  const own = [...spec.flags, ...COMMON_FLAGS.filter(({ name }) => !spec.flags.some((flag) => flag.name === name))];
  addFlags(command, own);
  const examples = spec.examples.map((each) => (each.includes('phonehome') ? each : `phonehome ${each}`));
  command.addHelpText('after', `\n${words('help.title.examples')}\n${examples.map((each) => `  ${each}`).join('\n')}`);
  command.action(async () => {
    const { config } = command.opts<{ config?: string }>();
    if (config) applyConfigFile(command, config, own, everyFlag());
    const values = valuesOf<Record<string, unknown> & { lang: Language | null }>(command, own);
    // A configuration file may have said it.
    values.lang ??= spoken();
    // What programs read is the same everywhere.
    speak(values.json === true ? 'en' : values.lang);
    const action = await spec.load();
    exit(await action(values, command.args));
  });
}

/** Commander neither ends the process nor writes errors: it throws, and the caller prints one line. */
function settle(command: Command): Command {
  return command
    .exitOverride((error) => {
      if (error.exitCode === 0) throw new HelpShown();
      throw new UsageError(usageLine(command, error));
    })
    .helpCommand(false)
    .helpOption('-h, --help', words('help.this'))
    .allowExcessArguments(false)
    .configureHelp({
      styleTitle: titleOf,
      optionDescription: ({ description, defaultValueDescription: value }) =>
        value === undefined ? description : `${description} ${words('help.default', { value })}`,
    })
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined });
}

const TITLES: Record<string, PlainWord> = {
  'Usage:': 'help.title.usage',
  'Options:': 'help.title.options',
  'Commands:': 'help.title.commands',
  'Arguments:': 'help.title.arguments',
};

const titleOf: Help['styleTitle'] = (title) => (TITLES[title] === undefined ? title : words(TITLES[title]));

function usageLine(command: Command, error: CommanderError): string {
  const path = command.parent
    ? `${command.parent.name()} ${command.name()}`.replace(/^(?!phonehome)/, 'phonehome ')
    : command.name();
  const see = (problem: string) => words('usage.see', { problem, command: path });
  const word = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const name = /Did you mean (?:one of )?(.*)\?\)/.exec(error.message)?.[1];
  const hint = name === undefined ? '' : words('usage.meant', { name });
  switch (error.code) {
    case 'commander.help':
      return words('usage.needs-command', {
        command: path,
        names: command.commands.map((each) => each.name()).join(', '),
      });
    case 'commander.excessArguments':
      return words('usage.takes-no', { command: path, word: command.args.at(-1) ?? '' });
    case 'commander.unknownOption':
      return see(words('usage.unknown-option', { word, hint }));
    case 'commander.unknownCommand':
      return see(words('usage.unknown-command', { word, hint }));
    case 'commander.missingArgument':
      return see(words('usage.missing-word', { word }));
    case 'commander.optionMissingArgument':
      return see(words('usage.missing-value', { word }));
    case 'commander.invalidArgument':
      return error.message.replace(/^error: /, '');
    default:
      return see(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '));
  }
}
