import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabState } from '../../src/model/lab.ts';
import { phonehome, type Running, startPhonehome } from './phonehome.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FREE = ['--host', '127.0.0.1', '--proxy-port', '0', '--ui-port', '0'];
let data = '';
const running: Running[] = [];
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'phonehome-start-'));
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(data, { recursive: true, force: true });
});

function start(...args: string[]): Running {
  const lab = startPhonehome(['start', '--data', data, ...FREE, ...args]);
  running.push(lab);
  return lab;
}
/** Dead ones stay until somebody asks how they ended, and in a bare container nobody may. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
const state = () => JSON.parse(readFileSync(join(data, 'lab.json'), 'utf8')) as LabState;

describe('start', () => {
  it('tells what to type into the phone, where to get the certificate, and where the data lies', async () => {
    const lab = start();
    const text = await lab.untilStdout('Waiting for the first connection');
    const { proxy, url } = state();
    expect(text).toMatch(new RegExp(`Host\\s+127\\.0\\.0\\.1\\n\\s+Port\\s+${proxy.port}\\n`));
    expect(text).toContain(`${url}/setup`);
    expect(text).toContain(data);
    expect(text).toMatch(/[█▀▄]{10}/);
    expect(text).not.toContain(readFileSync(join(data, 'token'), 'utf8').trim());
    // Not a terminal: what signs in is not for logs.
    expect(text).toMatch(/Dashboard +\S*phonehome ui/);
    expect(text).not.toContain('code=');
  });

  it('shows the address of the network, never 0.0.0.0', async () => {
    const lab = startPhonehome(['start', '--data', data, '--proxy-port', '0', '--ui-port', '0']);
    running.push(lab);
    const text = await lab.untilStdout('Waiting for the first connection');
    expect(text).not.toContain('0.0.0.0');
    expect(text).toMatch(/Host\s+\d+\.\d+\.\d+\.\d+|on no network a phone could join/);
  });

  it('with --json prints the ready line first and nothing else on stdout', async () => {
    const lab = start('--json');
    const line = (await lab.untilStdout('\n')).trim();
    const ready = JSON.parse(line) as Record<string, unknown>;
    expect(ready).toEqual({
      type: 'ready',
      proxy: { host: '127.0.0.1', port: expect.any(Number) },
      ui: { url: state().url },
      ca: { pem: expect.stringContaining(data) },
      token: join(data, 'token'),
    });
    lab.child.kill('SIGTERM');
    const { code, stdout } = await lab.ended;
    const types = stdout.split('\n').flatMap((each) => (each === '' ? [] : [JSON.parse(each).type]));
    // On a busy machine the lab may have to say that it could not keep up.
    expect([code, types[0], types.filter((type) => type !== 'alert')]).toEqual([0, 'ready', ['ready']]);
  });

  it('stops cleanly on Ctrl-C: exit code 0, and no trace of a running lab', async () => {
    const lab = start();
    await lab.untilStdout('Waiting for the first connection');
    expect(statSync(join(data, 'lab.json')).mode & 0o777).toBe(0o600);
    lab.child.kill('SIGINT');
    expect((await lab.ended).code).toBe(0);
    expect(existsSync(join(data, 'lab.json'))).toBe(false);
  });

  it('goes on recording when the reader of its output goes away, and says so', async () => {
    const lab = start('--json');
    await lab.untilStdout('"ready"');
    lab.child.stdout.destroy();
    expect((await phonehome(['replay', 'nokia-7-plus', '--data', data])).code).toBe(0);
    await lab.untilStderr('Nobody reads this output any more');
    expect((await phonehome(['replay', 'nokia-7-plus', '--data', data])).code).toBe(0);
    expect((await phonehome(['alerts', '--data', data])).stdout).toContain('zzhc.vnet.cn');
    lab.child.kill('SIGTERM');
    expect((await lab.ended).code).toBe(0);
  });

  it.each([
    ['npm start', 'npm', ['start', '--silent', '--']],
    ['npx', 'npm', ['exec', '--offline', '--', 'phonehome', 'start']],
    ['./phonehome', resolve(ROOT, 'phonehome'), ['start']],
  ])('ends with %s, by whatever signal that one was ended', async (_name, program, args) => {
    const npm = spawn(program, [...args, '--json', '--data', data, ...FREE], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(npm.stdout, 'data');
    const { pid } = state();
    expect(isRunning(pid)).toBe(true);
    npm.kill('SIGTERM');
    await expect.poll(() => isRunning(pid)).toBe(false);
    expect(existsSync(join(data, 'lab.json'))).toBe(false);
  });

  it('refuses a second lab on the same data directory, and names the first', async () => {
    await start('--json').untilStdout('"ready"');
    const second = await phonehome(['start', '--data', data, ...FREE]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`a lab runs on ${data} already (process ${state().pid}`);
  });

  it('starts again after kill -9, whatever the dead lab left', async () => {
    const first = start('--json');
    await first.untilStdout('"ready"');
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(join(data, 'lab.json'))).toBe(true);
    await start('--json').untilStdout('"ready"');
  });

  it('names the port that is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const { code, stderr } = await phonehome([
      'start',
      '--data',
      data,
      '--host',
      '127.0.0.1',
      '--proxy-port',
      String(port),
      '--ui-port',
      '0',
    ]);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^phonehome: [^\\n]*${port}[^\\n]*\\n$`, 'm'));
  });
});

describe('demo', () => {
  it('in a pipe plays the case, shows alerts and the summary, and ends with 0', async () => {
    const { code, stdout } = await phonehome(['demo', '--data', data, ...FREE, '--case', 'nokia-7-plus']);
    expect(stdout).toMatch(/\[D\] → POST http:\/\/zzhc\.vnet\.cn\//);
    expect(stdout).toMatch(/CRITICAL\s+imei 490154\*+/);
    expect(stdout).toMatch(/nokia-7-plus\s+imei, wifi_mac, iccid, cell, imsi\s+imei, wifi_mac, iccid, cell, imsi\s+ok/);
    expect(stdout).toContain('1 case, none missed.');
    expect(stdout).not.toContain('490154203237518');
    expect(code).toBe(0);
  });

  it('does not begin with a case that does not exist', async () => {
    const { code, stderr } = await phonehome(['demo', '--data', data, '--case', 'nokia-8']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('nokia-7-plus')]);
    expect(existsSync(join(data, 'lab.json'))).toBe(false);
  });
});
