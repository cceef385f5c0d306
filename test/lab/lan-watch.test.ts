/** What a phone does on the lab network beside its TCP connections is seen: with the real rules, kernel and tools. */
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseGatewayConfig } from '../../src/gateway/config.ts';
import { ruleset } from '../../src/gateway/ruleset.ts';
import { createLabNetwork, type LabNetwork, whyNoLab } from './network.ts';

interface Told {
  type: string;
  [field: string]: unknown;
}

const here = (file: string): string => path.join(import.meta.dirname, file);
const noLab = whyNoLab();

describe.skipIf(noLab)(`the phones’ network ${noLab ?? ''}`, () => {
  let lab: LabNetwork;
  let watch: ChildProcess;
  const told: Told[] = [];

  beforeAll(async () => {
    lab = createLabNetwork();
    lab.addServerAddress('42.62.48.10');
    lab.addServerAddress('2400:da00::6666');
    lab.run('gateway', ['nft', '-f', '-'], ruleset(parseGatewayConfig('lan: lan0\nuplink: wan0\n', 'test')));
    lab.run('gateway', ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
    lab.run('gateway', ['sysctl', '-qw', 'net.netfilter.nf_conntrack_acct=1']);
    const internet = lab.start('internet', [process.execPath, here('internet-process.ts')]);
    await new Promise((resolve) => internet.stdout?.once('data', resolve));
    watch = lab.start('gateway', [process.execPath, here('lan-watch-process.ts')]);
    watch.stderr?.on('data', (text: Buffer) => told.push({ type: 'stderr', text: text.toString() }));
    createInterface({ input: watch.stdout as NodeJS.ReadableStream }).on('line', (line) => told.push(JSON.parse(line)));
    await until(({ type }) => type === 'ready');
  });
  afterAll(() => lab?.down());

  /** Waits for something that fits to be told, now or from now on. */
  async function until(fits: (one: Told) => boolean): Promise<Told> {
    return await vi.waitFor(
      () => {
        const found = told.find(fits);
        if (!found) throw new Error(`not told; so far: ${JSON.stringify(told.slice(-5))}`);
        return found;
      },
      { timeout: 20_000 },
    );
  }

  /** Runs a script on the phone and gives what it printed. */
  const phone = (script: string): string => lab.run('phone', [process.execPath, '-e', script]).trim();
  const lookUp = (server: string, name: string, method = 'resolve4'): string =>
    phone(`const r = new (require('node:dns').promises.Resolver)({ timeout: 3000, tries: 1 });
      r.setServers([${JSON.stringify(server)}]);
      r.${method}(${JSON.stringify(name)}).then((a) => console.log(String(a)), (e) => console.log(e.code));`);
  const send = (address: string, port: number, text: string, answers = 0): string =>
    phone(`const s = require('node:dgram').createSocket(${JSON.stringify(address.includes(':') ? 'udp6' : 'udp4')});
      s.on('error', () => {}).on('message', () => s.close());
      s.bind(45678, () => s.send(${JSON.stringify(text)}, ${port}, ${JSON.stringify(address)}, () => ${answers} || s.close()));`);
  const opened = (protocol: string, host: string) => (one: Told) => {
    const flow = one.flow as { protocol?: string; destination?: { host?: string } } | undefined;
    return one.type === 'flow-opened' && flow?.protocol === protocol && flow?.destination?.host === host;
  };

  describe('look-ups', () => {
    it.each([
      ['8.8.8.8', 'resolve4', '42.62.48.10'],
      ['2001:4860:4860::8888', 'resolve6', '2400:da00::6666'],
    ])('sent to %s are answered by the lab’s forwarder', async (server, method, address) => {
      const name = `${method}.vnet.cn`;
      expect(lookUp(server, name, method)).toBe(address);
      const flow = (await until(opened('dns', name))).flow as { client: { ip: string } };
      expect(flow.client.ip).toBe(server.includes(':') ? 'fd77::2' : '10.77.0.2');
    });

    it('of the lab’s own page lead to the gateway, the canary to nothing', () => {
      expect(lookUp('9.9.9.9', 'phonehome.lab')).toBe('10.77.0.1');
      expect(lookUp('9.9.9.9', 'use-application-dns.net')).toBe('ENOTFOUND');
    });

    it('name the address afterwards, over either family', async () => {
      watch.stdin?.write('fd77::2 42.62.48.10\n');
      expect(await until(({ type }) => type === 'name')).toMatchObject({ name: 'resolve4.vnet.cn' });
    });
  });

  describe('QUIC', () => {
    it('is refused, counted, and told with the name the phone asked for, in both families', async () => {
      lookUp('8.8.8.8', 'quic4.vnet.cn');
      lookUp('8.8.8.8', 'quic6.vnet.cn', 'resolve6');
      send('42.62.48.10', 443, 'initial');
      send('2400:da00::6666', 443, 'initial');
      const four = await until(opened('quic', 'quic4.vnet.cn'));
      expect(four.flow).toMatchObject({
        client: { ip: '10.77.0.2' },
        treatment: 'refuse',
        destination: { ip: '42.62.48.10', port: 443 },
      });
      await until(opened('quic', 'quic6.vnet.cn'));
      const { id } = four.flow as { id: string };
      expect(await until(({ flowId, type }) => type === 'flow-closed' && flowId === id)).toMatchObject({
        reason: 'refused-by-policy',
        detail: '1 packet, 35 bytes refused',
      });
    });

    it('over TLS on port 853 is refused as well, with a reset', async () => {
      const said = phone(`require('node:net').connect(853, '1.1.1.1').on('error', (e) => console.log(e.code));`);
      expect(said).toBe('ECONNREFUSED');
      await until(opened('dot', '1.1.1.1'));
    });
  });
});
