/**
 * A phone that only joined the network: no proxy set, nothing installed but the lab's CA. Three hosts (phone, gateway,
 * internet) as network namespaces; the product runs on the gateway as a user runs it.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { type GatewayLab, startGatewayLab } from './gateway-lab.ts';

/** One name each: the same value to the same name is one alert with a count. */
const HOST = 'plain.example.com';
const H1 = 'h1.example.com';
const H2 = 'h2.example.com';
const SIX = 'six.example.com';
/** China Telecom; documented for the Nokia case. */
const CN4 = '42.62.48.10';
/** Baidu's public resolver network. */
const CN6 = '2400:da00::6666';
const IMEI = '490154203237518';

const DEVICES = `devices:
  - id: phone-1
    model: Lab phone
    match: { mac: "02:00:5e:10:00:01" }
    identifiers:
      imei: "${IMEI}"
`;

describeWith([...NETWORK, 'curl'], 'a phone that only joined the network', () => {
  let lab: GatewayLab;
  beforeAll(async () => {
    lab = await startGatewayLab({
      addresses: [CN4, CN6],
      names: [HOST, H1, H2, SIX],
      devices: DEVICES,
      withoutRights: true,
    });
  });
  afterAll(() => lab?.end());

  it('is intercepted by a process that has no right but those of every user', () => {
    expect(readFileSync(`/proc/${lab.pid}/status`, 'utf8')).toMatch(/^CapEff:\t0000000000000000$/m);
  });

  it('finds the port for redirected connections open because a gateway is up', () => {
    expect(lab.ready.transparent).toEqual({ port: 8443 });
  });

  const leakTo = async (host: string) => {
    const named = (alert: { destination: { host: string } | null }): boolean => alert.destination?.host === host;
    return (await lab.until(`an alert for ${host}`, (all) => all.some(named))).find(named);
  };

  it('is heard over plain HTTP, with the address it really called', async () => {
    expect(lab.curl('--resolve', `${HOST}:80:${CN4}`, `http://${HOST}/plain?imei=${IMEI}`)).toMatch(/^1\.1 \/plain/);
    expect(await leakTo(HOST)).toMatchObject({
      type: 'leak',
      severity: 'critical',
      simulated: false,
      device: { id: 'phone-1', ip: '10.77.0.2', mac: '02:00:5e:10:00:01' },
      identifier: { kind: 'imei', known: true },
      destination: { host: HOST, ip: CN4, port: 80, location: { country: 'CN' } },
    });
  });

  it.each([
    ['HTTP/1.1', '--http1.1', '1.1', H1, 'http/1.1'],
    ['HTTP/2', '--http2', '2.0', H2, 'h2'],
  ])('is heard under TLS over %s, which the server chose', async (_name, flag, version, host, protocol) => {
    const body = `imei=${IMEI}`;
    const answer = lab.curl(flag, '--resolve', `${host}:443:${CN4}`, '--data', body, `https://${host}/tls`);
    expect(answer).toBe(`${version} /tls ${body.length}`);
    expect(await leakTo(host)).toMatchObject({
      simulated: false,
      flow: { protocol, encrypted: true, intercepted: true },
      destination: { host, ip: CN4, port: 443, location: { country: 'CN' } },
    });
  });

  it('is heard over IPv6, with the IPv6 address it called', async () => {
    expect(lab.curl('--resolve', `${SIX}:443:[${CN6}]`, `https://${SIX}/six?imei=${IMEI}`)).toMatch(/\/six/);
    expect(await leakTo(SIX)).toMatchObject({
      device: { id: 'phone-1', ip: 'fd77::2' },
      destination: { host: SIX, ip: CN6, port: 443, location: { country: 'CN' } },
    });
  });

  it('gets a server-first banner at once, and is heard in a protocol of its own', async () => {
    const talked = await lab.talk({ host: CN4, port: 5222, after: 'first-bytes', send: `id ${IMEI}\n`, enough: 32 });
    expect(talked.received).toBe(`server first\nid ${IMEI}\n`);
    const all = await lab.until('an alert for port 5222', (alerts) =>
      alerts.some((one) => one.destination?.port === 5222),
    );
    expect(all.find((one) => one.destination?.port === 5222)).toMatchObject({
      type: 'leak',
      destination: { host: CN4, ip: CN4, port: 5222, location: { country: 'CN' } },
      simulated: false,
    });
  });

  it('may end its half and still be answered', async () => {
    expect(await lab.talk({ host: CN4, port: 7001, send: 'x'.repeat(1000), thereafter: 'end' })).toEqual({
      received: 'after your end: 1000 bytes',
      ended: 'end',
    });
  });

  it('is told of a reset by the server as a reset', async () => {
    expect(await lab.talk({ host: CN4, port: 7002, send: 'x', thereafter: 'wait' })).toEqual({
      received: '',
      ended: 'ECONNRESET',
    });
  });

  it('resets the server by resetting', async () => {
    await lab.talk({ host: CN4, port: 7003, send: 'x', thereafter: 'reset' });
    await lab.until('the server to be reset', () => lab.seen.some((one) => one.saw === 'left'));
    expect(lab.seen.find((one) => one.saw === 'left')).toMatchObject({ how: 'ECONNRESET' });
  });

  it('is refused QUIC and encrypted DNS at once, and the attempts are counted', async () => {
    expect(await lab.talk({ host: CN4, port: 853 })).toEqual({ received: '', ended: 'ECONNREFUSED' });
    const udp = lab.net.spawn('phone', [
      process.execPath,
      '-e',
      `const s=require('node:dgram').createSocket('udp4');s.on('error',(e)=>{console.log(e.code);s.close()});s.connect(443,'${CN4}',()=>s.send('initial'));setTimeout(()=>{console.log('silence');process.exit()},3000).unref()`,
    ]);
    expect(udp.stdout.trim()).toBe('ECONNREFUSED');
    const status = JSON.parse(lab.gateway('status', '--json').stdout);
    expect(status).toMatchObject({ up: true });
    expect(status.refused).toContainEqual({
      what: 'quic',
      client: '10.77.0.2',
      destination: CN4,
      port: 443,
      packets: 1,
      bytes: 35,
    });
    expect(status.refused).toContainEqual(
      expect.objectContaining({ what: 'dot', client: '10.77.0.2', destination: CN4, port: 853 }),
    );
  });

  it('opens the set-up page at the gateway’s own address, without a port', () => {
    expect(lab.curl('-L', 'http://10.77.0.1/')).toMatch(/<html/i);
    expect(lab.curl('-L', 'http://[fd77::1]/')).toMatch(/<html/i);
  });

  it('is not heard under an address that is none of its network, and the operator is told', () => {
    lab.net.run('phone', ['ip', 'addr', 'add', '192.168.50.2/32', 'dev', 'wlan0']);
    const before = lab.seen.length;
    lab.net.spawn('phone', ['curl', '-sS', '--max-time', '1', '--interface', '192.168.50.2', `http://${CN4}/borrowed`]);
    expect(lab.seen.slice(before)).toEqual([]);
    const { checks } = JSON.parse(lab.gateway('status', '--json').stdout);
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'addresses', state: 'warn', advice: expect.stringContaining('DHCP') }),
    );
  });

  it('cannot make the lab call itself: refused, and recorded', async () => {
    const talked = await lab.talk({ host: '10.77.0.1', port: 8443, send: 'GET / HTTP/1.0\r\n\r\n' });
    expect(talked.ended).toMatch(/ECONNRESET|EPIPE/);
    const all = await lab.until('the refusal', (alerts) => alerts.some((one) => /lab itself/.test(one.message)));
    expect(all.find((one) => /lab itself/.test(one.message))).toMatchObject({ type: 'system' });
  });

  it('is refused, not passed by, when the lab is killed; and served again when it is back', async () => {
    await lab.kill();
    const before = lab.seen.length;
    expect(await lab.talk({ host: CN4, port: 80, send: 'x' })).toEqual({ received: '', ended: 'ECONNREFUSED' });
    expect(await lab.talk({ host: CN6, port: 443, send: 'x' })).toEqual({ received: '', ended: 'ECONNREFUSED' });
    expect(lab.seen.slice(before)).toEqual([]);
    await lab.restart();
    expect(lab.curl('--resolve', `${HOST}:80:${CN4}`, `http://${HOST}/again`)).toMatch(/\/again/);
  });
});
