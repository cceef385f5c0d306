/**
 * What is looked at before anything is changed: `up` refuses with one line that says what to do, and warns of the rest.
 * Promise: an operator is not locked out of the machine by it, and nobody else's rules are replaced.
 */
import ipaddr from 'ipaddr.js';
import type { Interface } from '../formats/ip-json.ts';
import { TABLE } from '../formats/nft-json.ts';
import type { GatewayCheck } from '../model/gateway.ts';
import { type Text, text } from '../model/text.ts';
import { type GatewayConfig, isTunnelOnly, networkOf, phoneSides } from './config.ts';
import { DAEMONS } from './daemons.ts';
import { hasDefaultRoute, readInterfaces, sshAddresses } from './interfaces.ts';
import { namesOf } from './links.ts';
import type { Machine } from './machine.ts';
import { fail, run, warn } from './part.ts';
import { foreignAdvice, otherFirewalls, tableOwner } from './rules.ts';

interface Preflight {
  machine: Machine;
  config: GatewayConfig;
  dataDir: string;
  /** A gateway of ours is up on the same interfaces: it has proven not to lock anybody out. */
  running: boolean;
}

/** Empty: everything is in order. Without root only what can be known is said. */
export function preflight({ machine, config, dataDir, running }: Preflight): GatewayCheck[] {
  if (machine.platform !== 'linux') return [fail('system', text('gateway.no-linux'), text('gateway.no-linux.do'))];
  const missing = missingTools(machine, config);
  if (missing.length > 0) return missing;
  const all = readInterfaces(machine);
  return [
    ...(machine.isRoot ? [] : [fail('rights', text('gateway.rights'), text('gateway.root'))]),
    ...checkInterfaces(all, config),
    ...checkAddresses(all, config),
    ...(running ? [] : checkSsh(machine, all, config)),
    ...checkTable(machine, dataDir),
    ...checkUplink(machine, all, config),
    ...checkOtherManager(machine, config),
    ...otherFirewalls(machine, config),
  ];
}

function missingTools(machine: Machine, config: GatewayConfig): GatewayCheck[] {
  const needed: [string, Text][] = [
    ['ip', run('apt install iproute2')],
    ['nft', run('apt install nftables')],
    ...DAEMONS.filter((daemon) => daemon.conf({ config, runDir: '' }) !== null).map((daemon): [string, Text] => [
      daemon.name,
      daemon.install,
    ]),
    ...(config.wireguard ? ([['wg', run('apt install wireguard-tools')]] as [string, Text][]) : []),
  ];
  return needed
    .filter(([name]) => !machine.tool(name))
    .map(([name, advice]) => fail(name, text('gateway.not-installed'), advice));
}

function checkInterfaces(all: Interface[], config: GatewayConfig): GatewayCheck[] {
  const needed = isTunnelOnly(config) ? [config.uplink] : [config.lan, config.uplink];
  return needed
    .filter((name) => !all.some((one) => one.name === name))
    .map((name) => fail(name, text('gateway.no-interface'), text('gateway.no-interface.do', { names: namesOf(all) })));
}

/** The phones' network must not be one the machine already stands in elsewhere: routes would go the wrong way. */
function checkAddresses(all: Interface[], config: GatewayConfig): GatewayCheck[] {
  const sides = phoneSides(config);
  const own = sides.map((side) => side.interface);
  const conflicts = sides.flatMap((side) =>
    [side.address, side.address6].flatMap((cidr) => {
      if (!cidr) return [];
      const taken = all
        .filter(({ name }) => !own.includes(name))
        .flatMap(({ name, addresses }) => addresses.map((address) => ({ name, cidr: `${address.ip}/${address.bits}` })))
        .find((other) => overlap(cidr, other.cidr));
      return taken
        ? [
            fail(
              'address',
              text('gateway.network-taken', { network: networkOf(cidr), name: taken.name, cidr: taken.cidr }),
              text('gateway.other-address'),
            ),
          ]
        : [];
    }),
  );
  const [first, second] = sides;
  if (first && second && overlap(first.address, second.address))
    conflicts.push(fail('address', text('gateway.same-network'), text('gateway.same-network.do')));
  return conflicts;
}

function overlap(a: string, b: string): boolean {
  const [x, xBits] = ipaddr.parseCIDR(a);
  const [y, yBits] = ipaddr.parseCIDR(b);
  if (x.kind() !== y.kind() || x.range() === 'linkLocal' || y.range() === 'linkLocal') return false;
  const bits = Math.min(xBits, yBits);
  return x.kind() === 'ipv4' ? x.match([y as never, bits] as never) : x.match([y as never, bits] as never);
}

/** An operator who sits on the phones' side would be treated as a phone, and cut off when the interface changes. */
function checkSsh(machine: Machine, all: Interface[], config: GatewayConfig): GatewayCheck[] {
  if (isTunnelOnly(config)) return [];
  const lan = all.find(({ name }) => name === config.lan);
  const addresses = sshAddresses(machine)
    .filter((text) => ipaddr.isValid(text))
    .map((text) => ipaddr.process(text).toString());
  const over = lan?.addresses.find(({ ip }) => addresses.includes(ipaddr.process(ip).toString()));
  return over ? [fail('ssh', text('gateway.ssh', { name: config.lan, ip: over.ip }), text('gateway.ssh.do'))] : [];
}

function checkTable(machine: Machine, dataDir: string): GatewayCheck[] {
  const owner = tableOwner(machine, dataDir);
  return owner === null || owner === 'ours'
    ? []
    : [fail('rules', text('gateway.foreign-table', { table: TABLE }), foreignAdvice(owner))];
}

function checkUplink(machine: Machine, all: Interface[], { uplink }: GatewayConfig): GatewayCheck[] {
  if (!all.some(({ name }) => name === uplink)) return [];
  return hasDefaultRoute(machine, uplink, 4) || hasDefaultRoute(machine, uplink, 6)
    ? []
    : [warn('uplink', text('gateway.no-route', { name: uplink }), text('gateway.no-route.do'))];
}

/** NetworkManager takes an interface back from hostapd, and its address with it. */
function checkOtherManager(machine: Machine, { lan }: GatewayConfig): GatewayCheck[] {
  if (!machine.tool('nmcli')) return [];
  const ran = machine.run('nmcli', ['-t', '-f', 'DEVICE,STATE', 'device']);
  const line = ran.ok ? ran.out.split('\n').find((one) => one.startsWith(`${lan}:`)) : undefined;
  return line && !line.endsWith(':unmanaged')
    ? [warn('manager', text('gateway.manager', { name: lan }), run(`nmcli device set ${lan} managed no`))]
    : [];
}
