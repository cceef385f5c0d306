/** The gateway's decisions on a machine that exists in memory only: what it refuses before it changes anything, and undoes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { say } from '../../src/formats/say.ts';
import { parseGatewayConfig } from '../../src/gateway/config.ts';
import { checkGateway, openGateway, takeDown } from '../../src/gateway/control.ts';
import { addressFromHex, readInterfaces } from '../../src/gateway/interfaces.ts';
import { checkLinks } from '../../src/gateway/links.ts';
import { bootIdOf, copyPath, parseState, readRunningState, runDirectory, statePath } from '../../src/gateway/state.ts';
import { publicKeyOf } from '../../src/gateway/tunnel-peers.ts';
import { LabError } from '../../src/model/lab.ts';
import type { Text } from '../../src/model/text.ts';
import { ALL_TOOLS, addrJson, type FakeOptions, fakeMachine, TWO_INTERFACES } from './fake-machine.ts';

/** /proc/net/tcp with somebody connected to 10.77.0.1:22. */
const SSH_OVER_WLAN0 = `  sl  local_address rem_address   st\n   0: 01004D0A:0016 02004D0A:C000 01 00000000:00000000\n`;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'gateway-'));
  configure('');
});
afterEach(() => rmSync(dataDir, { recursive: true }));

function configure(more: string): void {
  writeFileSync(join(dataDir, 'gateway.yaml'), `lan: wlan0\nuplink: eth0\n${more}`);
}

const quiet = (): void => {};
const changing = (ran: string[]): string[] => ran.filter((line) => !/ show| list |nmcli/.test(line));

function open(options: FakeOptions = {}) {
  const machine = fakeMachine(options);
  return { machine, gateway: openGateway({ dataDir, configFile: null, machine }) };
}

describe('before anything is changed, up refuses', () => {
  it.each<[string, FakeOptions, string, RegExp]>([
    ['another system', { platform: 'darwin' }, '', /a gateway needs Linux/],
    ['without root', { isRoot: false }, '', /only root.*sudo/],
    ['without nft', { tools: ['ip', 'dnsmasq'] }, '', /nft: not installed: apt install nftables/],
    ['without dnsmasq', { tools: ['ip', 'nft'] }, '', /dnsmasq: not installed: .*dhcp: false/],
    [
      'an access point without hostapd',
      { tools: ['ip', 'nft', 'dnsmasq'] },
      'ssid: lab\npassphrase: "12345678"\ncountry: VN\n',
      /hostapd: not installed/,
    ],
    [
      'a tunnel without wg',
      { tools: ['ip', 'nft', 'dnsmasq'] },
      'wireguard: { endpoint: a.b }\n',
      /wg: not installed: apt install wireguard-tools/,
    ],
    [
      'an interface that is missing',
      { answers: { 'ip -j addr show': addrJson({ lo: [], eth0: [] }) } },
      '',
      /wlan0: .*does not exist.*this machine has eth0/,
    ],
    [
      'a network the uplink stands in',
      { answers: { 'ip -j addr show': addrJson({ wlan0: [], eth0: ['10.77.0.9/16'] }) } },
      '',
      /10\.77\.0\.0\/24 is the network of eth0/,
    ],
    [
      'lan and tunnel in one network',
      {},
      'wireguard: { endpoint: a.b, address: 10.77.0.129/25 }\n',
      /lan and tunnel have the same network/,
    ],
    [
      'an operator connected over the phones’ side',
      { sshConnection: '10.77.0.9 50000 10.77.0.1 22' },
      '',
      /connected by ssh over wlan0/,
    ],
    [
      'an ssh connection that sudo did not tell of',
      { files: { '/proc/net/tcp': SSH_OVER_WLAN0 } },
      '',
      /connected by ssh over wlan0/,
    ],
    [
      'a table of somebody else',
      { answers: { 'nft list table inet phonehome': 'table inet phonehome {\n}\n' } },
      '',
      /nft delete table/,
    ],
    [
      'the table of another data directory',
      {
        answers: { 'nft list table inet phonehome': 'table inet phonehome {\n\tcomment "phonehome gateway 0123"\n}\n' },
      },
      '',
      /gateway down.*--data/,
    ],
  ])('%s', (_name, options, more, said) => {
    configure(more);
    const { machine, gateway } = open(options);
    expect(() => gateway.up(quiet)).toThrow(said);
    expect(changing(machine.ran)).toEqual([]);
    expect([...machine.files.keys()]).not.toContain(statePath(dataDir));
  });

  it('but not an operator who is connected over another interface', () => {
    const { gateway } = open({ sshConnection: '192.168.1.9 50000 192.168.1.5 22' });
    expect(gateway.up(quiet)).toEqual([]);
  });
});

describe('up and down', () => {
  it('load the rules first and remove them last, so that nothing is ever forwarded unseen', () => {
    const { machine, gateway } = open({ answers: { 'ip -j addr show': addrJson({ ...TWO_INTERFACES, wlan0: [] }) } });
    gateway.up(quiet);
    expect(changing(machine.ran)[0]).toBe('nft -f -');
    machine.ran.length = 0;
    const loaded = fakeMachine({ answers: { 'nft list table inet phonehome': ownTable() } });
    for (const [path, text] of machine.files) loaded.files.set(path, text);
    expect(takeDown(dataDir, quiet, loaded)).toBe('all');
    expect(changing(loaded.ran).at(-1)).toBe('nft -f -');
    expect(loaded.files.has(statePath(dataDir))).toBe(false);
  });

  const ownTable = (): string =>
    `table inet phonehome {\n\tcomment "phonehome gateway ${runDirectory(dataDir).split('/').at(-1)}"\n}\n`;

  it('keep the first values of kernel settings over a second up', () => {
    const path = '/proc/sys/net/ipv4/ip_forward';
    const { machine, gateway } = open({ files: { [path]: '0\n' } });
    gateway.up(quiet);
    expect(machine.files.get(path)).toBe('1');
    gateway.up(quiet);
    expect(JSON.parse(machine.files.get(statePath(dataDir)) ?? '{}').sysctls).toEqual({ 'net.ipv4.ip_forward': '0' });
    takeDown(dataDir, quiet, machine);
    expect(machine.files.get(path)).toBe('0');
  });

  it('know that after a reboot nothing is left to undo', () => {
    const { machine, gateway } = open({ files: { '/proc/sys/net/ipv4/ip_forward': '0' } });
    gateway.up(quiet);
    machine.files.set('/proc/sys/kernel/random/boot_id', 'boot-2');
    expect(takeDown(dataDir, quiet, machine)).toBe('nothing');
    expect(machine.files.get('/proc/sys/net/ipv4/ip_forward')).toBe('1');
  });

  it('tell each step, in Vietnamese too', () => {
    const { machine, gateway } = open({ files: { '/proc/sys/net/ipv4/ip_forward': '0' } });
    const steps: Text[] = [];
    gateway.up((step) => void steps.push(step));
    takeDown(dataDir, (step) => void steps.push(step), machine);
    const english = steps.map((step) => say(step));
    expect(english).toEqual([
      'rules: table inet phonehome loaded, TCP of phones goes to port 8443 (redirect)',
      'wlan0: address fd77::1/64 added',
      'kernel: 1 setting changed',
      'dnsmasq: phones get addresses',
      'kernel: 1 setting as before',
      'wlan0: address fd77::1/64 removed',
    ]);
    for (const [at, step] of steps.entries()) expect(say(step, 'vi')).not.toBe(english[at]);
  });

  it('undo what was done when a step fails, and pass the reason on', () => {
    const { machine, gateway } = open({
      files: { '/proc/sys/net/ipv4/ip_forward': '0' },
      answers: { dnsmasq: { fails: 'dnsmasq: illegal option' } },
    });
    expect(() => gateway.up(quiet)).toThrow('dnsmasq did not start: dnsmasq: illegal option');
    expect(machine.files.get('/proc/sys/net/ipv4/ip_forward')).toBe('0');
    expect(machine.files.has(statePath(dataDir))).toBe(false);
  });

  it('never end a process that was not started with the gateway’s own file', () => {
    const { machine, gateway } = open();
    gateway.up(quiet);
    const signals: number[] = [];
    machine.signal = (pid) => signals.push(pid) > 0;
    machine.files.set(join(runDirectory(dataDir), 'dnsmasq.pid'), '4242\n');
    machine.files.set('/proc/4242/cmdline', '/usr/sbin/sshd\0-D\0');
    takeDown(dataDir, quiet, machine);
    expect(signals).toEqual([]);
  });
});

describe('the state file', () => {
  it('holds no passphrase, and says to the lab which port and which peers', () => {
    configure('ssid: lab\npassphrase: "very secret words"\ncountry: VN\nwireguard: { endpoint: a.b }\n');
    const { machine, gateway } = open();
    gateway.addPeer('nokia-01');
    gateway.up(quiet);
    const text = machine.files.get(statePath(dataDir)) ?? '';
    expect(text).not.toContain('very secret words');
    expect(parseState(text)).toMatchObject({
      config: { transparentPort: 8443, lan: 'wlan0' },
      peers: [{ name: 'nokia-01', address: '10.78.0.2', address6: 'fd78::2' }],
    });
  });

  it('is nothing when it is broken, whatever is in it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseState(text)).toBeNull();
      }),
    );
    expect(readRunningState(dataDir)).toBeNull();
  });

  it('cannot make root write another kernel setting, or a value that is no number', () => {
    const { machine, gateway } = open({
      files: { '/proc/sys/net/ipv4/ip_forward': '0', '/proc/sys/kernel/core_pattern': 'core' },
    });
    gateway.up(quiet);
    const state = JSON.parse(machine.files.get(statePath(dataDir)) ?? '{}');
    state.sysctls = { 'kernel.core_pattern': '1', 'net.ipv4.ip_forward': '|/tmp/evil' };
    machine.files.set(statePath(dataDir), JSON.stringify(state));
    machine.files.delete(copyPath(dataDir));
    takeDown(dataDir, quiet, machine);
    expect(machine.files.get('/proc/sys/kernel/core_pattern')).toBe('core');
    expect(machine.files.get('/proc/sys/net/ipv4/ip_forward')).toBe('1');
  });

  it('is not asked by root as long as root’s own copy is there', () => {
    const path = '/proc/sys/net/ipv4/ip_forward';
    for (const edit of [(text: string) => text.replace('"0"', '"7"'), () => '']) {
      const { machine, gateway } = open({ files: { [path]: '0' } });
      gateway.up(quiet);
      machine.files.set(statePath(dataDir), edit(machine.files.get(statePath(dataDir)) ?? ''));
      expect(takeDown(dataDir, quiet, machine)).toBe('all');
      expect(machine.files.get(path)).toBe('0');
    }
  });
});

describe('print', () => {
  it('shows every file without root and without the interfaces, secrets hidden', () => {
    configure('ssid: lab\npassphrase: "very secret words"\ncountry: VN\nwireguard: { endpoint: a.b }\n');
    const { machine, gateway } = open({ isRoot: false, tools: [], answers: { 'ip -j addr show': '[]' } });
    const { config } = gateway.addPeer('nokia-01');
    const files = gateway.print(false);
    const base = (name: string): string => name.split('/').at(-1) ?? '';
    expect(files.map(({ name }) => base(name))).toEqual([
      'nftables',
      'commands',
      'sysctl',
      'hostapd.conf',
      'dnsmasq.conf',
      'dhcp-script',
      'phonehome0',
    ]);
    const all = files.map(({ text }) => text).join('');
    expect(all).not.toContain('very secret words');
    expect(
      gateway
        .print(true)
        .map(({ text }) => text)
        .join(''),
    ).toContain('very secret words');
    expect(all).not.toContain(/PresharedKey = (.*)/.exec(config)?.[1]);
    expect(machine.ran).toEqual([]);
  });
});

describe('phones of the tunnel', () => {
  it('get keys that belong together, and addresses in order, never the gateway’s own', () => {
    configure('wireguard: { endpoint: "2001:db8::7", address: 10.78.0.2/24, address6: "fd78::2/64" }\n');
    const { gateway } = open({ isRoot: false });
    const first = gateway.addPeer('one');
    const second = gateway.addPeer('two');
    expect([first.address, second.address]).toEqual(['10.78.0.1', '10.78.0.3']);
    expect([first.address6, second.address6]).toEqual(['fd78::1', 'fd78::3']);
    const own = /PrivateKey = (.*)/.exec(first.config)?.[1] ?? '';
    const server = gateway.print(true).at(-1)?.text ?? '';
    expect(server).toContain(`PublicKey = ${publicKeyOf(own)}`);
    expect(server).not.toContain(own);
    expect(first.config).toContain('Endpoint = [2001:db8::7]:51820');
    expect(first.config).toContain('AllowedIPs = 0.0.0.0/0, ::/0');
    expect(first.applied).toBe(false);
  });

  it('are refused under a name that is taken or odd, and when the network is full', () => {
    configure('wireguard: { endpoint: a.b, address: 10.78.0.1/29 }\n');
    const { gateway } = open();
    for (const name of ['a', 'b', 'c', 'd', 'e']) gateway.addPeer(name);
    expect(() => gateway.addPeer('a')).toThrow(/already/);
    expect(() => gateway.addPeer('../x')).toThrow(/letters/);
    expect(() => gateway.addPeer('f')).toThrow(/full/);
    expect(gateway.removePeer('c')).toBe(true);
    expect(gateway.removePeer('c')).toBe(false);
    expect(gateway.addPeer('f').address).toBe('10.78.0.4');
  });

  it('need a tunnel in the configuration', () => {
    expect(() => open().gateway.addPeer('a')).toThrow(/add "wireguard:"/);
  });
});

describe('the doctor', () => {
  it('says nothing where no gateway is configured, and what is wrong where one is', () => {
    expect(checkGateway(dataDir, fakeMachine())).toEqual([]);
    const machine = fakeMachine({ tools: ['ip'], files: { [join(dataDir, 'gateway.yaml')]: 'here' } });
    expect(checkGateway(dataDir, machine)).toContainEqual(
      expect.objectContaining({ name: 'gw nft', state: 'fail', advice: 'apt install nftables' }),
    );
  });
});

describe('up warns, and goes on,', () => {
  const open = (options: FakeOptions) => openGateway({ dataDir, configFile: null, machine: fakeMachine(options) });
  it('of a NetworkManager that may take the address away, with the command that stops it', () => {
    const gateway = open({ tools: [...ALL_TOOLS, 'nmcli'], answers: { nmcli: 'wlan0:connected\neth0:connected\n' } });
    expect(gateway.up(quiet).map((warning) => say(warning))).toEqual([
      expect.stringMatching(/NetworkManager manages wlan0.*nmcli device set wlan0 managed no$/),
    ]);
    const left = open({ tools: [...ALL_TOOLS, 'nmcli'], answers: { nmcli: 'wlan0:unmanaged\n' } });
    expect(left.up(quiet)).toEqual([]);
  });

  it('in Vietnamese too, and a refusal as well', () => {
    const gateway = open({ answers: { 'ip -j -4 route show default': '[]', 'ip -j -6 route show default': '[]' } });
    expect(gateway.up(quiet).map((warning) => say(warning, 'vi'))).toEqual([
      'eth0 không có đường ra Internet: cho đến khi có, điện thoại được báo như vậy; khi có thì nó tự được dùng',
    ]);
    const refusal = catchError(() => open({ platform: 'darwin' }).up(quiet));
    expect(refusal instanceof LabError && refusal.text && say(refusal.text, 'vi')).toMatch(
      /^system: gateway cần Linux: /,
    );
  });

  it('of an uplink without a way to the internet', () => {
    const gateway = open({ answers: { 'ip -j -4 route show default': '[]', 'ip -j -6 route show default': '[]' } });
    expect(gateway.up(quiet).map((warning) => say(warning))).toEqual([
      expect.stringMatching(/eth0 has no route.*used by itself then$/),
    ]);
  });
});

describe('status', () => {
  it('says of an interface without a cable that it is used as soon as one is there', () => {
    const bare = addrJson({ ...TWO_INTERFACES, wlan0: ['10.77.0.1/24', 'fd77::1/64'] });
    const machine = fakeMachine({
      answers: { 'ip -j addr show': bare.replace(/("ifname":"wlan0","flags":\[)[^\]]*/, '$1"NO-CARRIER","UP"') },
    });
    const all = checkLinks(
      parseGatewayConfig('lan: wlan0\nuplink: eth0\n', 'test'),
      readInterfaces(machine),
      () => true,
    );
    expect(all).toContainEqual(
      expect.objectContaining({
        name: 'wlan0',
        state: 'warn',
        advice: expect.stringContaining('as soon as it is there'),
      }),
    );
  });

  it('warns before the kernel’s table of connections is full, and says all of it in Vietnamese too', () => {
    const files = {
      '/proc/sys/net/netfilter/nf_conntrack_count': '65000\n',
      '/proc/sys/net/netfilter/nf_conntrack_max': '65536\n',
    };
    const machine = fakeMachine({ files });
    const gateway = openGateway({ dataDir, configFile: null, machine });
    gateway.up(quiet);
    writeFileSync(
      statePath(dataDir),
      (machine.files.get(statePath(dataDir)) ?? '').replace(
        'boot-1',
        bootIdOf({ read: (path) => readFileSync(path, 'utf8') }),
      ),
    );
    expect(gateway.status().checks).toContainEqual(
      expect.objectContaining({
        name: 'connections',
        state: 'warn',
        advice: expect.stringContaining('nf_conntrack_max=262144'),
      }),
    );
    const { checks } = gateway.status();
    expect(checks.length).toBeGreaterThan(4);
    for (const { name, found, advice, text } of checks) {
      expect(text && say(text.found), name).toBe(found);
      expect(text && say(text.found, 'vi'), name).not.toBe(found);
      if (advice !== null) expect(text?.advice && say(text.advice, 'vi'), name).not.toBe(advice);
    }
  });
});

describe('addresses in /proc/net', () => {
  it.each([
    ['0100007F', '127.0.0.1'],
    ['01004D0A', '10.77.0.1'],
    ['0000000000000000FFFF000001004D0A', '10.77.0.1'],
    ['000077FD000000000000000001000000', 'fd77:0:0:0:0:0:0:1'],
  ])('%s is %s', (hex, address) => {
    expect(addressFromHex(hex)).toBe(address);
  });
});

function catchError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
