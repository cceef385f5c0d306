/** `phonehome gateway up` and `down` as root in a namespace: what they change and undo. No lab runs here. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runDirectory } from '../../src/gateway/state.ts';
import { describeWith, NETWORK, requireTool } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { type GatewayNetwork, layNetwork } from './gateway-network.ts';
import type { Host } from './network.ts';

describeWith(NETWORK, 'gateway up and down', () => {
  let laid: GatewayNetwork;
  beforeEach(() => {
    laid = layNetwork();
  });
  afterEach(() => laid.end());

  it('gives the interface its addresses, loads the rules, sets the kernel; down leaves everything as it was', () => {
    const { net, dataDir, gateway, rules, lanAddresses, settings } = laid;
    net.run('gateway', ['ip', 'addr', 'flush', 'dev', 'lan0']);
    net.run('gateway', ['ip', 'link', 'set', 'lan0', 'down']);
    const before = settings();
    expect(gateway('up')).toMatchObject({ code: 0 });
    expect(lanAddresses()).toMatch(/10\.77\.0\.1\/24[\s\S]*fd77::1\/64/);
    expect(rules()).toContain('redirect to :8443');
    expect(settings()).toContain('net.ipv4.ip_forward = 1');
    expect(settings()).toContain('net.ipv6.conf.wan0.accept_ra = 2');
    const down = gateway('down');
    expect(down).toMatchObject({ code: 0 });
    expect(rules()).toBe('');
    expect(settings()).toBe(before);
    expect(lanAddresses()).toBe('');
    expect(net.run('gateway', ['ip', '-br', 'link', 'show', 'lan0'])).toMatch(/DOWN/);
    expect(existsSync(path.join(dataDir, 'gateway.json'))).toBe(false);
    expect(existsSync(runDirectory(dataDir))).toBe(false);
    expect(gateway('down').stdout).toMatch(/No gateway was up/);
  });

  it('is the same when brought up twice, and knows what was before the first time', () => {
    const { gateway, rules, settings } = laid;
    const before = settings();
    gateway('up');
    const once = rules();
    expect(gateway('up')).toMatchObject({ code: 0 });
    expect(rules()).toBe(once);
    gateway('down');
    expect(settings()).toBe(before);
  });

  it('takes over rules a crash left behind, and removes them when asked', () => {
    const { dataDir, gateway, rules } = laid;
    gateway('up');
    rmSync(path.join(dataDir, 'gateway.json'));
    expect(gateway('down')).toMatchObject({ code: 0, stderr: expect.stringContaining('gateway.json is missing') });
    expect(rules()).toBe('');
    gateway('up');
    rmSync(path.join(dataDir, 'gateway.json'));
    expect(gateway('up')).toMatchObject({ code: 0 });
  });

  it('undoes what it did when a later step fails', (context) => {
    requireTool(context, 'dnsmasq');
    const { dataDir, configure, gateway, rules, settings } = laid;
    configure('dhcp: true\n');
    // dnsmasq cannot write its leases: a directory is in the way.
    mkdirSync(path.join(runDirectory(dataDir), 'leases'), { recursive: true });
    const before = settings();
    const up = gateway('up');
    expect(up).toMatchObject({ code: 1, stderr: expect.stringMatching(/dnsmasq did not start: .*lease file/) });
    expect(settings()).toBe(before);
    expect(rules()).toBe('');
  });

  it('follows a changed configuration: the old network is gone', () => {
    const { configure, gateway, rules, lanAddresses } = laid;
    gateway('up');
    configure('dhcp: false\naddress: 10.99.0.1/24\naddress6: null\ntransparentPort: 9443\n');
    expect(gateway('up')).toMatchObject({ code: 0 });
    expect(rules()).toContain('redirect to :9443');
    expect(rules()).not.toContain('fd77');
    expect(lanAddresses()).toContain('10.99.0.1/24');
  });

  it('warns of another firewall that drops what phones send', () => {
    const { net, gateway } = laid;
    net.run(
      'gateway',
      ['nft', '-f', '-'],
      'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }\n}\n',
    );
    expect(gateway('up').stderr).toMatch(/table ip filter, chain FORWARD drops/);
    expect(gateway('status', '--json').stdout).toMatch(/chain FORWARD drops/);
  });

  it('says what is missing while no lab runs, and that the uplink is lost and back', () => {
    const { net, gateway } = laid;
    gateway('up');
    const status = () =>
      JSON.parse(gateway('status', '--json').stdout) as { checks: { name: string; state: string; found: string }[] };
    const check = (name: string) => status().checks.find((one) => one.name === name);
    expect(check('listener')).toMatchObject({ state: 'fail', found: expect.stringContaining('phones are refused') });
    expect(check('uplink')).toMatchObject({ state: 'ok' });
    net.run('gateway', ['ip', 'link', 'set', 'wan0', 'down']);
    expect(check('uplink')).toMatchObject({ state: 'warn' });
    net.run('gateway', ['ip', 'link', 'set', 'wan0', 'up']);
    net.run('gateway', ['ip', 'route', 'add', 'default', 'via', '198.18.0.2']);
    expect(check('uplink')).toMatchObject({ state: 'ok' });
  });

  it('leaves no namespace and no process behind when a laboratory ends without taking its gateway down', async (context) => {
    requireTool(context, 'dnsmasq');
    const { net, configure, gateway } = laid;
    configure('');
    expect(gateway('up')).toMatchObject({ code: 0 });
    const pids = ['phone', 'gateway', 'internet'].flatMap((host) =>
      execFileSync('ip', ['netns', 'pids', net.name(host as Host)], { encoding: 'utf8' })
        .split('\n')
        .filter(Boolean),
    );
    expect(pids.length).toBeGreaterThan(0);
    const starts = new Map(pids.map((pid) => [pid, startOfLiving(pid)]));
    net.down();
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(net.name('gateway'));
    const alive = (pid: string): boolean => startOfLiving(pid) !== null && startOfLiving(pid) === starts.get(pid);
    await eventually('every process to be gone', () => !pids.some(alive));
  });
});

/** When a process that still runs was started: a busy machine soon gives its number to another one. proc_pid_stat(5). */
function startOfLiving(pid: string): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null; // ended
  }
}
