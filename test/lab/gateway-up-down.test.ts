/** `phonehome gateway up` and `down` as root in a namespace: what they change, refuse and undo. No lab runs here. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDirectory } from '../../src/gateway/state.ts';
import { eventually } from '../e2e/eventually.ts';
import type { DhcpAsk } from './dhcp-ask.ts';
import { createLabNetwork, type Host, type LabNetwork, whyNoLab } from './network.ts';
import { labDirectory } from './traces.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');

const noLab = whyNoLab();
describe.skipIf(noLab)(`gateway up and down ${noLab ?? ''}`, () => {
  let net: LabNetwork;
  let dataDir: string;
  const gateway = (...args: string[]) =>
    net.spawn('gateway', [process.execPath, BIN, 'gateway', ...args, '--data', dataDir]);
  const configure = (more: string): void =>
    writeFileSync(path.join(dataDir, 'gateway.yaml'), `lan: lan0\nuplink: wan0\n${more}`);
  const rules = (): string => net.spawn('gateway', ['nft', 'list', 'ruleset']).stdout;
  const lanAddresses = (): string => net.run('gateway', ['ip', '-o', 'addr', 'show', 'dev', 'lan0', 'scope', 'global']);
  const SETTINGS = [
    'net.ipv4.ip_forward',
    'net.ipv6.conf.all.forwarding',
    'net.ipv4.ip_local_port_range',
    'net.ipv6.conf.wan0.accept_ra',
  ];
  const settings = (): string => net.run('gateway', ['sysctl', ...SETTINGS]);

  beforeEach(() => {
    net = createLabNetwork();
    dataDir = labDirectory();
    configure('dhcp: false\n');
  });
  afterEach(() => {
    if (rules().includes('table inet phonehome') && existsSync(path.join(dataDir, 'gateway.json'))) gateway('down');
    rmSync(runDirectory(dataDir), { recursive: true, force: true });
    net.down();
    rmSync(dataDir, { recursive: true });
  });

  it('gives the interface its addresses, loads the rules, sets the kernel; down leaves everything as it was', () => {
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
    const before = settings();
    gateway('up');
    const once = rules();
    expect(gateway('up')).toMatchObject({ code: 0 });
    expect(rules()).toBe(once);
    gateway('down');
    expect(settings()).toBe(before);
  });

  it('takes over rules a crash left behind, and removes them when asked', () => {
    gateway('up');
    rmSync(path.join(dataDir, 'gateway.json'));
    expect(gateway('down')).toMatchObject({ code: 0, stderr: expect.stringContaining('gateway.json is missing') });
    expect(rules()).toBe('');
    gateway('up');
    rmSync(path.join(dataDir, 'gateway.json'));
    expect(gateway('up')).toMatchObject({ code: 0 });
  });

  it('undoes what it did when a later step fails', () => {
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
    gateway('up');
    configure('dhcp: false\naddress: 10.99.0.1/24\naddress6: null\ntransparentPort: 9443\n');
    expect(gateway('up')).toMatchObject({ code: 0 });
    expect(rules()).toContain('redirect to :9443');
    expect(rules()).not.toContain('fd77');
    expect(lanAddresses()).toContain('10.99.0.1/24');
  });

  it.each([
    [
      'a table of the same name that is not its own',
      () => net.run('gateway', ['nft', 'add table inet phonehome']),
      '',
      /table inet phonehome.*nft delete table/,
    ],
    ['an interface that does not exist', () => {}, 'uplink: wan7\n', /wan7.*does not exist.*lan0/],
    [
      'an address whose network the uplink is in',
      () => {},
      'address: 198.18.0.77/24\n',
      /198\.18\.0\.0\/24 is the network of wan0/,
    ],
    ['a field nobody knows', () => {}, 'ssdi: x\n', /ssdi is not a field/],
  ])('refuses %s, and changes nothing', (_name, prepare, more, said) => {
    prepare();
    writeFileSync(
      path.join(dataDir, 'gateway.yaml'),
      `lan: lan0\n${more.includes('uplink') ? '' : 'uplink: wan0\n'}dhcp: false\n${more}`,
    );
    const before = `${rules()}${settings()}`;
    const up = gateway('up');
    expect(up.code).toBe(1);
    expect(up.stderr.trim().split('\n')).toHaveLength(1);
    expect(up.stderr).toMatch(said);
    expect(`${rules()}${settings()}`).toBe(before);
  });

  it('does not take an IPv6 address from a machine that has it', () => {
    net.run('gateway', ['ip', 'addr', 'flush', 'dev', 'lan0']);
    net.run('phone', ['ip', 'addr', 'add', 'fd77::1/64', 'dev', 'wlan0', 'nodad']);
    const up = gateway('up');
    expect(up).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/another machine on lan0 has fd77::1\/64 already/),
    });
    expect(`${rules()}${lanAddresses()}`).toBe('');
  });

  it('warns of another firewall that drops what phones send', () => {
    net.run(
      'gateway',
      ['nft', '-f', '-'],
      'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }\n}\n',
    );
    expect(gateway('up').stderr).toMatch(/table ip filter, chain FORWARD drops/);
    expect(gateway('status', '--json').stdout).toMatch(/chain FORWARD drops/);
  });

  it('says what is missing while no lab runs, and that the uplink is lost and back', () => {
    gateway('up');
    const status = () =>
      JSON.parse(gateway('status', '--json').stdout) as { checks: { name: string; state: string; found: string }[] };
    const check = (name: string) => status().checks.find((one) => one.name === name);
    expect(check('listener')).toMatchObject({ state: 'fail', found: expect.stringContaining('phones are refused') });
    expect(check('uplink')).toMatchObject({ state: 'ok' });
    net.run('gateway', ['ip', 'link', 'set', 'wan0', 'down']);
    expect(check('uplink')).toMatchObject({ state: 'warn' });
  });

  it('leaves no namespace and no process behind when a laboratory ends without taking its gateway down', async () => {
    configure('');
    expect(gateway('up')).toMatchObject({ code: 0 });
    const pids = ['phone', 'gateway', 'internet'].flatMap((host) =>
      execFileSync('ip', ['netns', 'pids', net.name(host as Host)], { encoding: 'utf8' })
        .split('\n')
        .filter(Boolean),
    );
    expect(pids.length).toBeGreaterThan(0);
    net.down();
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(net.name('gateway'));
    const alive = (pid: string): boolean =>
      existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
    await eventually('every process to be gone', () => !pids.some(alive));
  });

  it('gives a phone an address, itself as router and resolver, and notes how the phone introduced itself', async () => {
    configure('');
    expect(gateway('up')).toMatchObject({ code: 0 });
    net.run('phone', ['ip', 'addr', 'flush', 'dev', 'wlan0']);
    net.run('phone', ['ip', 'route', 'add', 'default', 'dev', 'wlan0']);
    const ask: DhcpAsk = { mac: '02:00:5e:10:00:01', hostname: 'Nokia-7-plus', vendorClass: 'android-dhcp-9' };
    const said = net.spawn('phone', [
      process.execPath,
      path.join(import.meta.dirname, 'dhcp-ask.ts'),
      JSON.stringify(ask),
    ]);
    expect(said).toMatchObject({ code: 0 });
    const given = JSON.parse(said.stdout);
    expect(given).toMatchObject({ router: '10.77.0.1', resolver: '10.77.0.1', leaseS: 3600 });
    expect(given.address).toMatch(/^10\.77\.0\.\d+$/);
    const log = path.join(runDirectory(dataDir), 'dhcp-log');
    const line = await eventually('a line in the log', () => existsSync(log) && readFileSync(log, 'utf8').trim());
    const fields = line.split('\n').at(0)?.split('\t');
    // A phone that had to ask twice is `old` the second time.
    expect(['add', 'old']).toContain(fields?.[1]);
    expect(fields?.slice(2, 7)).toEqual([ask.mac, given.address, ask.hostname, ask.vendorClass, '1,3,6,15']);
  });
});
