/**
 * A phone that joins the lab's network as phones do, with a real DHCP client; and what can go wrong there while the lab runs:
 * each trouble is told with what to do, and nothing but its end is needed to be well again.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runDirectory } from '../../src/gateway/state.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { DiscoveredPhone } from '../../src/model/device.ts';
import { describeWith, NETWORK, type Need } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { type GatewayLab, startGatewayLab } from './gateway-lab.ts';
import type { LabNetwork } from './network.ts';

const CN = '42.62.48.10';
const IMEI = '490154203237518';
const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');
/** A maker's address, and one that a phone made up for this network. */
const NOKIA = '00:1d:fd:10:00:01';
const MADE_UP = '02:00:5e:10:00:07';

const NEEDS: Need[] = [...NETWORK, 'busybox', 'conntrack', 'curl', 'dnsmasq', 'python', 'tcpdump'];
describeWith(NEEDS, 'on the lab’s network, a phone', () => {
  let lab: GatewayLab;
  let first: ChildProcess;
  beforeAll(async () => {
    lab = await startGatewayLab({
      addresses: [CN, '2400:da00::6666'],
      devices: 'devices: []\n',
      writeConfig: () => 'lan: lan0\nuplink: wan0\naddress: 10.77.0.1/29\n',
      args: ['--resolver', '198.18.0.2'],
      prepare(net, dataDir) {
        net.run('phone', ['ip', 'addr', 'flush', 'dev', 'wlan0']);
        net.run('gateway', ['ip', 'addr', 'flush', 'dev', 'lan0']);
        // Who was taken for another is known again by its next word, not only after a second.
        net.run('gateway', ['sysctl', '-qw', 'net.ipv4.neigh.lan0.locktime=0']);
        net.run('phone', ['ip', 'link', 'set', 'wlan0', 'address', NOKIA]);
        net.start('internet', [process.execPath, path.join(import.meta.dirname, 'internet-process.ts')]);
        // Of the three addresses for phones the first alone is left.
        mkdirSync(runDirectory(dataDir), { recursive: true });
        const expiry = Math.floor(Date.now() / 1000) + 3000;
        const given = [5, 6].map((n) => `${expiry} 02:00:00:00:00:0${n} 10.77.0.${n} * *\n`);
        writeFileSync(path.join(runDirectory(dataDir), 'leases'), given.join(''));
        // Asks until somebody answers: the gateway comes up meanwhile.
        first = join(net, 'wlan0', 'Nokia-7-plus', 'android-dhcp-14');
      },
    });
  });
  afterAll(() => lab?.end());

  /** Debian's udhcpc as phones' clients are: it names itself, and gives the address back when it leaves. */
  const join = (
    net: LabNetwork,
    device: string,
    name: string,
    vendorClass: string,
    ...more: string[]
  ): ChildProcess => {
    const script = path.join(import.meta.dirname, 'dhcp-client.sh');
    return net.start('phone', [
      'busybox',
      'udhcpc',
      '-f',
      '-R',
      '-i',
      device,
      '-s',
      script,
      '-x',
      `hostname:${name}`,
      '-V',
      vendorClass,
      '-T',
      '1',
      '-A',
      '1',
      ...more,
    ]);
  };
  const given = async (client: ChildProcess): Promise<string[]> => {
    for await (const line of createInterface({ input: client.stdout as NodeJS.ReadableStream }))
      if (/^wlan/.test(line)) return line.split(' ');
    throw new Error('the client ended without an address');
  };
  const phones = (): DiscoveredPhone[] =>
    (lab.api('GET', '/api/devices/discovered') as { phones: DiscoveredPhone[] }).phones;
  const told = async (line: RegExp, fits: (alert: Alert) => boolean = () => true): Promise<Alert> => {
    const is = (alert: Alert): boolean => line.test(alert.message) && fits(alert);
    return (await lab.until(String(line), (all) => all.some(is))).find(is) as Alert;
  };
  const ask = (place: string): string =>
    lab.curl('--resolve', `joined.vnet.cn:80:${CN}`, `http://joined.vnet.cn/${place}`);
  /** Frames as they are, a twentieth of a second apart (the kernel hears one at a time): `[MAC, address]` each says it has. */
  const claim = (...claims: [mac: string, ip: string][]): void => {
    // Waits in select(2): Python's own sleep refuses to under libfaketime.
    const script = `import select, socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('wlan0', 0))
for one in sys.argv[1:]:
    select.select([], [], [], 0.05); mac, ip = one.split(); m = bytes.fromhex(mac.replace(':', '')); i = socket.inet_aton(ip)
    s.send(b'\\xff' * 6 + m + bytes.fromhex('0806 0001 0800 0604 0002') + m + i + b'\\xff' * 6 + i)`;
    lab.net.run('phone', ['python3', '-c', script, ...claims.map((one) => one.join(' '))]);
  };

  it('is given an address with the lab as router and resolver, and is told as new with what it said of itself', async () => {
    expect(await given(first)).toEqual(['wlan0', '10.77.0.4', '10.77.0.1', '10.77.0.1', '3600']);
    const alert = await told(/without a name joined/, ({ device }) => device.mac === NOKIA);
    expect(alert).toMatchObject({ type: 'system', severity: 'info', device: { mac: NOKIA } });
    expect(alert.message).toMatch(/\(Nokia.*, Android 14\): name it with "phonehome device name/);
    expect(phones()).toContainEqual(
      expect.objectContaining({
        mac: NOKIA,
        addresses: expect.arrayContaining(['10.77.0.4']),
        hostName: 'Nokia-7-plus',
        vendorClass: 'android-dhcp-14',
        fingerprint: expect.stringMatching(/^1,3,6,12,15,/),
        system: 'Android 14',
        maker: expect.stringContaining('Nokia'),
        randomised: false,
        deviceId: null,
      }),
    );
  });

  it('is intercepted at once, and by its name after one command', async () => {
    const leak = (id: string) => told(/./, ({ type, device }) => type === 'leak' && device.id === id);
    const look = `const r = new (require('node:dns').promises.Resolver)(); r.setServers(['10.77.0.1']); r.resolve4('joined.vnet.cn').then((a) => console.log(a[0]))`;
    expect(lab.net.run('phone', [process.execPath, '-e', look]).trim()).toBe(CN);
    expect(ask(`before?imei=${IMEI}`)).toMatch(/before/);
    expect(await leak('10.77.0.4')).toMatchObject({
      destination: { host: 'joined.vnet.cn', ip: CN },
      device: { mac: NOKIA },
    });
    const named = lab.net.spawn('gateway', [
      process.execPath,
      BIN,
      'device',
      'name',
      'Nokia-7-plus',
      'nokia-01',
      '--data',
      lab.dataDir,
    ]);
    expect(named).toMatchObject({ code: 0, stderr: '' });
    expect(ask(`after?imei=${IMEI}`)).toMatch(/after/);
    await leak('nokia-01');
    expect(phones().find(({ mac }) => mac === NOKIA)?.deviceId).toBe('nokia-01');
  });

  it('with an address of another network is not served; that is told with what to set', async () => {
    lab.net.run('phone', ['ip', 'addr', 'add', '192.168.50.2/32', 'dev', 'wlan0']);
    const script = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('192.168.50.2', 0))
for i in range(20): s.sendto(b'x', ('${CN}', 9))`;
    lab.net.run('phone', ['python3', '-c', script]);
    expect((await told(/not of the lab’s network and is not served: set it.*DHCP/)).severity).toBe('medium');
    lab.net.run('phone', ['ip', 'addr', 'del', '192.168.50.2/32', 'dev', 'wlan0']);
  });

  it('that another one poses as is told, with both; one that poses as the gateway, too', async () => {
    claim([NOKIA, '10.77.0.4'], [MADE_UP, '10.77.0.4'], [NOKIA, '10.77.0.4'], [MADE_UP, '10.77.0.1']);
    const conflict = await told(/two phones use 10\.77\.0\.4 in turn/);
    expect(conflict.message).toMatch(/nokia-01.*a phone without a name|a phone without a name.*nokia-01/);
    expect(conflict.message).toMatch(/DHCP/);
    await told(/another machine on the phones' network says that it is the gateway \(10\.77\.0\.1\).*take it off/);
    expect(ask('still')).toMatch(/still/);
  });

  it('is refused while the uplink is lost, which is told, and served when it is back', async () => {
    const gateway = (...args: string[]) => lab.net.run('gateway', ['ip', ...args]);
    gateway('link', 'set', 'wan0', 'down');
    await told(/^uplink: wan0 has no way to the internet/);
    expect(ask('lost')).toMatch(/^curl (7|52|56): /);
    const look = `const r = new (require('node:dns').promises.Resolver)({ timeout: 20_000, tries: 1 }); r.setServers(['10.77.0.1']); r.resolve4('lost.vnet.cn').catch(({ code }) => console.log(code))`;
    expect(lab.net.run('phone', [process.execPath, '-e', look]).trim()).toBe('ESERVFAIL');
    expect(lab.stderr()).not.toContain('internal error');
    gateway('link', 'set', 'wan0', 'up');
    gateway('route', 'add', 'default', 'via', '198.18.0.2');
    await told(/^uplink: works again/);
    expect(ask('back')).toMatch(/back/);
  });

  it('is served again after its network was down, which is told; the gateway keeps both of its addresses', async () => {
    lab.net.run('gateway', ['ip', 'link', 'set', 'lan0', 'down']);
    await told(/^lan0: the interface is down: run "phonehome gateway up"/);
    lab.net.run('gateway', ['ip', 'link', 'set', 'lan0', 'up']);
    await told(/^lan0: works again/);
    expect(lab.net.run('gateway', ['ip', '-o', 'addr', 'show', 'dev', 'lan0'])).toMatch(
      /10\.77\.0\.1\/29[\s\S]*fd77::1\/64/,
    );
    expect(ask('again')).toMatch(/again/);
  });

  it('gets no address when all are given away, which is told; and one as soon as another phone leaves', async () => {
    await told(/^addresses for phones: all 3 are given away/);
    const { checks } = JSON.parse(lab.gateway('status', '--json').stdout);
    expect(checks).toContainEqual(expect.objectContaining({ name: 'addresses for phones', state: 'fail' }));
    lab.net.run('phone', [
      'ip',
      'link',
      'add',
      'wlan1',
      'link',
      'wlan0',
      'address',
      MADE_UP,
      'type',
      'macvlan',
      'mode',
      'bridge',
    ]);
    lab.net.run('phone', ['ip', 'link', 'set', 'wlan1', 'up']);
    const refused = join(lab.net, 'wlan1', 'Redmi-Note', 'dhcpcd-5.5.6', '-n', '-t', '2');
    expect(await once(refused, 'exit')).toEqual([1, null]);
    first.kill('SIGTERM');
    await once(first, 'exit');
    await told(/^addresses for phones: works again/);
    const second = join(lab.net, 'wlan1', 'Redmi-Note', 'dhcpcd-5.5.6');
    expect((await given(second))[1]).toMatch(/^10\.77\.0\.4$/);
    const found = await eventually('the second phone', () =>
      phones().find(({ mac, hostName }) => mac === MADE_UP && hostName),
    );
    expect(found).toMatchObject({
      hostName: 'Redmi-Note',
      system: 'Linux',
      maker: null,
      randomised: true,
      deviceId: null,
    });
  });

  it('finds the rules as they were through all of it', () => {
    const rules = execFileSync(
      'ip',
      ['netns', 'exec', lab.net.name('gateway'), 'nft', 'list', 'table', 'inet', 'phonehome'],
      { encoding: 'utf8' },
    );
    expect(rules).toContain('redirect to :8443');
  });
});
