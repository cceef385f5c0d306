/** What `phonehome gateway up` refuses as root or anybody in a namespace, in one line that says what to do, with nothing changed. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { BIN, type GatewayNetwork, layNetwork } from './gateway-network.ts';
import { asNobody } from './network.ts';

describeWith(NETWORK, 'gateway up', () => {
  let laid: GatewayNetwork;
  beforeEach(() => {
    laid = layNetwork();
  });
  afterEach(() => laid.end());

  it.each([
    [
      'a table of the same name that is not its own',
      () => laid.net.run('gateway', ['nft', 'add table inet phonehome']),
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
    const { dataDir, gateway, rules, settings } = laid;
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

  it.each([
    ['with IPv6 beside it', ''],
    ['alone', 'address6: null\n'],
  ])('does not take an IPv4 address from a machine that has it, %s', (_how, more) => {
    const { net, configure, gateway, rules, lanAddresses, settings } = laid;
    configure(`dhcp: false\n${more}`);
    net.run('gateway', ['ip', 'addr', 'flush', 'dev', 'lan0']);
    net.run('phone', ['ip', 'addr', 'add', '10.77.0.1/24', 'dev', 'wlan0']);
    const before = settings();
    expect(gateway('up')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/another machine on lan0 has 10\.77\.0\.1\/24 already: choose another address$/m),
    });
    expect(`${rules()}${lanAddresses()}`).toBe('');
    expect(settings()).toBe(before);
    // The other one is gone: the same command works.
    net.run('phone', ['ip', 'addr', 'del', '10.77.0.1/24', 'dev', 'wlan0']);
    expect(gateway('up')).toMatchObject({ code: 0 });
  });

  it('needs root for up and down alone; an ordinary user is told so, and may print', () => {
    const { net, dataDir, gateway, rules, settings } = laid;
    const asUser = (...args: string[]) =>
      net.spawn('gateway', asNobody([process.execPath, BIN, 'gateway', ...args, '--data', dataDir]));
    chmodSync(dataDir, 0o755);
    const before = `${rules()}${settings()}`;
    const up = asUser('up');
    expect(up).toMatchObject({ code: 1, stdout: '' });
    expect(up.stderr).toMatch(/^[^\n]*only root may change rules and addresses: run it with sudo\n$/);
    expect(`${rules()}${settings()}`).toBe(before);
    expect(asUser('print')).toMatchObject({ code: 0, stdout: expect.stringContaining('redirect to :8443') });
    expect(gateway('up')).toMatchObject({ code: 0 });
    expect(asUser('down')).toMatchObject({ code: 1, stderr: expect.stringMatching(/run it with sudo/) });
    expect(rules()).toContain('redirect to :8443');
  });

  it.each([
    ['nft', 'apt install nftables'],
    ['dnsmasq', 'apt install dnsmasq-base'],
  ])('without %s names the package, and changes nothing', (tool, advice) => {
    const { net, dataDir, configure, rules, settings } = laid;
    configure('');
    const before = `${rules()}${settings()}`;
    // `ip netns exec` gives a command mounts of its own: nobody else misses the tool, if it was there.
    const hidden = `if [ -e /usr/sbin/${tool} ]; then mount --bind /dev/null /usr/sbin/${tool}; fi && exec "$@"`;
    const up = net.spawn('gateway', [
      'sh',
      '-c',
      hidden,
      'sh',
      process.execPath,
      BIN,
      'gateway',
      'up',
      '--data',
      dataDir,
    ]);
    expect(up).toMatchObject({ code: 1, stdout: '' });
    expect(up.stderr.trim().split('\n')).toEqual([expect.stringContaining(`${tool}: not installed: ${advice}`)]);
    expect(`${rules()}${settings()}`).toBe(before);
  });

  it('does not take an IPv6 address from a machine that has it', () => {
    const { net, gateway, rules, lanAddresses } = laid;
    net.run('gateway', ['ip', 'addr', 'flush', 'dev', 'lan0']);
    net.run('phone', ['ip', 'addr', 'add', 'fd77::1/64', 'dev', 'wlan0', 'nodad']);
    const up = gateway('up');
    expect(up).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/another machine on lan0 has fd77::1\/64 already/),
    });
    expect(`${rules()}${lanAddresses()}`).toBe('');
  });
});
