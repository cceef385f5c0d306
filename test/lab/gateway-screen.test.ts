/** What an operator and a phone see of a lab beside a gateway, as both are started by default: on the screen, on the set-up page. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { BIN, type GatewayNetwork, layNetwork } from './gateway-network.ts';

describeWith([...NETWORK, 'curl', 'setpriv'], 'with a gateway up and no right to count', () => {
  let laid: GatewayNetwork;
  let screen = '';
  let end: () => Promise<void>;
  beforeAll(async () => {
    laid = layNetwork();
    expect(laid.gateway('up')).toMatchObject({ code: 0 });
    const rights = ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all'];
    const lab = laid.net.start('gateway', [...rights, process.execPath, BIN, 'start', '--data', laid.dataDir]);
    lab.stdout?.on('data', (part: Buffer) => {
      screen += part.toString();
    });
    end = async () => {
      const gone = once(lab, 'exit');
      lab.kill('SIGTERM');
      await gone;
    };
    await eventually('the lab to be ready', () => screen.includes('Waiting for the first connection'), 60_000);
  });
  afterAll(async () => {
    await end?.();
    laid?.gateway('down');
    laid?.end();
  });

  it('start names the network to join, and no proxy to set on it', () => {
    expect(screen).toMatch(/join its network \(on lan0\)\. No proxy is to be set\./);
    expect(screen).toContain('http://10.77.0.1/setup');
    expect(screen).not.toMatch(/Proxy → Manual|10\.77\.0\.1:8081/);
    expect(screen).toMatch(/another network needs a proxy: port 8080 of 198\.18\.0\.1 \(wan0\)/);
  });

  it.each([
    /datagrams on lan0 are not searched/,
    /flows beside TCP cannot be listed/,
    /flows beside TCP are seen late or not at all/,
    /refused attempts \(QUIC, encrypted DNS\) cannot be counted/,
  ])('start says what cannot be seen: %s', async (line) => {
    await eventually(String(line), () => line.test(screen));
  });

  it('the name of the set-up page leads only where it listens, and the page has no proxy to set', () => {
    const ask = `const r = new (require('node:dns').promises.Resolver)({ timeout: 10_000 }); r.setServers(['8.8.8.8']);
      for (const how of ['resolve4', 'resolve6']) r[how]('phonehome.lab').then((a) => console.log(how, String(a)), (e) => console.log(how, e.code))`;
    const said = laid.net.run('phone', [process.execPath, '-e', ask]).trim().split('\n').toSorted();
    expect(said).toEqual(['resolve4 10.77.0.1', 'resolve6 ENODATA']);
    const page = laid.net.run('phone', [
      'curl',
      '-sS',
      '--resolve',
      'phonehome.lab:80:10.77.0.1',
      'http://phonehome.lab/',
    ]);
    expect(page).toContain('This phone is on the lab’s network');
    expect(page).not.toContain('Use the lab’s proxy');
  });

  it.each([
    ['trusts the certificate', (ca: string) => ['--cacert', ca], /Visible/],
    ['does not', () => [], /curl: \(60\)/],
  ])('the self-test of the set-up page shows that a phone %s', (_which, trust, shown) => {
    const to = ['--resolve', 'phonehome.lab:443:10.77.0.1', 'https://phonehome.lab/check/seen.svg'];
    const { stdout, stderr } = laid.net.spawn('phone', [
      'curl',
      '-sS',
      ...trust(`${laid.dataDir}/certs/ca.pem`),
      ...to,
    ]);
    expect(`${stdout}${stderr}`).toMatch(shown);
  });
});
