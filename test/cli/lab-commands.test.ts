import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCommands } from './commands.ts';
import { type Ended, type Running, startPhonehome } from './phonehome.ts';

const IMEI = '490154203237518';
const phonehome = openCommands('command and directory');
const dir = mkdtempSync(join(tmpdir(), 'phonehome-commands-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const run = (data: string, ...args: string[]): Promise<Ended> => phonehome([...args, '--data', data]);
const jsonOf = (ended: Ended) =>
  ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The same commands must do the same with a lab running on the directory and without one. */
describe.each(['no lab running', 'a lab running'])('with %s', (situation) => {
  const data = join(dir, situation.replaceAll(' ', '-'));
  let lab: Running | null = null;
  beforeAll(async () => {
    if (situation !== 'a lab running') return;
    lab = startPhonehome([
      'start',
      '--json',
      '--data',
      data,
      '--host',
      '127.0.0.1',
      '--proxy-port',
      '0',
      '--ui-port',
      '0',
    ]);
    await lab.untilStdout('"ready"');
  });
  afterAll(async () => {
    lab?.child.kill('SIGTERM');
    await lab?.ended;
  });

  it('a phone is registered, listed masked, revealed on request, exported, imported and forgotten', async () => {
    expect((await run(data, 'device', 'list')).stdout).toContain('No phone is registered');
    const added = await run(
      data,
      'device',
      'add',
      'nokia-01',
      '--model',
      'Nokia 7 Plus',
      '--ip',
      '10.77.0.2',
      '--mac',
      '02:00:5e:10:00:01',
      '--imei',
      IMEI,
      '--set',
      'email=lab@example.com',
    );
    expect([added.stderr, added.code]).toEqual(['', 0]);

    const masked = await run(data, 'device', 'list');
    expect(masked.stdout).toMatch(/nokia-01 +Nokia 7 Plus +10\.77\.0\.2, 02:00:5e:10:00:01 +imei 490154\*+/);
    expect(masked.stdout).not.toContain(IMEI);
    expect(jsonOf(await run(data, 'device', 'list', '--reveal', '--json'))).toMatchObject([
      {
        type: 'device',
        id: 'nokia-01',
        identifiers: { imei: [IMEI], wifi_mac: ['02:00:5e:10:00:01'], email: ['lab@example.com'] },
      },
    ]);

    const file = join(dir, 'exported.yaml');
    expect((await run(data, 'device', 'export', file)).code).toBe(2);
    expect((await run(data, 'device', 'export', file, '--reveal')).code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain(IMEI);

    expect((await run(data, 'device', 'remove', 'nokia-01')).code).toBe(0);
    expect(await run(data, 'device', 'remove', 'nokia-01')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no phone "nokia-01"'),
    });
    expect((await run(data, 'device', 'import', file)).stdout).toContain('1 phone registered');
    expect(jsonOf(await run(data, 'device', 'list', '--json'))).toMatchObject([
      { id: 'nokia-01', model: 'Nokia 7 Plus' },
    ]);
  });

  it('what is registered of a phone is changed, and taken away value by value', async () => {
    const shown = async () =>
      jsonOf(await run(data, 'device', 'list', '--reveal', '--json')).find(({ id }) => id === 'edited');
    await run(data, 'device', 'add', 'edited', '--ip', '10.77.0.9', '--imei', IMEI, '--set', 'email=lab@example.com');
    expect((await run(data, 'device', 'set', 'edited', '--set', 'email=new@example.com')).code).toBe(0);
    expect(await shown()).toMatchObject({
      match: { ip: '10.77.0.9' },
      identifiers: { imei: [IMEI], email: ['new@example.com'] },
    });
    expect((await run(data, 'device', 'remove', 'edited', '--imei', IMEI)).code).toBe(0);
    expect((await shown())?.identifiers).toEqual({ email: ['new@example.com'] });
    expect((await run(data, 'device', 'remove', 'edited', '--value', 'email=none@example.com')).stdout).toContain(
      'Note: edited has no such email',
    );
    expect(await run(data, 'device', 'set', 'edited')).toMatchObject({ code: 2 });
    expect(await run(data, 'device', 'set', 'nobody', '--imei', IMEI)).toMatchObject({ code: 1 });
    expect((await run(data, 'device', 'remove', 'edited')).code).toBe(0);
  });

  it('of a file with one wrong phone the phone is named, and many are taken at once', async () => {
    const file = join(dir, 'many.yaml');
    const phones = Array.from(
      { length: 600 },
      (_, index) => `  - {id: many-${index}, match: {ip: 10.9.${index >> 8}.${index & 255}}}\n`,
    );
    writeFileSync(file, `devices:\n${phones.join('')}  - {id: wrong, identifiers: {imei: '12345'}}\n`);
    expect(await run(data, 'device', 'import', file)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/many\.yaml:602: devices\[600\]: .*imei/),
    });
    writeFileSync(file, `devices:\n${phones.join('')}`);
    expect((await run(data, 'device', 'import', file)).stdout).toContain('600 phones registered');
  });

  it('a phone is registered by its address, without a gateway', async () => {
    if (lab) {
      const ready = /"proxy":\{"host":"[^"]+","port":(\d+)/.exec(await lab.untilStdout(`"ready"`))?.[1];
      await new Promise<void>((resolve) => {
        const asked = request({
          host: '127.0.0.1',
          port: Number(ready),
          path: 'http://nowhere.invalid/',
          localAddress: '127.0.0.9',
        });
        asked.on('response', (response) => response.resume().on('end', resolve)).on('error', () => resolve());
        asked.end();
      });
      // What a phone does is read a moment later.
      await expect
        .poll(async () => (await run(data, 'device', 'list')).stdout)
        .toContain('phonehome device name 127.0.0.9 NAME');
    }
    expect((await run(data, 'device', 'name', '127.0.0.9', 'seen-01')).stdout).toContain('127.0.0.9 is seen-01');
    const listed = (await run(data, 'device', 'list')).stdout;
    expect(listed).toMatch(/seen-01 +127\.0\.0\.9/);
    expect(listed).not.toContain('device name 127.0.0.9');
  });

  it('a wrong identifier is refused: the field is named, the value is not', async () => {
    const { code, stderr } = await run(data, 'device', 'add', 'x', '--imei', '123456');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^phonehome: [^\n]*imei[^\n]*\n$/);
    expect(stderr).not.toContain('123456');
  });

  it('a broken file to import is named with what is wrong in it', async () => {
    const file = join(dir, 'broken.yaml');
    writeFileSync(file, 'phones: []\n');
    expect(await run(data, 'device', 'import', file)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/broken\.yaml: a list "devices:" is needed/),
    });
  });

  it('a test run is begun, marked, shown and ended; without an id the newest is meant', async () => {
    expect((await run(data, 'case', 'mark', 'boot')).stderr).toMatch(/phonehome case new|holds no traffic yet/);
    if (lab) {
      const stranger = await run(data, 'case', 'new', 'First start', '--device', 'nokai-01');
      expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining('no phone "nokai-01"')]);
      for (const id of ['nokia-01', 'nokia-02']) await run(data, 'device', 'add', id);
    }
    const about = ['--device', 'nokia-01,nokia-02', '--sim', 'none', '--tester', 'N. Lan'];
    const [made] = jsonOf(await run(data, 'case', 'new', 'First start', ...about, '--json'));
    expect(made).toMatchObject({ type: 'case', title: 'First start', closedAt: null });
    expect((await run(data, 'case', 'mark', 'before-consent')).code).toBe(0);
    expect((await run(data, 'case', 'mark', 'after-consent', String(made?.id).slice(0, 20))).code).toBe(0);
    expect((await run(data, 'case', 'mark', 'Unlock')).stdout).toContain('unlock noted; the phase goes on');
    expect((await run(data, 'case', 'new', 'Second', '--device', 'nokia-02')).stderr).toContain('end it first');
    const shown = await run(data, 'case', 'show');
    for (const part of [
      'First start',
      'nokia-01, nokia-02',
      'N. Lan',
      'before-consent: 0 connections',
      'after-consent',
      '  unlock',
      'still running',
      'No identifier was seen to leave.',
      'Nothing was sent during this case',
    ])
      expect(shown.stdout).toContain(part);
    expect((await run(data, 'case', 'close')).code).toBe(0);
    expect(jsonOf(await run(data, 'case', 'list', '--json'))[0]).toMatchObject({
      id: made?.id,
      closedAt: expect.any(String),
      marks: [{ phase: 'before-consent' }, { phase: 'after-consent' }],
    });
    expect((await run(data, 'case', 'close')).code).toBe(1);
    expect((await run(data, 'case', 'close', String(made?.id))).stderr).toContain('is closed since');
    expect((await run(data, 'case', 'show', 'nothing-like-it')).stderr).toContain('no test run begins with');
  });
});

describe('ca', () => {
  const data = join(dir, 'ca');
  it('says that there is none yet, and makes none by looking', async () => {
    expect(await run(data, 'ca', 'show')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('phonehome start makes one'),
    });
    expect(existsSync(join(data, 'certs'))).toBe(false);
  });

  it('is shown, exported without its key, and rotated only when meant and while no lab runs', async () => {
    const lab = startPhonehome([
      'start',
      '--json',
      '--data',
      data,
      '--host',
      '127.0.0.1',
      '--proxy-port',
      '0',
      '--ui-port',
      '0',
    ]);
    await lab.untilStdout('"ready"');
    const [before] = jsonOf(await run(data, 'ca', 'show', '--json'));
    expect(before).toMatchObject({ type: 'ca', fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/) });
    expect((await run(data, 'ca', 'rotate', '--yes')).stderr).toContain('stop it first');
    lab.child.kill('SIGTERM');
    await lab.ended;

    const file = join(dir, 'ca.pem');
    expect((await run(data, 'ca', 'export', 'pem', file)).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('BEGIN CERTIFICATE');
    expect(readFileSync(file, 'utf8')).not.toContain('PRIVATE');
    expect((await run(data, 'ca', 'export', 'exe')).code).toBe(2);

    expect((await run(data, 'ca', 'rotate')).code).toBe(2);
    expect((await run(data, 'ca', 'rotate', '--yes')).code).toBe(0);
    const [after] = jsonOf(await run(data, 'ca', 'show', '--json'));
    expect(after?.fingerprint).not.toBe(before?.fingerprint);
  });
});

describe('doctor', () => {
  const data = join(dir, 'doctor');
  const states = (ended: Ended) => Object.fromEntries(jsonOf(ended).map((check) => [check.name, check.state]));

  it('finds nothing in the way of a first start', async () => {
    const ended = await phonehome(['doctor', '--json', '--data', data, '--proxy-port', '0', '--ui-port', '0']);
    expect(states(ended)).toMatchObject({
      node: 'ok',
      clock: 'ok',
      data: 'ok',
      disk: 'ok',
      secrets: 'ok',
      certificate: 'ok',
      'proxy-port': 'ok',
    });
    expect(ended.code).toBe(0);
  });

  it('finds a running lab and asks its proxy, and finds its ports taken from elsewhere', async () => {
    const lab = startPhonehome([
      'start',
      '--json',
      '--data',
      data,
      '--host',
      '127.0.0.1',
      '--proxy-port',
      '0',
      '--ui-port',
      '0',
    ]);
    const { proxy } = JSON.parse(await lab.untilStdout('\n')) as { proxy: { port: number } };
    const own = await run(data, 'doctor', '--json');
    const other = await phonehome([
      'doctor',
      '--json',
      '--data',
      join(dir, 'other'),
      '--host',
      '127.0.0.1',
      '--proxy-port',
      String(proxy.port),
      '--ui-port',
      '0',
    ]);
    lab.child.kill('SIGTERM');
    await lab.ended;
    expect(states(own)).toMatchObject({ lab: 'ok', proxy: 'ok', certificate: 'ok' });
    expect(states(other)).toMatchObject({ 'proxy-port': 'fail' });
    expect(other.code).toBe(1);
    expect(other.stdout).toContain('--proxy-port');
  });

  it('fails on a secret that others can read, and says the command that mends it', async () => {
    chmodSync(join(data, 'token'), 0o644);
    const ended = await run(data, 'doctor');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/fail +secrets .*token\n +→ chmod 600 .*token/);
    expect(ended.stdout).toContain('must be mended');
  });

  it('reports a broken devices file without ending', async () => {
    writeFileSync(join(data, 'devices.yaml'), 'devices:\n  - idd: x\n');
    const ended = await run(data, 'doctor', '--json');
    expect(states(ended)).toMatchObject({ phones: 'fail', node: 'ok' });
  });
});
