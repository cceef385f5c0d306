/** Two counts of one connection, the kernel's and the relay's: what is missing shows, whoever tells first and whatever is lost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrackedLine } from '../../../src/lan/conntrack/line.ts';
import { createRelayed } from '../../../src/lan/conntrack/relayed.ts';
import type { RelayedLeg } from '../../../src/model/connection.ts';

const leg = (port: number, bytesRead: number, ip = '10.77.0.2'): RelayedLeg => ({
  client: { ip, port },
  destination: { ip: ip.includes(':') ? '2400:da00::6666' : '42.62.48.10', port: 443 },
  bytesRead,
});
/** As the kernel counts: headers with time stamps, a longer one on the SYN. */
const ended = ({ client, destination }: RelayedLeg, payload: number, packets: number): TrackedLine => ({
  event: 'destroy',
  key: `1 tcp ${client.ip}`,
  protocol: 'tcp',
  from: client,
  to: destination,
  answeredBy: '10.77.0.1',
  bytesUp: payload + packets * (client.ip.includes(':') ? 72 : 52) + 8,
  bytesDown: 0,
  packetsUp: packets,
});

describe('a connection of the relay', () => {
  it.each(['10.77.0.2', 'fd77::2'])('of %s that was read whole is nothing short', (ip) => {
    const relayed = createRelayed();
    relayed.leg(leg(50_000, 1_000_003, ip));
    relayed.ended(ended(leg(50_000, 0, ip), 1_000_003, 30));
    expect(relayed.stats()).toMatchObject({
      connections: 1,
      packetsUp: 30,
      payloadUp: 1_000_003,
      readUp: 1_000_003,
      unreadUp: 0,
    });
  });

  it('of which one byte was not read shows it, and another that was read twice does not make up for it', () => {
    const relayed = createRelayed();
    relayed.leg(leg(1, 999));
    relayed.leg(leg(2, 2000));
    relayed.ended(ended(leg(1, 0), 1000, 5));
    relayed.ended(ended(leg(2, 0), 1000, 5));
    expect(relayed.stats()).toMatchObject({ connections: 2, unreadUp: 1 });
  });

  it('that only one of the two told of is not compared', () => {
    const relayed = createRelayed();
    relayed.leg(leg(1, 999));
    relayed.ended(ended(leg(2, 0), 1000, 5));
    relayed.ended({ ...ended(leg(1, 0), 1000, 5), bytesUp: null });
    expect(relayed.stats().connections).toBe(0);
    relayed.ended(ended(leg(1, 0), 999, 5));
    relayed.ended(ended(leg(1, 0), 999, 5));
    expect(relayed.stats()).toMatchObject({ connections: 1, unreadUp: 0 });
  });

  it('is never short when nothing is, whatever sizes and numbers', () => {
    const one = fc.record({ port: fc.integer({ min: 1, max: 65_535 }), bytes: fc.nat(1e9), packets: fc.nat(1e6) });
    fc.assert(
      fc.property(fc.uniqueArray(one, { selector: ({ port }) => port }), (all) => {
        const relayed = createRelayed();
        for (const { port, bytes } of all) relayed.leg(leg(port, bytes));
        for (const { port, bytes, packets } of all) relayed.ended(ended(leg(port, 0), bytes, packets));
        const { connections, unreadUp, payloadUp, readUp } = relayed.stats();
        expect([connections, unreadUp, payloadUp]).toEqual([all.length, 0, readUp]);
      }),
    );
  });
});
