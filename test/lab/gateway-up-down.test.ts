/** `phonehome gateway up` and `down` as root in a namespace: what they change and undo. No lab runs here. */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runDirectory } from '../../src/gateway/state.ts';
import type { GatewayCheck } from '../../src/model/gateway.ts';
import { describeWith, NETWORK, requireTool } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { BIN, type GatewayNetwork, layNetwork } from './gateway-network.ts';
import { asNobody, type Host } from './network.ts';

/** Of Debian's `nobody`. */
const NOBODY = 65534;

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

  it('undoes all of it although gateway.json is lost; without root’s own copy it says what stays', (context) => {
    requireTool(context, 'dnsmasq');
    const { net, dataDir, configure, gateway, rules, lanAddresses, settings } = laid;
    configure('');
    net.run('gateway', ['ip', 'addr', 'flush', 'dev', 'lan0']);
    const before = settings();
    const running = (): string => net.spawn('gateway', ['pgrep', '-fa', `dnsmasq.*${runDirectory(dataDir)}`]).stdout;
    gateway('up');
    expect(running()).toContain('dnsmasq');
    rmSync(path.join(dataDir, 'gateway.json'));
    expect(gateway('up')).toMatchObject({ code: 0 });
    rmSync(path.join(dataDir, 'gateway.json'));
    expect(gateway('down')).toMatchObject({ code: 0, stdout: expect.stringContaining('as it was before') });
    expect(`${rules()}${lanAddresses()}${running()}`).toBe('');
    expect(settings()).toBe(before);

    gateway('up');
    for (const directory of [dataDir, runDirectory(dataDir)]) rmSync(path.join(directory, 'gateway.json'));
    const down = gateway('down');
    expect(down).toMatchObject({ code: 1, stdout: expect.stringContaining('not known any more') });
    expect(down.stdout).not.toContain('as it was before');
    expect(`${rules()}${running()}`).toBe('');
    expect(lanAddresses()).toContain('10.77.0.1/24');
  });

  it('leaves what it writes to whom the data directory belongs, so that his lab can start', () => {
    const { net, dataDir, configure, gateway } = laid;
    configure('dhcp: false\nwireguard: { endpoint: lab.example.org }\n');
    chownSync(dataDir, NOBODY, NOBODY);
    expect(gateway('wireguard', 'add', 'nokia-01')).toMatchObject({ code: 0 });
    for (const name of ['devices.yaml', 'wireguard.json']) {
      const { uid, gid, mode } = statSync(path.join(dataDir, name));
      expect([name, uid, gid, mode & 0o777]).toEqual([name, NOBODY, NOBODY, 0o600]);
    }
    const list = net.spawn('gateway', asNobody([process.execPath, BIN, 'device', 'list', '--data', dataDir]));
    expect(list).toMatchObject({ code: 0, stdout: expect.stringContaining('nokia-01') });
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
    const { checks } = JSON.parse(gateway('status', '--json').stdout) as { checks: GatewayCheck[] };
    const advice = checks.find(({ found }) => found.includes('chain FORWARD drops'))?.advice ?? '';
    // Followed to the letter it is enough: a datagram goes out, and the word that nobody takes it comes in.
    const answered = `const s = require('node:dgram').createSocket('udp4'); s.on('error', ({ code }) => { console.log(code); s.close(); });
      s.connect(9, '198.18.0.2', () => s.send('x')); setTimeout(() => { console.log('silence'); process.exit(); }, 2000).unref()`;
    const ask = (): string => net.run('phone', [process.execPath, '-e', answered]).trim();
    expect(ask()).toBe('silence');
    net.run('gateway', ['sh', '-c', advice.slice(advice.indexOf('nft '))]);
    expect(ask()).toBe('ECONNREFUSED');
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
