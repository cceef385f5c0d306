/**
 * Builds the command line from `commands.ts`.
 * Promise: a wrong command, word or flag gives one line with a suggestion and exit code 2; help goes to stdout with exit code 0.
 */

import { Command, type CommanderError } from 'commander';
import type { CommandSpec } from './command.ts';
import { COMMANDS, everyFlag, GROUPS } from './commands.ts';
import { applyConfigFile } from './config-file.ts';
import { UsageError } from './errors.ts';
import { addFlags, COMMON_FLAGS, valuesOf } from './flags.ts';
import { ownVersionAndCommit } from './own-name.ts';

const FIRST_STEPS = `
First steps:
  phonehome demo      see alerts within seconds, no phone needed
  phonehome start     then type the printed address into the phone
  phonehome doctor    when something does not work

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 findings present (scan --fail-on)`;

/** Runs one command line (without node and script) and resolves with its exit code. Rejects with the command's own error. */
export async function runCommandLine(args: string[]): Promise<number> {
  let code = 0;
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
    .description('The lab that shows what a phone tells whom: an intercepting proxy with live leak detection.')
    .version(ownVersionAndCommit(), '-V, --version')
    .addHelpText('after', FIRST_STEPS);
  const groups = new Map<string, Command>();
  for (const spec of COMMANDS) {
    const [first = '', second] = spec.name.split(' ');
    if (!second) {
      addCommand(program, first, spec, exit);
      continue;
    }
    const group = groups.get(first) ?? settle(program.command(first).description(GROUPS[first] ?? ''));
    groups.set(first, group);
    addCommand(group, second, spec, exit);
  }
  return program;
}

function addCommand(parent: Command, name: string, spec: CommandSpec, exit: (code: number) => void): void {
  const command = settle(parent.command(`${name} ${spec.words ?? ''}`.trim()).description(spec.summary));
  // A command may give a common flag another default.
  const own = [...spec.flags, ...COMMON_FLAGS.filter(({ name }) => !spec.flags.some((flag) => flag.name === name))];
  addFlags(command, own);
  const examples = spec.examples.map((each) => (each.includes('phonehome') ? each : `phonehome ${each}`));
  command.addHelpText('after', `\nExamples:\n${examples.map((each) => `  ${each}`).join('\n')}`);
  command.action(async () => {
    const { config } = command.opts<{ config?: string }>();
    if (config) applyConfigFile(command, config, own, everyFlag());
    const action = await spec.load();
    exit(await action(valuesOf(command, own), command.args));
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
    .helpOption('-h, --help', 'this text')
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined });
}

function usageLine(command: Command, error: CommanderError): string {
  const path = command.parent
    ? `${command.parent.name()} ${command.name()}`.replace(/^(?!phonehome)/, 'phonehome ')
    : command.name();
  const more = `see ${path} --help`;
  switch (error.code) {
    case 'commander.help':
      return `${path} needs a command: ${command.commands.map((each) => each.name()).join(', ')} (${more})`;
    case 'commander.excessArguments':
      return `${path} takes no "${command.args.at(-1)}": ${more}`;
    case 'commander.invalidArgument':
      return error.message.replace(/^error: /, '');
    default:
      return `${error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')}: ${more}`;
  }
}
