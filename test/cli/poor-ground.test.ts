/** A machine that does not give what a lab needs is told in one line that says what to do; what a lab can do without, it does without. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../clients/tools.ts';
import { type Running, startCommand, startPhonehome } from './phonehome.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const BIN = path.join(ROOT, 'bin/phonehome.mjs');

let data = '';
beforeEach(() => {
  data = mkdtempSync(path.join(tmpdir(), 'poor-ground-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

/** `phonehome start` on a machine that was made so: mounts and network are its own, and end with it. */
function startWhere(made: string, host = '127.0.0.1'): Running {
  const flags = ['--data', data, '--host', host, '--proxy-port', '0', '--ui-port', '0', '--json'];
  const script = `ip link set lo up; export DATA=${data} ROOT=${ROOT}; ${made}; exec "$@"`;
  return startCommand('unshare', [
    '--mount',
    '--net',
    'sh',
    '-ec',
    script,
    'sh',
    process.execPath,
    BIN,
    'start',
    ...flags,
  ]);
}

describeWith(['root', 'namespaces', 'unshare', 'mount', 'ip', 'sysctl'], 'start', () => {
  it.each([
    [
      'on a read-only disk',
      'mount -t tmpfs -o ro,mode=700 tmpfs $DATA',
      /choose another one with --data|another --data directory/,
    ],
    [
      'on a disk that is full',
      'mount -t tmpfs -o size=16k,mode=700 tmpfs $DATA; cat /dev/zero >$DATA/all 2>/dev/null || true',
      /no space left for .*: free some, or start with another --data directory/,
    ],
    [
      'on a disk that fills while it starts',
      'mount -t tmpfs -o size=64k,mode=700 tmpfs $DATA',
      /no space left for .*: free some, or start with another --data directory/,
    ],
  ])('%s ends with one line', async (_where, made, line) => {
    const { code, stdout, stderr } = await startWhere(made).ended;
    expect(stderr).toMatch(/^phonehome: [^\n]+\n$/);
    expect(stderr).toMatch(line);
    expect([code, stdout]).toEqual([1, '']);
  });

  it('on an IPv6 address of a machine without IPv6 ends with one line', async () => {
    const { code, stderr } = await startWhere('sysctl -qw net.ipv6.conf.all.disable_ipv6=1', '::1').ended;
    expect(stderr.split('\n').filter((line) => !line.startsWith('! '))).toEqual([
      'phonehome: this machine has no address ::1: check --host',
      '',
    ]);
    expect(code).toBe(1);
  });

  it.each([
    ['without IPv6', 'sysctl -qw net.ipv6.conf.all.disable_ipv6=1', '0.0.0.0'],
    [
      'of a read-only checkout, in a home nobody can write to',
      'mount --bind $ROOT $ROOT; mount -o remount,bind,ro $ROOT; export HOME=/proc',
      '127.0.0.1',
    ],
  ])('%s works', async (_where, made, host) => {
    const lab = startWhere(made, host);
    await lab.untilStdout('"ready"');
    lab.child.kill('SIGINT');
    expect((await lab.ended).code).toBe(0);
  });
});

it.each(['--proxy-port', '--ui-port'])('start with %s that another program has ends with one line', async (flag) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const ports = { '--proxy-port': '0', '--ui-port': '0', [flag]: String(port) };
  const flags = ['--data', data, '--host', '127.0.0.1', '--json', ...Object.entries(ports).flat()];
  const { code, stdout, stderr } = await startPhonehome(['start', ...flags]).ended;
  other.close();
  expect(stderr).toBe(
    `phonehome: port ${port} is in use: stop the program that uses it or choose another one with ${flag}\n`,
  );
  expect([code, stdout]).toEqual([1, '']);
});
