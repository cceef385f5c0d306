/** The phones' interfaces: raised, given the gateway's address; and the uplink, looked at. */
import ipaddr from 'ipaddr.js';
import type { GatewayCheck } from '../model/gateway.ts';
import { LabError } from '../model/lab.ts';
import { type GatewayConfig, phoneSides } from './config.ts';
import { fail, type Ground, must, ok, type Part, warn } from './ground.ts';
import { hasDefaultRoute, type Interface, readInterfaces } from './interfaces.ts';

const same = (a: string, b: string): boolean => ipaddr.process(a).toString() === ipaddr.process(b).toString();

export const links: Part = {
  up(ground) {
    const { machine, config, state, save, say } = ground;
    for (const side of phoneSides(config)) {
      const link = readInterfaces(machine).find(({ name }) => name === side.interface);
      // The tunnel is raised where it is made.
      if (!link) continue;
      if (!link.up) {
        state.raised = [...new Set([...state.raised, side.interface])];
        save();
        must(machine.run('ip', ['link', 'set', side.interface, 'up']), `${side.interface} could not be raised`);
        say(`${side.interface}: raised`);
      }
      for (const cidr of [side.address, side.address6]) {
        const ip = cidr?.split('/')[0];
        if (!cidr || !ip || link.addresses.some((address) => same(address.ip, ip))) continue;
        state.addresses = [...state.addresses, { interface: side.interface, cidr }];
        save();
        addAddress(ground, side.interface, cidr);
        say(`${side.interface}: address ${cidr} added`);
      }
    }
  },
  down({ machine, state, say }) {
    for (const { interface: name, cidr } of state.addresses) {
      if (machine.run('ip', ['addr', 'del', cidr, 'dev', name]).ok) say(`${name}: address ${cidr} removed`);
    }
    for (const name of state.raised) {
      if (machine.run('ip', ['link', 'set', name, 'down']).ok) say(`${name}: down again`);
    }
    state.addresses = [];
    state.raised = [];
  },
  check({ machine, config }) {
    const all = readInterfaces(machine);
    return [
      ...phoneSides(config).map((side) => checkSide(all, side)),
      checkUplink(all, config, (family) => hasDefaultRoute(machine, config.uplink, family)),
    ];
  },
};

const SETTLE_TRIES = 25;
const SETTLE_WAIT_MS = 100;

/** A new IPv6 address is asked about on the network for a second (RFC 4862 5.4): another machine's is not taken from it. */
function addAddress({ machine }: Ground, name: string, cidr: string): void {
  must(machine.run('ip', ['addr', 'add', cidr, 'dev', name]), `${name} could not be given ${cidr}`);
  for (let tries = 0; cidr.includes(':') && tries < SETTLE_TRIES; tries++) {
    const link = readInterfaces(machine).find((one) => one.name === name);
    const address = link?.addresses.find(({ ip }) => same(ip, cidr.split('/')[0] ?? ''));
    if (address?.duplicate)
      throw new LabError(`another machine on ${name} has ${cidr} already: choose another address6`);
    if (!address?.tentative) return;
    machine.wait(SETTLE_WAIT_MS);
  }
}

function checkSide(all: Interface[], side: { interface: string; address: string }): GatewayCheck {
  const name = side.interface;
  const link = all.find((one) => one.name === name);
  if (!link) return fail(name, 'this interface does not exist', `plug it in; this machine has ${namesOf(all)}`);
  if (!link.up)
    return fail(name, 'the interface is down', `run "phonehome gateway up" again, or "ip link set ${name} up"`);
  const ip = side.address.split('/')[0] ?? '';
  if (!link.addresses.some((address) => same(address.ip, ip)))
    return fail(
      name,
      `has not the address ${side.address}`,
      'run "phonehome gateway up" again; does another program manage this interface?',
    );
  if (link.addresses.some(({ duplicate }) => duplicate))
    return fail(
      name,
      'another machine on this network has the same IPv6 address',
      'choose another address6 in the gateway configuration',
    );
  if (link.carrier === false)
    return warn(name, 'no cable, or no access point', 'plug it in; it is used as soon as it is there');
  return ok(name, `up, ${link.addresses.map((one) => `${one.ip}/${one.bits}`).join(', ')}`);
}

function checkUplink(all: Interface[], { uplink }: GatewayConfig, route: (family: 4 | 6) => boolean): GatewayCheck {
  const link = all.find((one) => one.name === uplink);
  if (!link) return fail('uplink', `${uplink} does not exist`, `plug it in; this machine has ${namesOf(all)}`);
  const families = ([4, 6] as const).filter(route).map((family) => `IPv${family}`);
  if (!link.up || link.carrier === false || families.length === 0)
    return warn(
      'uplink',
      `${uplink} has no way to the internet`,
      'phones are told so until it is back; it is used again by itself',
    );
  return ok('uplink', `${uplink} leads to the internet (${families.join(', ')})`);
}

export const namesOf = (all: Interface[]): string =>
  all
    .map(({ name }) => name)
    .filter((name) => name !== 'lo')
    .join(', ') || 'none';
