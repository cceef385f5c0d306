/** What the lab stands on: each trouble is told once with what to do, and once when it is over; the clock, when it jumps. */

import { describe, expect, it } from 'vitest';
import { say } from '../../src/formats/say.ts';
import { parseGatewayConfig } from '../../src/gateway/config.ts';
import { checkLinks } from '../../src/gateway/links.ts';
import { checkPool } from '../../src/gateway/pool.ts';
import { poolSize } from '../../src/gateway/service-files.ts';
import { type NetworkWatch, watchNetwork } from '../../src/lan/network-watch.ts';
import { text } from '../../src/model/text.ts';
import { addrJson } from '../gateway/fake-machine.ts';

const HOUR = 3_600_000;
const CONFIG = 'lan: wlan0\nuplink: eth0\n';
const WELL = { wlan0: ['10.77.0.1/24', 'fd77::1/64'], eth0: ['192.168.1.5/24'] };
const config = (more = '') => parseGatewayConfig(`${CONFIG}${more}`, 'test');
const lease = (number: number, expiry: number): string => `${expiry} 02:00:00:00:00:01 10.77.0.${number} phone *\n`;

function make(more = '') {
  const told: string[] = [];
  const world = {
    wall: 1_790_000_000_000,
    up: 0,
    links: WELL as Record<string, string[]>,
    route: '[{}]',
    foreign: 0,
    rights: true,
    counted: 0,
    leases: null as string | null,
  };
  const configured = config(more);
  const watch: NetworkWatch = watchNetwork({
    uplink: configured.uplink,
    checkLinks: (all, hasRoute) => checkLinks(configured, all, hasRoute),
    checkPool: configured.dhcp ? (list, at) => checkPool(configured, list, at) : null,
    async run(name, args, rights) {
      if (rights) world.counted++;
      if (rights && !world.rights) return { ok: false, why: text('net.tool-root', { name: 'nft' }) };
      if (name === 'nft')
        return {
          ok: true,
          out: JSON.stringify({ nftables: [{ counter: { name: 'foreign', packets: world.foreign } }] }),
        };
      return { ok: true, out: args.includes('route') ? world.route : addrJson(world.links) };
    },
    readLeases: () => world.leases,
    now: () => world.wall,
    uptimeMs: () => world.up,
    onTrouble: (subject, line) => told.push(line === null ? `${subject} is right again` : say(line)),
    intervalMs: 1_000_000,
  });
  const later = async (ms: number, change: Partial<typeof world>): Promise<string[]> => {
    // The look that is under way does not see what changes now.
    await watch.look();
    Object.assign(world, { up: world.up + ms, wall: world.wall + ms }, change);
    await watch.look();
    return told.splice(0);
  };
  return { later, world, stop: watch.stop };
}

describe('the watch over what the lab stands on', () => {
  it('says nothing while all is well', async () => {
    const { later, stop } = make();
    expect(await later(5000, {})).toEqual([]);
    expect(await later(HOUR, {})).toEqual([]);
    stop();
  });

  it.each<[string, object, RegExp]>([
    ['an uplink without a route', { route: '[]' }, /^uplink: eth0 has no way to the internet: .*used again by itself/],
    ['an interface that was pulled out', { links: { eth0: WELL.eth0 } }, /^wlan0: .*does not exist: plug it in/],
    [
      'an address that is gone',
      { links: { ...WELL, wlan0: ['fd77::1/64'] } },
      /^wlan0: has not the address 10\.77\.0\.1\/24: run "phonehome gateway up"/,
    ],
    [
      'an IPv6 address that is gone',
      { links: { ...WELL, wlan0: ['10.77.0.1/24'] } },
      /^wlan0: has not the address fd77::1\/64/,
    ],
  ])('tells %s once, and once when it is back', async (_what, trouble, line) => {
    const { later, stop } = make();
    const told = await later(2000, trouble);
    expect(told).toEqual([expect.stringMatching(line)]);
    expect(await later(2000, {})).toEqual([]);
    expect(await later(2000, { links: WELL, route: '[{}]' })).toEqual([expect.stringMatching(/ is right again$/)]);
    stop();
  });

  it('tells that no address is left for another phone, and when one is', async () => {
    const { later, world, stop } = make();
    const size = poolSize('10.77.0.1/24');
    const full = Array.from({ length: size }, (_, index) => lease(100 + index, world.wall / 1000 + 3600)).join('');
    expect(await later(2000, { leases: full })).toEqual([
      expect.stringMatching(/^addresses for phones: all 151 are given away.*wider network/),
    ]);
    expect(await later(2000, { leases: full.split('\n').slice(1).join('\n') })).toEqual([
      'addresses for phones is right again',
    ]);
    stop();
  });

  it('tells of a phone with a fixed address when it goes on, not of the few packets of one that joins', async () => {
    const { later, stop } = make();
    expect(await later(2000, { foreign: 9 })).toEqual([]);
    expect(await later(2000, { foreign: 10 })).toEqual([expect.stringMatching(/DHCP/)]);
    expect(await later(30_000, { foreign: 200 })).toEqual([]);
    // The first minute ends, then one in which hardly anything came.
    expect(await later(30_000, { foreign: 201 })).toEqual([]);
    expect(await later(61_000, { foreign: 203 })).toEqual(['fixed addresses is right again']);
    // Rules that were loaded again count from zero.
    expect(await later(2000, { foreign: 5 })).toEqual([]);
    expect(await later(2000, { foreign: 15 })).toEqual([expect.stringMatching(/DHCP/)]);
    stop();
  });

  it('needs rights for that counter alone', async () => {
    const { later, world, stop } = make();
    expect(await later(2000, { rights: false, foreign: 500, route: '[]' })).toEqual([expect.stringMatching(/^uplink/)]);
    // Asked for again a minute later, not every two seconds.
    const asked = world.counted;
    for (let look = 0; look < 10; look++) await later(2000, {});
    expect(world.counted).toBe(asked);
    expect(await later(60_000, { rights: true })).toEqual([expect.stringMatching(/DHCP/)]);
    stop();
  });

  it.each([
    ['forward by 3 hours', 3 * HOUR],
    ['back by 90 seconds', -90_000],
    ['forward by 20 days', 480 * HOUR],
    ['back by 30 minutes', -HOUR / 2],
  ])('tells once that the clock went %s', async (words, jump) => {
    const { later, world, stop } = make();
    expect(await later(2000, {})).toEqual([]);
    expect(await later(0, { wall: world.wall + jump })).toEqual([
      expect.stringContaining(`this machine's clock went ${words}: alerts before and after it cannot be put in order`),
    ]);
    expect(await later(2000, {})).toEqual([]);
    stop();
  });

  it('says nothing of a clock that a time server corrects bit by bit', async () => {
    const { later, world, stop } = make();
    for (let second = 0; second < 20; second++) expect(await later(2000, { wall: world.wall + 2400 })).toEqual([]);
    stop();
  });
});

describe('the addresses for phones', () => {
  const NOW = 1_790_000_000_000;
  it.each([
    ['10.77.0.1/24', 151],
    ['10.77.0.1/29', 3],
    ['10.0.0.1/16', 32_763],
  ])('of %s are %i', (cidr, size) => {
    expect(poolSize(cidr)).toBe(size);
  });

  it('that are given away for ever count, those of leases that ended do not, nor what is no lease', () => {
    const small = config('address: 10.77.0.1/29\n');
    const held = lease(4, 0) + lease(5, NOW / 1000 + 1);
    expect(checkPool(small, `${held}${lease(6, NOW / 1000 - 1)}`, NOW)).toEqual([]);
    expect(checkPool(small, `${held}duid 00:01\n\u0000garbage\n`, NOW)).toEqual([]);
    expect(checkPool(small, `${held}${lease(6, NOW / 1000 + 9)}`, NOW)).toMatchObject([{ state: 'fail' }]);
    expect(checkPool(small, null, NOW)).toEqual([]);
    expect(checkPool(config('dhcp: false\naddress: 10.77.0.1/29\n'), held + held, NOW)).toEqual([]);
  });
});
