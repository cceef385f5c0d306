/**
 * What is looked at before anything is changed: `up` refuses with one line that says what to do, and warns of the rest.
 * Promise: an operator is not locked out of the machine by it, and nobody else's rules are replaced.
 */
import ipaddr from 'ipaddr.js';
import type { Interface } from '../formats/ip-json.ts';
import { TABLE } from '../formats/nft-json.ts';
import type { GatewayCheck } from '../model/gateway.ts';
import { type GatewayConfig, isTunnelOnly, networkOf, phoneSides } from './config.ts';
import { DAEMONS } from './daemons.ts';
import { hasDefaultRoute, readInterfaces, sshAddresses } from './interfaces.ts';
import { namesOf } from './links.ts';
import type { Machine } from './machine.ts';
import { fail, warn } from './part.ts';
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
  if (machine.platform !== 'linux')
    return [
      fail('system', 'a gateway needs Linux', 'use the proxy address on this machine, or a Raspberry Pi as gateway'),
    ];
  const missing = missingTools(machine, config);
  if (missing.length > 0) return missing;
  const all = readInterfaces(machine);
  return [
    ...(machine.isRoot ? [] : [fail('rights', 'only root may change rules and addresses', 'run it with sudo')]),
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
  const needed: [string, string][] = [
    ['ip', 'apt install iproute2'],
    ['nft', 'apt install nftables'],
    ...DAEMONS.filter((daemon) => daemon.conf({ config, runDir: '' }) !== null).map((daemon): [string, string] => [
      daemon.name,
      daemon.install,
    ]),
    ...(config.wireguard ? ([['wg', 'apt install wireguard-tools']] as [string, string][]) : []),
  ];
  return needed.filter(([name]) => !machine.tool(name)).map(([name, advice]) => fail(name, 'not installed', advice));
}

function checkInterfaces(all: Interface[], config: GatewayConfig): GatewayCheck[] {
  const needed = isTunnelOnly(config) ? [config.uplink] : [config.lan, config.uplink];
  return needed
    .filter((name) => !all.some((one) => one.name === name))
    .map((name) =>
      fail(
        name,
        'this interface does not exist',
        `plug it in, or correct the configuration; this machine has ${namesOf(all)}`,
      ),
    );
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
              `${networkOf(cidr)} is the network of ${taken.name} already (${taken.cidr})`,
              'choose another address in the gateway configuration',
            ),
          ]
        : [];
    }),
  );
  const [first, second] = sides;
  if (first && second && overlap(first.address, second.address))
    conflicts.push(fail('address', 'lan and tunnel have the same network', 'choose another wireguard address'));
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
  return over
    ? [
        fail(
          'ssh',
          `somebody is connected by ssh over ${config.lan} (${over.ip}), which becomes the phones' side`,
          'connect over another interface or at the machine itself, then run this again',
        ),
      ]
    : [];
}

function checkTable(machine: Machine, dataDir: string): GatewayCheck[] {
  const owner = tableOwner(machine, dataDir);
  return owner === null || owner === 'ours'
    ? []
    : [fail('rules', `a table inet ${TABLE} is there that is not this gateway's`, foreignAdvice(owner))];
}

function checkUplink(machine: Machine, all: Interface[], { uplink }: GatewayConfig): GatewayCheck[] {
  if (!all.some(({ name }) => name === uplink)) return [];
  return hasDefaultRoute(machine, uplink, 4) || hasDefaultRoute(machine, uplink, 6)
    ? []
    : [
        warn(
          'uplink',
          `${uplink} has no route to the internet`,
          'phones are told so until it has one; it is used by itself then',
        ),
      ];
}

/** NetworkManager takes an interface back from hostapd, and its address with it. */
function checkOtherManager(machine: Machine, { lan }: GatewayConfig): GatewayCheck[] {
  if (!machine.tool('nmcli')) return [];
  const ran = machine.run('nmcli', ['-t', '-f', 'DEVICE,STATE', 'device']);
  const line = ran.ok ? ran.out.split('\n').find((one) => one.startsWith(`${lan}:`)) : undefined;
  return line && !line.endsWith(':unmanaged')
    ? [
        warn(
          'manager',
          `NetworkManager manages ${lan} and may take its address away`,
          `nmcli device set ${lan} managed no`,
        ),
      ]
    : [];
}
