import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { openCommands } from './commands.ts';

const phonehome = openCommands();
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-usage-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const oneLine = /^phonehome: [^\n]+\n$/;

describe('a wrong command line', () => {
  it.each([
    ['no command', [], 'start, demo, ui, doctor, watch'],
    ['an unknown command', ['strat'], 'Did you mean start?'],
    ['an unknown flag', ['start', '--prxy-port', '1'], 'Did you mean --proxy-port?'],
    ['a flag of another command', ['watch', '--engine', 'wire'], "unknown option '--engine'"],
    ['a port that is none', ['start', '--proxy-port', '70000'], '0 (any free one) to 65535'],
    ['an engine that is none', ['start', '--engine', 'squid'], 'wire, http-mitm-proxy'],
    ['a range that is none', ['start', '--allow-clients', '10.0.0'], '192.168.0.0/16'],
    ['a severity that is none', ['scan', 'x.har', '--fail-on', 'loud'], 'info, low, medium, high, critical'],
    ['a word too many', ['start', 'now'], 'takes no "now"'],
    ['a word too few', ['device', 'add'], "missing required argument 'id'"],
    ['a value too few', ['start', '--data'], 'argument missing'],
    ['half a command', ['device'], 'list, add, set, name, ignore, import, export, remove'],
    ['an unknown half of a command', ['ca', 'sho'], 'Did you mean show?'],
  ])('with %s ends with exit code 2 and one line that says what would be right', async (_what, args, advice) => {
    const { code, stdout, stderr } = await phonehome(args);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain(advice);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('help', () => {
  it('names every command, the first steps and the exit codes, on stdout, with exit code 0', async () => {
    const { code, stdout, stderr } = await phonehome(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const { name } of COMMANDS) expect(stdout).toContain(name.split(' ')[0]);
    expect(stdout).toContain('phonehome demo');
    expect(stdout).toContain('Exit codes: 0 done, 1 failed, 2 wrong usage, 3 findings present');
  });

  it.each(['start', 'watch', 'device add', 'scan'])('of "%s" shows its flags and examples', async (name) => {
    const { code, stdout } = await phonehome([...name.split(' '), '--help']);
    const spec = COMMANDS.find((command) => command.name === name);
    expect(code).toBe(0);
    for (const flag of spec?.flags ?? []) expect(stdout).toContain(`--${flag.name}`);
    for (const example of spec?.examples ?? []) expect(stdout).toContain(example);
  });

  it('gives the version of the package, and the commit of a checkout', async () => {
    const { code, stdout } = await phonehome(['--version']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+( \(commit [0-9a-f]{12}\))?\n$/)]);
  });
});

describe('the contract of start', () => {
  it('has every flag the outer contract names, under that name', () => {
    const names = COMMANDS.find((command) => command.name === 'start')?.flags.map((flag) => flag.name);
    for (const name of [
      'host',
      'proxy-port',
      'ui-port',
      'engine',
      'devices',
      'upstream-ca',
      'upstream-map',
      'allow-clients',
      'allow-destinations',
    ]) {
      expect(names).toContain(name);
    }
  });

  it('has the defaults of the outer contract', () => {
    const flags = COMMANDS.find((command) => command.name === 'start')?.flags ?? [];
    const defaults = Object.fromEntries(flags.map((flag) => [flag.name, flag.default]));
    expect(defaults).toMatchObject({ host: '0.0.0.0', 'proxy-port': 8080, 'ui-port': 8081, engine: 'wire' });
  });
});

describe('a configuration file', () => {
  const write = (text: string) => {
    const file = join(dir, 'lab.yaml');
    writeFileSync(file, text);
    return file;
  };

  it.each([
    ['an unknown key', '\n\nproxy_port: 1\n', 'lab.yaml:3: unknown key "proxy_port": did you mean "proxy-port"?'],
    ['a key that resembles nothing', 'colour-of-the-cable: red\n', 'unknown key "colour-of-the-cable"'],
    ['a wrong value', 'proxy-port: 70000\n', 'proxy-port: A port is a number'],
    ['a wrong value in a list', 'allow-clients: [10.0.0.0/8, everyone]\n', 'allow-clients: A range such as'],
    ['a switch that is no switch', 'json: maybe\n', 'json: true or false is needed'],
    ['a map for a value', 'host: {a: 1}\n', 'host: a text or a number is needed'],
    ['broken YAML', 'host: [\n', 'lab.yaml:2: indentation does not fit the lines above, or a bracket'],
    ['an alias of nothing', 'host: *address\n', 'lab.yaml: '],
    ['a list at the top', '- host\n', '"name: value" lines'],
  ])('with %s is wrong usage: file, key and remedy in one line', async (_what, text, expected) => {
    const { code, stderr } = await phonehome(['start', '--config', write(text)]);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain('lab.yaml');
    expect(stderr).toContain(expected);
    expect(code).toBe(2);
  });

  it('that is not there is named', async () => {
    const { code, stderr } = await phonehome(['watch', '--config', join(dir, 'none.yaml')]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('none.yaml')]);
  });

  it('that is right does not mend a command without the place or the phone it needs: wrong usage', async () => {
    for (const command of [['report'], ['report', '--out', 'x.docx'], ['export'], ['plan', 'run', 'first-boot']])
      expect([command, (await phonehome([...command, '--data', dir])).code]).toEqual([command, 2]);
  });

  it('that is a directory is named, here and where phones are imported', async () => {
    for (const command of [
      ['watch', '--config', dir],
      ['device', 'import', dir],
    ])
      expect((await phonehome(command)).stderr).toBe(`phonehome: ${dir} is a directory, a file is needed\n`);
  });

  it('serves several commands: keys of another one are left alone, flags win over it', async () => {
    const file = write(`proxy-port: 3128\ndata: ${join(dir, 'from-the-file')}\n`);
    const fromFile = await phonehome(['watch', '--config', file]);
    const fromFlag = await phonehome(['watch', '--config', file, '--data', join(dir, 'from-the-flag')]);
    expect(fromFile.stderr).toContain('from-the-file');
    expect(fromFlag.stderr).toContain('from-the-flag');
  });
});

describe('an error', () => {
  it('shows its stack with --verbose only', async () => {
    const args = ['watch', '--data', join(dir, 'nothing-here')];
    const plain = await phonehome(args);
    const verbose = await phonehome([...args, '--verbose']);
    expect(plain.stderr).toMatch(oneLine);
    expect(plain.stderr).toContain('phonehome start');
    expect(verbose.stderr).toMatch(/\n\s+at /);
    expect([plain.code, verbose.code]).toEqual([1, 1]);
  });
});
