/**
 * What a phone does beside its TCP connections, through the whole product: look-ups, QUIC, plain datagrams, a VPN. Each one
 * ends where a person sees it: in an alert, in the coverage, in the list of phones.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RelayedStats } from '../../src/lan/conntrack/relayed.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { DeviceCoverage } from '../../src/model/coverage.ts';
import type { DiscoveredPhone } from '../../src/model/device.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { type GatewayLab, startGatewayLab } from './gateway-lab.ts';

const CN = '42.62.48.10';
const SIX = '2400:da00::6666';
const TLS_BYTES = 300_000;
const IMEI = '490154203237518';
const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');
const DEVICES = `devices:
  - id: phone-1
    model: Lab phone
    match: { mac: "02:00:5e:10:00:01" }
    identifiers: { imei: "${IMEI}" }
`;

describeWith([...NETWORK, 'conntrack', 'curl', 'python', 'tcpdump'], 'beside its connections, a phone', () => {
  let lab: GatewayLab;
  beforeAll(async () => {
    lab = await startGatewayLab({
      addresses: [CN, SIX],
      devices: DEVICES,
      args: ['--resolver', '198.18.0.2'],
      names: ['upload.example.com'],
      prepare(net) {
        net.run('gateway', ['sysctl', '-qw', 'net.netfilter.nf_conntrack_generic_timeout=1']);
        // A segment sent twice counts twice with the kernel.
        net.run('phone', ['sysctl', '-qw', 'net.ipv4.tcp_early_retrans=0']);
        net.start('internet', [process.execPath, path.join(import.meta.dirname, 'internet-process.ts')]);
      },
    });
    for (const state of ['time_wait', 'close'])
      lab.net.run('gateway', ['sysctl', '-qw', `net.netfilter.nf_conntrack_tcp_timeout_${state}=1`]);
    // A VPN; told after a while, when nobody turned out to read it.
    const script = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 50)
for i in range(10): s.sendto(bytes(1000), ('${CN}', 0))`;
    lab.net.run('phone', ['python3', '-c', script]);
  });
  afterAll(() => lab?.end());

  const phone = (script: string): string =>
    lab.net
      .run('phone', [process.execPath, '-e', `setTimeout(() => process.exit(1), 60_000).unref(); ${script}`])
      .trim();
  const lookUp = (name: string): string =>
    phone(`const r = new (require('node:dns').promises.Resolver)({ timeout: 10_000, tries: 3 }); r.setServers(['8.8.8.8']);
      r.resolve4(${JSON.stringify(name)}).then((a) => console.log(String(a)), (e) => console.log(e.code));`);
  const send = (port: number, text: string): string =>
    phone(`const s = require('node:dgram').createSocket('udp4'); s.on('error', () => {});
      s.send(${JSON.stringify(text)}, ${port}, '${CN}', () => s.close());`);
  const alertOf = async (what: string, fits: (alert: Alert) => boolean): Promise<Alert> =>
    (await lab.until(what, (all) => all.some(fits))).find(fits) as Alert;

  /** Of the phone's TCP (RFC 4022, tcpRetransSegs). */
  function segmentsSentAgain(): number {
    const [names = [], values = []] = lab.net
      .run('phone', ['cat', '/proc/net/snmp'])
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))
      .map((line) => line.split(' '));
    return Number(values[names.indexOf('RetransSegs')]);
  }

  const sizes = [1, 1000, 1_000_003];
  it('sends bytes through the relay: the server counts them', async () => {
    for (const size of sizes)
      for (const host of [CN, SIX])
        expect(await lab.talk({ host, port: 7001, repeat: size, thereafter: 'end' })).toEqual({
          received: `after your end: ${size} bytes`,
          ended: 'end',
        });
    // Under TLS, where the relay's own count is of what was inside.
    const file = path.join(lab.dataDir, 'upload');
    writeFileSync(file, Buffer.alloc(TLS_BYTES, 'x'));
    const to = ['--resolve', `upload.example.com:443:${CN}`, 'https://upload.example.com/up'];
    expect(lab.curl('--data-binary', `@${file}`, ...to)).toMatch(/ \/up 300000$/);
  });

  it('leaks its IMEI inside a look-up: a critical alert that names the place', async () => {
    expect(lookUp(`${IMEI}.t.vnet.cn`)).toBe(CN);
    expect(await alertOf('a leak in a name', ({ evidence }) => evidence?.where === 'dns')).toMatchObject({
      type: 'leak',
      severity: 'critical',
      device: { id: 'phone-1', model: 'Lab phone' },
      identifier: { kind: 'imei', known: true, confidence: 'certain' },
      flow: { protocol: 'dns', encrypted: false },
      message: expect.stringContaining('inside a DNS name that anyone on the path can read'),
    });
    expect(JSON.stringify(lab.alerts())).not.toContain(IMEI);
    expect(JSON.stringify(lab.api('GET', '/api/flows'))).not.toContain(IMEI);
  });

  it('leaks it in plain telemetry over UDP: a critical alert with name and place', async () => {
    expect(lookUp('telemetry.vnet.cn')).toBe(CN);
    send(5683, `hello imei=${IMEI} bye`);
    expect(await alertOf('a leak in a datagram', ({ evidence }) => evidence?.where === 'raw')).toMatchObject({
      type: 'leak',
      severity: 'critical',
      identifier: { kind: 'imei', known: true },
      flow: { protocol: 'udp', encrypted: false, intercepted: true },
      destination: { host: 'telemetry.vnet.cn', ip: CN, port: 5683, location: { country: 'CN' } },
    });
  });

  it('is refused QUIC: one alert that names whom it tried to reach', async () => {
    expect(lookUp('quic.vnet.cn')).toBe(CN);
    send(443, 'initial');
    expect(await alertOf('a QUIC alert', ({ type }) => type === 'quic')).toMatchObject({
      severity: 'info',
      device: { id: 'phone-1' },
      destination: { host: 'quic.vnet.cn', ip: CN, port: 443, location: { country: 'CN' } },
    });
  });

  it('opened a VPN: a contact nobody could look into', async () => {
    expect(await alertOf('the VPN', ({ flow }) => flow?.protocol === 'esp')).toMatchObject({
      type: 'contact',
      flow: { intercepted: false },
      message: expect.stringContaining('sent 10200 bytes to'),
    });
  });

  it('has all of it in its coverage, each in its class', async () => {
    const classes = await eventually('the coverage', () => {
      const { coverage } = lab.api('GET', '/api/coverage') as { coverage: DeviceCoverage[] };
      const rows = coverage.find(({ deviceId }) => deviceId === 'phone-1')?.rows ?? [];
      const names = rows.map((row) => row.class);
      return ['read', 'quic', 'bypassing'].every((name) => names.includes(name as never)) ? rows : null;
    });
    expect(classes.find((row) => row.class === 'bypassing')).toMatchObject({ connections: 1, bytesUp: 10_200 });
    expect(classes.find((row) => row.class === 'quic')).toMatchObject({ connections: 1, bytesUp: 0 });
  });

  it('is in the list of phones on the network, by the name it was given', () => {
    const { phones } = lab.api('GET', '/api/devices/discovered') as { phones: DiscoveredPhone[] };
    expect(phones).toMatchObject([{ mac: '02:00:5e:10:00:01', deviceId: 'phone-1', randomised: true }]);
  });

  it('without a name is shown, told, and named with one command', async () => {
    lab.net.run('phone', ['ip', 'link', 'set', 'wlan0', 'address', '02:00:5e:10:00:02']);
    lookUp('new.vnet.cn');
    const told = await alertOf(
      'the new phone',
      ({ type, message }) => type === 'system' && message.includes('without a name'),
    );
    expect(told).toMatchObject({ severity: 'info', device: { mac: '02:00:5e:10:00:02' } });
    const run = (...args: string[]) =>
      lab.net.spawn('gateway', [process.execPath, BIN, ...args, '--data', lab.dataDir]);
    expect(run('device', 'list').stdout).toContain('02:00:5e:10:00:02');
    expect(run('device', 'name', '02:00:5e:10:00:02', 'phone-2', '--model', 'Second phone').stderr).toBe('');
    const { phones } = lab.api('GET', '/api/devices/discovered') as { phones: DiscoveredPhone[] };
    expect(phones.find(({ mac }) => mac.endsWith('02'))?.deviceId).toBe('phone-2');
  });

  it('sent through the relay what the lab and the kernel counted, to the byte', async () => {
    const closed = await eventually('the flows of them', () => {
      const { flows } = lab.api('GET', '/api/flows') as { flows: FlowRecord[] };
      const fits = flows.filter(({ destination, closedAt }) => destination.port === 7001 && closedAt !== null);
      return fits.length === 2 * sizes.length && fits;
    });
    const sent = closed.map(({ bytesUp }) => bytesUp);
    expect(sent.toSorted((a, b) => a - b)).toEqual(sizes.flatMap((size) => [size, size]));
    const connections = 2 * sizes.length + 1;
    const counted = await eventually('both counts of every connection', () => {
      const { lan } = lab.api('GET', '/api/stats') as { lan: { inventory: { relayed: RelayedStats } } };
      return lan.inventory.relayed.connections >= connections && lan.inventory.relayed;
    });
    expect(counted.connections).toBe(connections);
    const { readUp, payloadUp, unreadUp } = counted;
    // A header without time stamp (a reset) is 12 bytes shorter than was reckoned, one that acknowledges a repeat longer; what a
    // phone on a busy machine sent twice, the kernel counted twice.
    const repeated = 65_536 * segmentsSentAgain();
    for (const difference of [payloadUp - readUp, unreadUp]) {
      expect(difference).toBeGreaterThanOrEqual(-12);
      if (repeated === 0) expect([0, 12]).toContain(Math.abs(difference));
      else expect(difference).toBeLessThanOrEqual(repeated + 12);
    }
    const inside = 2 * sizes.reduce((sum, size) => sum + size) + TLS_BYTES;
    expect(readUp).toBeGreaterThan(inside);
    expect(readUp - inside).toBeLessThan(8000);
  });

  it('is told nothing of trouble: every tool runs', () => {
    const trouble = lab.alerts().filter(({ type, severity }) => type === 'system' && severity !== 'info');
    expect(trouble.map(({ message }) => message)).toEqual([]);
  });

  it('while no lab runs gets datagrams out, which the next lab tells; what was refused before is not told again', async () => {
    lab.net.run('phone', ['ip', 'link', 'set', 'wlan0', 'address', '02:00:5e:10:00:01']);
    lookUp('again.vnet.cn');
    // What the kernel counted until now is kept.
    const kept = path.join(lab.dataDir, 'counted.json');
    await eventually(
      'the counts',
      () => /"quic"/.test(readFileSync(kept, 'utf8')) && readFileSync(kept, 'utf8').includes('esp'),
    );
    const quic = () => lab.alerts().filter(({ type }) => type === 'quic');
    const count = quic().map((one) => one.count);
    await lab.kill();
    send(5683, 'nobody hears this');
    send(443, 'initial');
    await lab.restart();
    const missed = await alertOf('what was missed', ({ message }) => message.startsWith('While no lab ran'));
    expect(missed).toMatchObject({
      type: 'system',
      severity: 'medium',
      device: { id: 'phone-1', model: 'Lab phone', ip: '10.77.0.2' },
    });
    // The phone's kernel may add its own: an answer to the closed socket is refused by ICMP.
    const past = '(?:one packet \\(45 bytes\\)|2 packets \\(135 bytes\\))';
    const message = `^While no lab ran, Lab phone sent ${past} past it that nobody looked into: (?:icmp to ${CN}; )?udp to ${CN}\\.$`;
    expect(missed.message).toMatch(new RegExp(message));
    await lab.until('the refusal meanwhile', () => quic().length > count.length);
    expect(quic().map((one) => one.count)).toEqual([...count, 1]);
  });
});
