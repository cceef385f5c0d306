import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeWith, toolPath } from '../clients/tools.ts';
import { labCoverage } from '../coverage/lab-coverage.ts';
import { type FakeLab, startFakeLab, TOKEN } from './fake-lab.ts';
import { labAlert } from './lab-alert.ts';
import { phonehome, startPhonehome } from './phonehome.ts';

const BIN = fileURLToPath(new URL('../../bin/phonehome.mjs', import.meta.url));
let lab: FakeLab;
let data = '';
beforeEach(async () => {
  lab = await startFakeLab({
    alerts: Array.from({ length: 300 }, (_, index) =>
      labAlert({ seq: index + 1, severity: index % 2 ? 'low' : 'critical' }),
    ),
  });
  data = mkdtempSync(join(tmpdir(), 'phonehome-watch-'));
  // As a running lab leaves it: this test's own process stands for the lab.
  writeFileSync(
    join(data, 'lab.json'),
    JSON.stringify({
      v: 1,
      pid: process.pid,
      url: lab.url,
      proxy: { host: '127.0.0.1', port: 1 },
      startedAt: '2026-11-22T10:00:00.000Z',
    }),
  );
  writeFileSync(join(data, 'token'), `${TOKEN}\n`, { mode: 0o600 });
});
afterEach(async () => {
  await lab.stop();
  rmSync(data, { recursive: true, force: true });
});

describe('watch --json', () => {
  it('finds the lab of a data directory and prints one line per alert, filtered, until Ctrl-C', async () => {
    const watch = startPhonehome(['watch', '--json', '--data', data, '--since', '297', '--severity', 'high']);
    await watch.untilStdout('"seq":299');
    lab.raise(labAlert({ seq: 301, severity: 'high' }));
    const text = await watch.untilStdout('"seq":301');
    watch.child.kill('SIGINT');
    const { code, stderr } = await watch.ended;
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; alert: { seq: number } });
    expect(lines.map((line) => [line.type, line.alert.seq])).toEqual([
      ['alert', 299],
      ['alert', 301],
    ]);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('says on stderr that it reconnects, and goes on', async () => {
    const watch = startPhonehome(['watch', '--json', '--data', data]);
    await lab.untilConnections(1);
    const { port } = lab;
    await lab.stop();
    await watch.untilStderr('reconnecting');
    lab = await startFakeLab({ port, alerts: Array.from({ length: 301 }, (_, index) => labAlert({ seq: index + 1 })) });
    await watch.untilStdout('"seq":301');
    await watch.untilStderr('connected again');
    watch.child.kill('SIGTERM');
    expect((await watch.ended).code).toBe(0);
  });

  it('ends quietly when its reader closes the pipe', async () => {
    const watch = startPhonehome(['watch', '--json', '--data', data, '--since', '0']);
    await watch.untilStdout('"seq":5');
    watch.child.stdout.destroy();
    lab.raise(labAlert({ seq: 301 }));
    const { code, stderr } = await watch.ended;
    expect([code, stderr]).toEqual([0, '']);
  });

  it('refuses with one line when the token is wrong', async () => {
    const { code, stderr } = await phonehome(['watch', '--json', '--data', data], {
      env: { PHONEHOME_TOKEN: 'wrong' },
    });
    expect(stderr).toMatch(/^phonehome: [^\n]*PHONEHOME_TOKEN[^\n]*\n$/);
    expect(code).toBe(1);
  });

  it('takes a state file of a dead process for what it is', async () => {
    writeFileSync(
      join(data, 'lab.json'),
      JSON.stringify({ v: 1, pid: 2 ** 22 + 1, url: lab.url, proxy: {}, startedAt: '' }),
    );
    const { code, stderr } = await phonehome(['watch', '--data', data]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no lab runs on')]);
  });
});

describe('watch in a pipe', () => {
  it('says the sentences in Vietnamese where that was asked for', async () => {
    const watch = startPhonehome(['watch', '--data', data, '--since', '300', '--lang', 'vi']);
    const message = 'Nokia 7 Plus trusts the lab now.';
    const sentence = { key: 'trust.now', values: { phone: 'Nokia 7 Plus' } };
    lab.raise({ ...labAlert({ seq: 301 }), type: 'system', identifier: null, evidence: null, message, text: sentence });
    const text = await watch.untilStdout('Nokia 7 Plus');
    watch.child.kill('SIGINT');
    await watch.ended;
    expect(text).toContain('Nokia 7 Plus đã tin cậy phòng thử: đọc được dữ liệu mã hoá nó gửi');
    expect(text).not.toContain(message);
  });

  it('prints one plain line per alert: severity, phone, what, where to, and whether it was in clear', async () => {
    const watch = startPhonehome(['watch', '--data', data, '--since', '298', '--severity', 'high']);
    const text = await watch.untilStdout('zzhc.vnet.cn');
    watch.child.kill('SIGINT');
    await watch.ended;
    expect(text.trim().split('\n')).toHaveLength(1);
    for (const part of [
      'CRITICAL',
      'nokia-7-plus-01',
      'imei 490154*******18',
      'base64',
      'CN China Telecom',
      'UNENCRYPTED',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('\u001b');
  });
});

describeWith(['tmux'], 'watch on a terminal', () => {
  // A server of its own for each test, on a socket in the test's own directory: nobody else's can be met or ended.
  const tmux = (...args: string[]) =>
    execFileSync(toolPath('tmux'), ['-u', '-S', join(data, 'tmux'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
  const pane = () => tmux('capture-pane', '-p', '-t', 'watch');
  const press = (...keys: string[]) => tmux('send-keys', '-t', 'watch', ...keys);
  const untilPane = (check: (text: string) => void) =>
    vi.waitFor(() => check(pane()), { timeout: 60_000, interval: 50 });
  const open = (columns: number, rows: number) => {
    const shell = `${process.execPath} ${BIN} watch --data ${data}; echo "exit code $?"; exec sleep 1000`;
    tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-s',
      'watch',
      '-x',
      String(columns),
      '-y',
      String(rows),
      '-e',
      'TERM=tmux-256color',
      // Whoever runs the tests may want no colours; what is looked for here is drawn with them.
      '-e',
      'NO_COLOR=',
      shell,
    );
  };
  afterEach(() => {
    try {
      tmux('kill-server');
    } catch {
      // It ended with its only session.
    }
  });

  it('shows what is there, follows what comes, survives a resize and a loss, and restores the terminal', async () => {
    lab.coverage = [labCoverage({ readShare: 0.82, sentence: '82 % of what this phone sent could be read.' })];
    open(120, 20);
    await untilPane((text) => {
      expect(text).toContain('● live');
      expect(text).toContain('imei 490154*******18');
      expect(text).toContain('🇨🇳 CN China Telecom · zzhc.vnet.cn');
      expect(text).toContain('82 % of what this phone sent could be read.');
    });
    lab.raise(labAlert({ seq: 301, kind: 'imsi', severity: 'high' }));
    await untilPane((text) => expect(text.split('\n')[2]).toContain('HIGH     nokia-7-plu'));

    press('Enter');
    await untilPane((text) => expect(text).toContain('registered IMSI of this phone'));
    press('Escape');
    await untilPane((text) => expect(text).toContain('severity phone'));

    tmux('resize-window', '-t', 'watch', '-x', '64', '-y', '12');
    await untilPane((text) => {
      expect(text).toContain('time     severity');
      for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(64);
    });

    const { port } = lab;
    await lab.stop();
    await untilPane((text) => expect(text).toContain('○ reconnecting'));
    lab = await startFakeLab({ port, alerts: [labAlert({ seq: 302, kind: 'iccid' })] });
    await untilPane((text) => {
      expect(text).toContain('● live');
      expect(text).toContain('iccid');
    });

    press('q');
    await untilPane((text) => expect(text.trim()).toBe('exit code 0'));
  });

  it('takes a search typed in one go, and loads earlier alerts at the end of the list', async () => {
    open(120, 16);
    await untilPane((text) => expect(text).toContain('1/200+ following'));
    press('G');
    await untilPane((text) => expect(text).toContain('200/300'));
    press('/LOW', 'Enter');
    await untilPane((text) => {
      expect(text).toContain('only "LOW"');
      expect(text).toMatch(/\d+\/150/);
    });
    press('C-c');
    await untilPane((text) => expect(text).toContain('exit code 0'));
  });
});
