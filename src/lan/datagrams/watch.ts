/**
 * Datagrams of the phones' networks, read from a packet socket through `tcpdump`: it needs no rule, sees the phone's own
 * address and loses nothing at the rates of datagrams that are not QUIC. (`log group N` with `nflog:N` is read as well.)
 * Of ARP it reads who claims which address.
 * Promise: a tool that ends is started again; what came half is void; a stream that is none is told.
 */

import { type Text, text } from '../../model/text.ts';
import { keepRunning, type Prefix } from '../tool.ts';
import { readClaim } from './arp.ts';
import type { UdpFlows } from './flows.ts';
import { createFragments } from './fragments.ts';
import { readPacket } from './packet.ts';
import { createPcapReader } from './pcap.ts';

export interface UdpWatch {
  close(): Promise<void>;
}

/**
 * What tcpdump is to hand over of one interface: not what phones send where it is read elsewhere (look-ups) or refused (QUIC,
 * encrypted DNS), and not the lab's own answers. By who sends to whom: a phone may call from port 53 or 443 as from any other.
 * On the lan with who says which address is theirs (ARP): nothing else shows that two machines say so of one.
 */
export function captureFilter({ networks, tunnel }: { networks: readonly string[]; tunnel: boolean }): string {
  const [from, to] = ['src', 'dst'].map((side) => networks.map((net) => `${side} net ${net}`).join(' or '));
  // On interfaces without a link layer (a tunnel) it cannot tell broadcasts; nobody claims addresses there.
  const everybody = tunnel ? 'ip multicast or ip6 multicast' : 'ip multicast or ip broadcast or ip6 multicast';
  const udp = [
    'udp',
    `not (${everybody})`,
    `not ((${from}) and (dst port 53 or dst port 443 or dst port 853))`,
    `not ((${to}) and src port 53)`,
  ].join(' and ');
  return tunnel ? udp : `arp or (${udp})`;
}

const TICK_MS = 1000;

export function watchUdp(options: {
  interfaces: readonly { name: string; tunnel: boolean; networks: readonly string[] }[];
  flows: UdpFlows;
  /** A machine on the network says that this address is its own. */
  onClaim: (ip: string, mac: string) => void;
  prefix: Prefix;
  now: () => number;
  onTrouble: (trouble: Text | null) => void;
}): UdpWatch {
  const { flows, now, prefix, onTrouble } = options;
  const tools = options.interfaces.map(({ name, ...side }) => {
    let reader = createReader();
    return keepRunning({
      name: 'tcpdump',
      // Immediate mode hands packets over at once; 16 MB of buffer (-B is in KB) hold a second of a busy network.
      args: [
        '-i',
        name,
        '--immediate-mode',
        '-U',
        '-n',
        '-p',
        '-s',
        '0',
        '-B',
        '16384',
        '-Z',
        'root',
        '-w',
        '-',
        captureFilter(side),
      ],
      prefix,
      onStart() {
        reader = createReader();
      },
      onData(chunk) {
        const broken = reader(chunk);
        if (broken !== null) onTrouble(text('net.datagrams-broken', { problem: broken }));
      },
      onTrouble: (why) => onTrouble(why && text('net.datagrams', { name, why })),
    });
  });
  const fragments = createFragments();
  const timer = setInterval(() => {
    const uptimeMs = performance.now();
    for (const datagram of fragments.tick(uptimeMs)) flows.datagram(datagram, now(), uptimeMs);
    flows.tick(now(), uptimeMs);
  }, TICK_MS).unref();

  function createReader() {
    return createPcapReader(({ link, bytes, whole }) => {
      const packet = readPacket(link, bytes, whole);
      if (packet) {
        const uptimeMs = performance.now();
        const datagram = fragments.take(packet, uptimeMs);
        if (datagram) flows.datagram(datagram, now(), uptimeMs);
        return;
      }
      const claim = readClaim(link, bytes);
      if (claim) options.onClaim(claim.ip, claim.mac);
    });
  }

  return {
    async close() {
      clearInterval(timer);
      await Promise.all(tools.map((tool) => tool.stop()));
      flows.close(now());
    },
  };
}
