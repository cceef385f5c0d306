/** Every command that stands in a block of a page is run, or it is said why not. */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab } from './e2e/lab-process.ts';
import { commandsIn, ROOT, RUN_BY, RUN_BY_NOBODY, RUN_HERE, shownCommands } from './page-commands.ts';
import { harEntry, writeHar } from './scan/recording.ts';

const shown = shownCommands();

describe('commands in blocks', () => {
  it('are on one list, and nothing else is', () => {
    const listed = [...RUN_HERE.map(([command]) => command), ...Object.keys(RUN_BY), ...Object.keys(RUN_BY_NOBODY)];
    expect(listed.toSorted()).toEqual(shown.toSorted());
  });

  it('are run by a file that there is, in the words that are named', () => {
    const wrong = Object.entries(RUN_BY).filter(([, [file, words]]) => {
      const whole = path.join(ROOT, file);
      return !existsSync(whole) || !readFileSync(whole, 'utf8').includes(words);
    });
    expect(wrong).toEqual([]);
  });

  it('are found without their comments, wherever a block stands', () => {
    const page = [
      '```yaml',
      'sh: no',
      '```',
      '1. first',
      '',
      '   ```sh',
      '   phonehome start \\',
      '     --json   # why',
      '   ```',
      '```',
      'an answer',
      'phonehome compare a b   two phones',
      '```',
    ];
    expect(commandsIn(page.join('\n'))).toEqual(['phonehome start --json', 'phonehome compare a b']);
  });
});

describe('beside a lab', () => {
  let directory = '';
  let lab: Awaited<ReturnType<typeof startLab>>;
  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'page-commands-'));
    mkdirSync(path.join(directory, 'bin'));
    for (const name of ['phonehome', 'bin/phonehome'])
      symlinkSync(path.join(ROOT, 'phonehome'), path.join(directory, name));
    writeHar(path.join(directory, 'session.har'), [harEntry()]);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    writeFileSync(path.join(directory, 'vendor.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: 0o600,
    });
    mkdirSync(path.join(directory, 'data'), { mode: 0o700 });
    lab = await startLab({ dataDir: path.join(directory, 'data') });
    run('phonehome case new "a test run" --device nokia-7-plus');
  });
  afterAll(async () => {
    await lab?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const PATH = () => `${path.join(directory, 'bin')}:${path.dirname(process.execPath)}:${process.env.PATH}`;
  const run = (command: string) =>
    spawnSync('sh', ['-c', command], { cwd: directory, encoding: 'utf8', env: { ...process.env, PATH: PATH() } });

  it.each(RUN_HERE)('%s', (command, code) => {
    const ran = run(command);
    expect({ code: ran.status, said: ran.stderr }, ran.stdout).toEqual({ code, said: expect.any(String) });
  });
});
