/** Who says which address is theirs: ARP as bytes, and what follows from it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClaim } from '../../../src/lan/datagrams/arp.ts';
import { createClaims } from '../../../src/lan/phones/claims.ts';

const MAC = '02:00:5e:10:00:01';
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/[\s:]/g, ''), 'hex');
const arp = (sender: string, ip: string, kind = '0001 0800 06 04 0002'): Buffer =>
  hex(
    `ffffffffffff ${sender} 0806 ${kind} ${sender} ${Buffer.from(ip.split('.').map(Number)).toString('hex')} 000000000000 0a4d0001`,
  );

describe('a frame', () => {
  it.each<[string, Buffer, object | null]>([
    ['of an answer', arp(MAC, '10.77.0.2'), { ip: '10.77.0.2', mac: MAC }],
    ['of a request', arp(MAC, '10.77.0.2', '0001 0800 06 04 0001'), { ip: '10.77.0.2', mac: MAC }],
    [
      'behind a VLAN tag',
      hex(
        `${arp(MAC, '10.77.0.2')
          .toString('hex')
          .replace(/^(.{24})/, '$181000007')}`,
      ),
      { ip: '10.77.0.2', mac: MAC },
    ],
    ['padded to 60 bytes', Buffer.concat([arp(MAC, '10.77.0.2'), Buffer.alloc(18)]), { ip: '10.77.0.2', mac: MAC }],
    ['of a probe, which claims nothing', arp(MAC, '0.0.0.0'), null],
    ['for another kind of address', arp(MAC, '10.77.0.2', '0001 86dd 06 10 0002'), null],
    ['that is cut', arp(MAC, '10.77.0.2').subarray(0, 41), null],
    ['of IPv4', Buffer.concat([hex('ffffffffffff 02005e100001 0800'), Buffer.alloc(40, 0x45)]), null],
  ])('%s', (_what, frame, claim) => {
    expect(readClaim(1, frame)).toEqual(claim);
  });

  it('of no Ethernet is none, and garbage never throws', () => {
    expect(readClaim(101, arp(MAC, '10.77.0.2'))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        readClaim(1, Buffer.concat([hex('ffffffffffff 02005e100001 0806'), bytes]));
      }),
    );
  });
});

describe('a claim', () => {
  function make() {
    const heard: string[] = [];
    const clock = { time: 0 };
    const own = { addresses: new Set(['10.77.0.1', '198.18.0.1']), macs: new Set(['02:aa:aa:aa:aa:aa']) };
    const claims = createClaims({
      isPhone: (ip) => ip.startsWith('10.77.0.'),
      readOwn: () => own,
      uptimeMs: () => clock.time,
      onPhone: (ip, mac) => heard.push(`${ip} ${mac}`),
      onPosing: (ip) => heard.push(`posing as ${ip}`),
    });
    return { heard, clock, own, hear: claims.hear };
  }

  it('of a phone is passed on; the gateway’s own, and of another network, not', () => {
    const { hear, heard } = make();
    hear('10.77.0.2', MAC);
    hear('10.77.0.1', '02:aa:aa:aa:aa:aa');
    hear('192.168.1.1', MAC);
    expect(heard).toEqual([`10.77.0.2 ${MAC}`]);
  });

  it('of the gateway’s address by another machine is told, once a minute however often it comes', () => {
    const { hear, heard, clock } = make();
    for (; clock.time <= 61_000; clock.time += 100) hear('10.77.0.1', MAC);
    expect(heard).toEqual(['posing as 10.77.0.1', 'posing as 10.77.0.1']);
  });

  it('is judged by the addresses this machine has now', () => {
    const { hear, heard, clock, own } = make();
    own.addresses = new Set(['10.77.0.5']);
    clock.time = 2000;
    hear('10.77.0.5', MAC);
    hear('10.77.0.1', MAC);
    expect(heard).toEqual(['posing as 10.77.0.5', `10.77.0.1 ${MAC}`]);
  });
});
