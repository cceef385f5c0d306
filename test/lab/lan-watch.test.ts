/** What a phone does on the lab network beside its TCP connections is seen: with the real rules, kernel and tools. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseGatewayConfig } from '../../src/gateway/config.ts';
import { ruleset } from '../../src/gateway/ruleset.ts';
import { text } from '../../src/model/text.ts';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { asNobody, createLabNetwork, type LabNetwork } from './network.ts';

interface Told {
  type: string;
  [field: string]: unknown;
}

const here = (file: string): string => path.join(import.meta.dirname, file);
describeWith([...NETWORK, 'conntrack', 'python', 'setpriv', 'tcpdump'], 'the phones’ network', () => {
  let lab: LabNetwork;
  let watch: ChildProcess;
  let refusal: string;
  const told: Told[] = [];

  beforeAll(async () => {
    lab = createLabNetwork();
    lab.addServerAddress('42.62.48.10');
    lab.addServerAddress('2400:da00::6666');
    lab.run('gateway', ['nft', '-f', '-'], ruleset(parseGatewayConfig('lan: lan0\nuplink: wan0\n', 'test')));
    lab.run('gateway', ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
    lab.run('gateway', ['sysctl', '-qw', 'net.netfilter.nf_conntrack_acct=1']);
    // What is over is over at once: a test need not wait for the kernel's ordinary minutes.
    lab.run('gateway', ['sysctl', '-qw', 'net.netfilter.nf_conntrack_generic_timeout=1']);
    lab.run('gateway', ['sysctl', '-qw', 'net.netfilter.nf_conntrack_udp_timeout=1']);
    const internet = lab.start('internet', [process.execPath, here('internet-process.ts')]);
    await new Promise((resolve) => internet.stdout?.once('data', resolve));
    watch = lab.start('gateway', [process.execPath, here('lan-watch-process.ts')]);
    watch.stderr?.on('data', (text: Buffer) => told.push({ type: 'stderr', text: text.toString() }));
    createInterface({ input: watch.stdout as NodeJS.ReadableStream }).on('line', (line) => told.push(JSON.parse(line)));
    await until(({ type }) => type === 'ready');
    // What the lab tells only after a while is sent first: VPNs, and what is refused.
    for (const [family, to] of [
      ['AF_INET', '42.62.48.10'],
      ['AF_INET6', '2400:da00::6666'],
    ])
      lab.run('phone', [
        'python3',
        '-c',
        `import socket
s = socket.socket(socket.${family}, socket.SOCK_RAW, 50)
for i in range(20): s.sendto(bytes(100 + i), ('${to}', 0))`,
      ]);
    refusal = phone(`require('node:net').connect(853, '1.1.1.1').on('error', (e) => console.log(e.code));`);
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
      { timeout: 60_000 },
    );
  }

  /** Runs a script on the phone and gives what it printed. */
  const phone = (script: string): string =>
    lab.run('phone', [process.execPath, '-e', `setTimeout(() => process.exit(1), 60_000).unref(); ${script}`]).trim();
  const lookUp = (server: string, name: string, method = 'resolve4'): string =>
    phone(`const r = new (require('node:dns').promises.Resolver)({ timeout: 10_000, tries: 3 });
      r.setServers([${JSON.stringify(server)}]);
      r.${method}(${JSON.stringify(name)}).then((a) => console.log(String(a)), (e) => console.log(e.code));`);
  const send = (address: string, port: number, text: string, answers = 0): string =>
    phone(`const s = require('node:dgram').createSocket(${JSON.stringify(address.includes(':') ? 'udp6' : 'udp4')});
      setTimeout(() => process.exit(1), 5000).unref();
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
        detail: text('ended.refused-packets', { count: 1, bytes: 35 }),
      });
    });

    it('over TLS on port 853 is refused as well, with a reset', async () => {
      expect(refusal).toBe('ECONNREFUSED');
      await until(opened('dot', '1.1.1.1'));
    });
  });

  describe('datagrams', () => {
    it.each([
      ['42.62.48.10', 'imei=490154203237518 over CoAP'],
      ['2400:da00::6666', '<13>syslog: serial LABSERIAL0001'],
    ])('to %s are handed over whole, both ways, with their byte counts', async (address, text) => {
      lookUp('8.8.8.8', `telemetry-${address.length}.vnet.cn`, address.includes(':') ? 'resolve6' : 'resolve4');
      send(address, 5683, text, 1);
      const { flow } = await until(opened('udp', `telemetry-${address.length}.vnet.cn`));
      const { id } = flow as { id: string };
      await until(({ flowId, direction }) => flowId === id && direction === 'response');
      const raw = told.filter(({ type, flowId }) => type === 'raw-bytes' && flowId === id);
      expect(raw.map(({ direction, bytes }) => [direction, bytes])).toEqual([
        ['request', text],
        ['response', text + text],
      ]);
      expect(flow).toMatchObject({
        client: { port: 45678 },
        destination: { ip: address, port: 5683 },
        treatment: 'intercept',
      });
    });
  });

  describe('datagrams of another kind', () => {
    /** Sent from this port of the phone, as Python does it. */
    const from = (port: number, bytes: string): void => {
      const script = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('10.77.0.2', ${port})); s.sendto(${bytes}, ('42.62.48.10', 9000))`;
      lab.run('phone', ['python3', '-c', script]);
    };
    const arrived = async (text: string): Promise<Told> =>
      await until(({ type, bytes }) => type === 'raw-bytes' && String(bytes).endsWith(text));

    it.each([53, 67, 443, 853])('from port %i are searched as from any other', async (port) => {
      from(port, `b'from ${port}'`);
      await arrived(`from ${port}`);
    });

    it('in fragments are put together before they are searched', async () => {
      from(9001, `b'x' * 4000 + b'imei=490154203237518'`);
      const { flowId, bytes } = await arrived('imei=490154203237518');
      expect(String(bytes)).toHaveLength(4020);
      expect(told.filter(({ type, flowId: of }) => type === 'unreadable' && of === flowId)).toEqual([]);
    });

    it('with the address of a phone and another’s hardware are not that phone’s', async () => {
      const script = `import socket, struct
ip = lambda src, n: struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + n, 7, 0, 64, 17, 0, socket.inet_aton(src), socket.inet_aton('42.62.48.10'))
udp = struct.pack('!HHHH', 9002, 9000, 14, 0) + b'forged'
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('wlan0', 0))
s.send(b'\\xff' * 6 + bytes.fromhex('02005e100009') + b'\\x08\\x00' + ip('10.77.0.2', 14) + udp)`;
      lab.run('phone', ['python3', '-c', script]);
      const { flowId } = await arrived('forged');
      const { flow } = await until(({ flow: one }) => (one as { id?: string } | undefined)?.id === flowId);
      expect(flow).toMatchObject({ client: { ip: '10.77.0.2', mac: '02:00:5e:10:00:09' }, deviceId: null });
      const conflict = await until(({ line }) => /two phones use 10\.77\.0\.2 in turn/.test(String(line)));
      told.splice(told.indexOf(conflict), 1);
    });
  });

  describe('a phone', () => {
    it('is met once, by its hardware address, with the addresses of both families', async () => {
      const { phone: met } = await until(({ type }) => type === 'phone');
      expect(met).toMatchObject({ mac: '02:00:5e:10:00:01', randomised: true, deviceId: null });
      const of = (one: Told) => (one.phone as { mac?: string } | undefined)?.mac === '02:00:5e:10:00:01';
      expect(told.filter(of)).toHaveLength(1);
    });
  });

  describe('what goes past', () => {
    it.each([
      ['10.77.0.2', '42.62.48.10', 20],
      ['fd77::2', '2400:da00::6666', 40],
    ])('a VPN of %s is in the inventory with every byte', async (from, to, headerBytes) => {
      const sent = 20 * (100 + headerBytes) + (19 * 20) / 2;
      const { flow } = await until(({ type, flow: one }) => {
        const given = one as { protocol: string; client: { ip: string } } | undefined;
        return type === 'flow-opened' && given?.protocol === 'esp' && given.client.ip === from;
      });
      const { id } = flow as { id: string };
      expect(flow).toMatchObject({ treatment: 'passthrough', intercepted: false, destination: { ip: to } });
      expect(await until(({ type, flowId }) => type === 'flow-closed' && flowId === id)).toMatchObject({
        reason: 'ended',
        bytesUp: sent,
        bytesDown: 0,
      });
    });

    it('of datagrams and look-ups is nothing: they are read, and the kernel’s bytes are theirs', async () => {
      const past = told.filter(
        ({ type, flow }) => type === 'flow-opened' && (flow as { treatment: string }).treatment === 'passthrough',
      );
      expect(past.map(({ flow }) => (flow as { protocol: string }).protocol)).toEqual(['esp', 'esp']);
      await vi.waitFor(
        async () => {
          told.splice(0, told.length, ...told.filter(({ type }) => type !== 'stats'));
          watch.stdin?.write('stats\n');
          const { inventory } = (await until(({ type }) => type === 'stats')) as unknown as {
            inventory: { open: number; past: object };
          };
          expect(inventory).toMatchObject({
            open: 0,
            past: { flows: 2, bytesUp: 2590 + 2990 },
            lostEvents: 0,
          });
        },
        { timeout: 60_000, interval: 500 },
      );
    });
  });

  describe('more events than the kernel keeps for a lab that is held up', () => {
    it('are lost, and no byte of what went past with them', async () => {
      lab.run('gateway', ['sysctl', '-qw', 'net.netfilter.nf_conntrack_generic_timeout=30']);
      watch.kill('SIGSTOP');
      // 60,000 flows to the gateway itself, and a VPN of another kind among them.
      const script = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('10.77.0.2', 0))
vpn = socket.socket(socket.AF_INET, socket.SOCK_RAW, 51)
for port in range(1, 60000):
    try: s.sendto(b'x', ('10.77.0.1', port))
    except OSError: pass
    if port % 3000 == 0: vpn.sendto(bytes(100), ('42.62.48.10', 0))`;
      lab.run('phone', ['python3', '-c', script]);
      watch.kill('SIGCONT');
      const { flow } = await until(
        ({ type, flow: one }) => type === 'flow-opened' && (one as { protocol: string }).protocol === 'ah',
      );
      const stats = async () => {
        told.splice(0, told.length, ...told.filter(({ type }) => type !== 'stats'));
        watch.stdin?.write('stats\n');
        return (await until(({ type }) => type === 'stats')) as unknown as { inventory: { lostEvents: number } };
      };
      expect((await stats()).inventory.lostEvents).toBeGreaterThan(0);
      lab.run('gateway', ['conntrack', '-D', '-p', '51']);
      const { id } = flow as { id: string };
      expect(await until(({ type, flowId }) => type === 'flow-closed' && flowId === id)).toMatchObject({
        bytesUp: 19 * 120,
      });
    });
  });

  describe('a clock that is set back by an hour', () => {
    it('is told, and nothing waits for it: names are known, newcomers met, attempts counted', async () => {
      watch.stdin?.write('clock -3600000\n');
      expect(await until(({ type, subject }) => type === 'notice' && subject === 'clock')).toMatchObject({
        line: expect.stringContaining('went back by 60 minutes'),
      });
      lookUp('8.8.8.8', 'hour.vnet.cn');
      send('42.62.48.10', 443, 'initial');
      const { time } = await until(opened('quic', 'hour.vnet.cn'));
      expect(time).toBeLessThan(Date.now() - 3_000_000);
      told.splice(0, told.length, ...told.filter(({ subject }) => subject !== 'clock'));
    });
  });

  describe('a lab without rights', () => {
    it('says of each part that it cannot work and what to do; look-ups need none', async () => {
      const said: Told[] = [];
      // Another port: the first watch still has its own.
      const poor = lab.start('gateway', asNobody([process.execPath, here('lan-watch-process.ts'), '9053']));
      createInterface({ input: poor.stdout as NodeJS.ReadableStream }).on('line', (line) =>
        said.push(JSON.parse(line)),
      );
      const subjects = ['refused attempts', 'datagrams', 'inventory', 'flows as they come'];
      await vi.waitFor(
        () =>
          expect(
            said
              .filter(({ type }) => type === 'notice')
              .map(({ subject }) => subject)
              .toSorted(),
          ).toEqual(subjects.toSorted()),
        { timeout: 60_000 },
      );
      for (const { type, line } of said)
        if (type === 'notice') expect(line).toMatch(/needs root: start the lab with CAP_NET_ADMIN/);
      expect(said.some(({ type }) => type === 'ready')).toBe(true);
      const exited = new Promise((resolve) => poor.once('exit', resolve));
      poor.kill('SIGTERM');
      await exited;
    });
  });

  describe('stopping', () => {
    it('closes every flow exactly once, with its bytes, and leaves no tool behind', async () => {
      const exited = new Promise((resolve) => watch.once('exit', resolve));
      // `ip netns exec` becomes the process itself.
      watch.kill('SIGTERM');
      await exited;
      const ids = (type: string) =>
        told.filter((one) => one.type === type).map((one) => one.flowId ?? (one.flow as { id: string }).id);
      expect(ids('flow-closed').toSorted()).toEqual(ids('flow-opened').toSorted());
      const udp = told.flatMap(({ type, flow }) => {
        const { id, protocol } = (flow ?? {}) as { id?: string; protocol?: string };
        return type === 'flow-opened' && protocol === 'udp'
          ? [told.find(({ type: t, flowId }) => t === 'flow-closed' && flowId === id)]
          : [];
      });
      expect(udp.slice(0, 2)).toMatchObject([
        { bytesUp: 30, bytesDown: 60 },
        { bytesUp: 32, bytesDown: 64 },
      ]);
      expect(told.filter(({ type }) => type === 'stderr' || type === 'notice')).toEqual([]);
      expect(execFileSync('ip', ['netns', 'pids', lab.name('gateway')], { encoding: 'utf8' })).toBe('');
    });
  });
});
