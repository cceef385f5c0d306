/**
 * The two other ways to the same listener: a phone that is somewhere else and comes through WireGuard (wireguard-go, so
 * that no kernel needs a module), and packets handed over by tproxy instead of being redirected.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { type GatewayLab, startGatewayLab } from './gateway-lab.ts';

const HOST = 'collector.example.com';
const CN4 = '42.62.48.10';
const CN6 = '2400:da00::6666';
const IMEI = '490154203237518';
const DEVICES = `devices:
  - id: nokia-01
    model: Nokia 7 Plus
    identifiers:
      imei: "${IMEI}"
`;

const id = process.pid.toString(36);

describeWith([...NETWORK, 'curl', 'pgrep', 'wg', 'wireguard-go'], 'a phone in the tunnel', () => {
  const [inside, outside] = [`phg${id}`, `php${id}`];
  let lab: GatewayLab;
  let config: string;
  beforeAll(async () => {
    lab = await startGatewayLab({
      addresses: [CN4, CN6],
      names: [HOST],
      devices: DEVICES,
      // The phone's way to the gateway is any network: here the veth, which is nobody's lan this time.
      writeConfig: () => `uplink: wan0\nwireguard: { interface: ${inside}, endpoint: 10.77.0.1, port: 51820 }\n`,
    });
    const added = lab.gateway('wireguard', 'add', 'nokia-01', '--json');
    expect(added).toMatchObject({ code: 0 });
    const peer = JSON.parse(added.stdout);
    expect(peer).toMatchObject({ name: 'nokia-01', address: '10.78.0.2', address6: 'fd78::2', applied: true });
    config = peer.config;

    // What the app on the phone does with it. Address and DNS are for the app, not for `wg setconf`.
    const file = path.join(lab.dataDir, 'phone.conf');
    writeFileSync(file, config.replace(/^(Address|DNS) = .*\n/gm, ''), { mode: 0o600 });
    const { net } = lab;
    net.start('phone', ['wireguard-go', '-f', outside]);
    await eventually('the tunnel on the phone', () => net.spawn('phone', ['wg', 'show', outside]).code === 0);
    net.run('phone', ['wg', 'setconf', outside, file]);
    for (const [family, address] of [
      ['-4', '10.78.0.2/32'],
      ['-6', 'fd78::2/128'],
    ] as const)
      net.run('phone', ['ip', family, 'addr', 'add', address, 'dev', outside, ...(family === '-6' ? ['nodad'] : [])]);
    net.run('phone', ['ip', 'link', 'set', outside, 'up']);
    net.run('phone', ['ip', 'route', 'replace', 'default', 'dev', outside]);
    net.run('phone', ['ip', '-6', 'route', 'replace', 'default', 'dev', outside]);
  });
  afterAll(async () => {
    // A process in it would keep the namespace alive.
    lab?.net.spawn('phone', ['ip', 'link', 'del', outside]);
    await lab?.end();
  });

  it.each([
    ['IPv4', CN4, '10.78.0.2'],
    ['IPv6', CN6, 'fd78::2'],
  ])('is the registered device of its name over %s, and calls where it really called', async (_family, address, ip) => {
    const talked = await lab.talk({
      host: address,
      port: 5222,
      after: 'first-bytes',
      send: `id ${IMEI}\n`,
      enough: 32,
    });
    expect(talked.received).toContain(IMEI);
    const all = await lab.until('its alert', (alerts) => alerts.some((one) => one.destination?.ip === address));
    expect(all.find((one) => one.destination?.ip === address)).toMatchObject({
      type: 'leak',
      device: { id: 'nokia-01', model: 'Nokia 7 Plus', ip },
      destination: { port: 5222, location: { country: 'CN' } },
      simulated: false,
    });
  });

  it('shows in the list with what it sent, and not its key', () => {
    const listed = lab.gateway('wireguard', 'list', '--json').stdout;
    const peer = JSON.parse(listed);
    expect(peer).toMatchObject({ name: 'nokia-01', lastHandshake: expect.stringMatching(/^20/) });
    expect(peer.received).toBeGreaterThan(100);
    const [, key = 'no key'] = /PrivateKey = (.*)/.exec(config) ?? [];
    expect(
      `${listed}${lab.gateway('print').stdout}${lab.net.run('gateway', ['cat', path.join(lab.dataDir, 'wireguard.json')])}`,
    ).not.toContain(key);
  });

  it('is not answered any more once it was removed', async () => {
    expect(lab.gateway('wireguard', 'remove', 'nokia-01')).toMatchObject({ code: 0 });
    expect(lab.net.run('gateway', ['wg', 'show', inside, 'peers'])).toBe('');
  });

  it('leaves no interface and no process behind when the gateway goes down', async () => {
    expect(lab.gateway('down')).toMatchObject({ code: 0 });
    expect(lab.net.spawn('gateway', ['ip', 'link', 'show', inside]).code).not.toBe(0);
    await eventually(
      'wireguard-go to end',
      () => lab.net.spawn('gateway', ['pgrep', '-f', `wireguard-go ${inside}`]).code !== 0,
    );
  });
});

describeWith(NETWORK, 'handed over by tproxy', () => {
  let lab: GatewayLab;
  beforeAll(async () => {
    lab = await startGatewayLab({
      addresses: [CN4, CN6],
      names: [HOST],
      devices: DEVICES.replace('    identifiers', '    match: { default: true }\n    identifiers'),
      writeConfig: () => 'lan: lan0\nuplink: wan0\ndhcp: false\nmode: tproxy\n',
    });
  });
  afterAll(() => lab?.end());

  it.each([
    ['IPv4', CN4],
    ['IPv6', CN6],
  ])('a connection keeps its destination over %s', async (_family, address) => {
    const talked = await lab.talk({
      host: address,
      port: 5222,
      after: 'first-bytes',
      send: `id ${IMEI}\n`,
      enough: 32,
    });
    expect(talked.received).toContain(IMEI);
    await lab.until('its alert', (alerts) =>
      alerts.some((one) => one.destination?.ip === address && one.destination.port === 5222),
    );
  });

  it('cannot make the lab call itself', async () => {
    expect((await lab.talk({ host: '10.77.0.1', port: 8443, send: 'x' })).ended).toMatch(/ECONNRESET|EPIPE/);
    await lab.until('the refusal', (alerts) => alerts.some((one) => /lab itself/.test(one.message)));
  });

  it('fails closed: what no listener takes is not forwarded', async () => {
    await lab.kill();
    expect(await lab.talk({ host: CN4, port: 5222 })).toEqual({ received: '', ended: 'ECONNREFUSED' });
    expect(await lab.talk({ host: CN6, port: 5222 })).toEqual({ received: '', ended: 'ECONNREFUSED' });
  });
});
