/**
 * Builds the command line from `commands.ts`.
 * Promise: a wrong command, word or flag gives one line with a suggestion and exit code 2; help goes to stdout with exit code 0.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { COMMANDS, type CommandSpec, everyFlag, GROUPS } from './commands.ts';
import { applyConfigFile } from './config-file.ts';
import { UsageError } from './errors.ts';
import { addFlags, COMMON_FLAGS, valuesOf } from './flags.ts';

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
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    throw new UsageError(usageLine(error.message));
  }
}

function buildProgram(exit: (code: number) => void): Command {
  const program = settle(new Command('phonehome'))
    .description('The lab that shows what a phone tells whom: an intercepting proxy with live leak detection.')
    .version(ownVersion(), '-V, --version')
    .addHelpText('after', FIRST_STEPS)
    .action((_flags, self: Command) => missingCommand(self, Object.keys(GROUPS)));
  const groups = new Map<string, Command>();
  for (const spec of COMMANDS) {
    const [first = '', second] = spec.name.split(' ');
    if (!second) {
      addCommand(program, first, spec, exit);
      continue;
    }
    let group = groups.get(first);
    if (!group) {
      group = settle(program.command(first).description(GROUPS[first] ?? '')).action((_flags, self: Command) =>
        missingCommand(self, []),
      );
      groups.set(first, group);
    }
    addCommand(group, second, spec, exit);
  }
  return program;
}

function addCommand(parent: Command, name: string, spec: CommandSpec, exit: (code: number) => void): void {
  const command = settle(parent.command(`${name} ${spec.words ?? ''}`.trim()).description(spec.summary));
  const own = [...spec.flags, ...COMMON_FLAGS];
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

/** No process.exit inside commander, no second line, no `help` command beside `--help`. */
function settle(command: Command): Command {
  return command
    .exitOverride()
    .helpCommand(false)
    .helpOption('-h, --help', 'this text')
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined });
}

function missingCommand(self: Command, groups: string[]): never {
  const word = self.args[0];
  const names = self.commands.map((each) => each.name()).join(', ');
  if (word) throw new UsageError(`unknown command "${word}": choose one of ${names}`);
  const path = groups.length ? 'phonehome' : `phonehome ${self.name()}`;
  throw new UsageError(`${path} needs a command: ${names} (see ${path} --help)`);
}

function usageLine(message: string): string {
  const line = message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return /Did you mean|Choose|needed|number/.test(line) ? line : `${line}: see phonehome --help`;
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
