/** The phones' interfaces: raised, given the gateway's address; and the uplink, looked at. */

import ipaddr from 'ipaddr.js';
import type { Interface } from '../formats/ip-json.ts';
import { labError } from '../formats/refusal.ts';
import type { GatewayCheck } from '../model/gateway.ts';
import { text } from '../model/text.ts';
import { type GatewayConfig, type PhoneSide, phoneSides } from './config.ts';
import { hasDefaultRoute, readInterfaces } from './interfaces.ts';
import type { Machine } from './machine.ts';
import { type Dependencies, fail, must, ok, type Part, warn } from './part.ts';

const same = (a: string, b: string): boolean => ipaddr.process(a).toString() === ipaddr.process(b).toString();

export const links: Part = {
  up(dependencies) {
    const { machine, config, state, save, tell } = dependencies;
    for (const side of phoneSides(config)) {
      const link = readInterfaces(machine).find(({ name }) => name === side.interface);
      // The tunnel is raised where it is made.
      if (!link) continue;
      if (!link.up) {
        state.raised = [...new Set([...state.raised, side.interface])];
        save();
        must(
          machine.run('ip', ['link', 'set', side.interface, 'up']),
          text('gateway.cannot.raise', { name: side.interface }),
        );
        tell(text('gateway.step.raised', { name: side.interface }));
      }
      const wanted = [side.address6, side.address].filter(
        (cidr) => cidr !== null && !link.addresses.some(({ ip }) => same(ip, addressIn(cidr))),
      ) as string[];
      // Both are asked about at the same time: IPv4 is added last.
      const shared = side.interface !== config.wireguard?.interface;
      if (shared && wanted.includes(side.address)) askWhoHas(machine, side.interface, addressIn(side.address));
      for (const cidr of wanted) {
        if (shared && cidr === side.address) refuseTaken(machine, side.interface, cidr, wanted.length > 1);
        state.addresses = [...state.addresses, { interface: side.interface, cidr }];
        save();
        addAddress(dependencies, side.interface, cidr);
        tell(text('gateway.step.address', { name: side.interface, cidr }));
      }
    }
  },
  down({ machine, state, tell }) {
    for (const { interface: name, cidr } of state.addresses) {
      if (machine.run('ip', ['addr', 'del', cidr, 'dev', name]).ok)
        tell(text('gateway.step.no-address', { name, cidr }));
    }
    for (const name of state.raised) {
      if (machine.run('ip', ['link', 'set', name, 'down']).ok) tell(text('gateway.step.lowered', { name }));
    }
    state.addresses = [];
    state.raised = [];
  },
  check: ({ machine, config }) =>
    checkLinks(config, readInterfaces(machine), (family) => hasDefaultRoute(machine, config.uplink, family)),
};

/** What is wrong with interfaces and uplink, from what the machine said of them. */
export function checkLinks(
  config: GatewayConfig,
  all: Interface[],
  hasRoute: (family: 4 | 6) => boolean,
): GatewayCheck[] {
  return [...phoneSides(config).map((side) => checkSide(all, side)), checkUplink(all, config, hasRoute)];
}

const SETTLE_TRIES = 25;
const SETTLE_WAIT_MS = 100;
/** An ARP probe is answered within milliseconds; a phone that sleeps takes longer (RFC 5227 2.1.1 waits one to two seconds). */
const ANSWER_TRIES = 10;

const addressIn = (cidr: string): string => cidr.split('/')[0] ?? cidr;

/** The kernel asks on the network (an ARP probe: it has no address there yet) and notes who answers. */
function askWhoHas(machine: Machine, name: string, ip: string): void {
  // What was known before is no answer: that machine may be gone.
  machine.run('ip', ['neigh', 'del', ip, 'dev', name]);
  machine.run('ip', ['neigh', 'replace', ip, 'dev', name, 'use']);
}

/** The kernel asks nobody before it takes an IPv4 address: two machines with one would both be heard now and then. */
function refuseTaken(machine: Machine, name: string, cidr: string, waited: boolean): void {
  const ip = addressIn(cidr);
  for (let tries = waited ? 1 : ANSWER_TRIES; tries > 0; tries--) {
    // Whatever became of the entry meanwhile (reachable, stale, asked again): only who answered has an address in it.
    const ran = machine.run('ip', ['-j', 'neigh', 'show', ip, 'dev', name]);
    if (ran.ok && ran.out.includes('lladdr'))
      throw labError(text('gateway.address-taken', { name, cidr, field: 'address' }));
    // Nobody can answer where there is no cable yet.
    if (readInterfaces(machine).find((one) => one.name === name)?.carrier === false) break;
    if (tries > 1) machine.wait(SETTLE_WAIT_MS);
  }
  machine.run('ip', ['neigh', 'del', ip, 'dev', name]);
}

/** A new IPv6 address is asked about on the network for a second (RFC 4862 5.4): another machine's is not taken from it. */
function addAddress({ machine }: Dependencies, name: string, cidr: string): void {
  must(machine.run('ip', ['addr', 'add', cidr, 'dev', name]), text('gateway.cannot.address', { name, cidr }));
  for (let tries = 0; cidr.includes(':') && tries < SETTLE_TRIES; tries++) {
    const link = readInterfaces(machine).find((one) => one.name === name);
    const address = link?.addresses.find(({ ip }) => same(ip, cidr.split('/')[0] ?? ''));
    if (address?.duplicate) throw labError(text('gateway.address-taken', { name, cidr, field: 'address6' }));
    if (!address?.tentative) return;
    machine.wait(SETTLE_WAIT_MS);
  }
}

function checkSide(all: Interface[], side: PhoneSide): GatewayCheck {
  const name = side.interface;
  const link = all.find((one) => one.name === name);
  if (!link)
    return fail(name, text('gateway.no-interface'), text('gateway.interface-gone.do', { names: namesOf(all) }));
  if (!link.up) return fail(name, text('gateway.interface-down'), text('gateway.interface-down.do', { name }));
  const lost = [side.address, side.address6].find(
    (cidr) => cidr !== null && !link.addresses.some(({ ip }) => same(ip, addressIn(cidr))),
  );
  if (lost) return fail(name, text('gateway.address-lost', { address: lost }), text('gateway.address-lost.do'));
  if (link.addresses.some(({ duplicate }) => duplicate))
    return fail(name, text('gateway.duplicate'), text('gateway.other-address6'));
  if (link.carrier === false) return warn(name, text('gateway.no-carrier'), text('gateway.no-carrier.do'));
  return ok(
    name,
    text('gateway.side-up', { addresses: link.addresses.map((one) => `${one.ip}/${one.bits}`).join(', ') }),
  );
}

function checkUplink(all: Interface[], { uplink }: GatewayConfig, route: (family: 4 | 6) => boolean): GatewayCheck {
  const link = all.find((one) => one.name === uplink);
  if (!link)
    return fail(
      'uplink',
      text('gateway.is-not-there', { name: uplink }),
      text('gateway.interface-gone.do', { names: namesOf(all) }),
    );
  const families = ([4, 6] as const).filter(route).map((family) => `IPv${family}`);
  if (!link.up || link.carrier === false || families.length === 0)
    return warn('uplink', text('gateway.no-internet', { name: uplink }), text('gateway.no-internet.do'));
  return ok('uplink', text('gateway.internet', { name: uplink, families: families.join(', ') }));
}

export const namesOf = (all: Interface[]): string =>
  all
    .map(({ name }) => name)
    .filter((name) => name !== 'lo')
    .join(', ') || 'none';
