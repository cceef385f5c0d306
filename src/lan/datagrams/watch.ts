/**
 * Datagrams of the phones' networks, read from a packet socket through `tcpdump`: it needs no rule, sees the phone's own
 * address and loses nothing at the rates of datagrams that are not QUIC. (`log group N` with `nflog:N` is read as well.)
 * Of ARP it reads who claims which address.
 * Promise: a tool that ends is started again; what came half is void; a stream that is none is told.
 */

import { keepRunning, type Prefix } from '../tool.ts';
import { readClaim } from './arp.ts';
import type { UdpFlows } from './flows.ts';
import { readDatagram } from './packet.ts';
import { createPcapReader } from './pcap.ts';

export interface UdpWatch {
  close(): Promise<void>;
}

/**
 * Look-ups have a reader of their own; QUIC, DNS over QUIC are refused; DHCP is the network's own; multicast and broadcast
 * do not leave.
 */
export const UDP_FILTER = [
  'udp',
  ...[53, 67, 68, 443, 546, 547, 853].map((port) => `not port ${port}`),
  'not (ip multicast or ip broadcast or ip6 multicast)',
].join(' and ');
/** Who says which address is theirs: nothing else shows that two machines say so of one. */
const LAN_FILTER = `arp or (${UDP_FILTER})`;
/** tcpdump cannot tell broadcasts on interfaces without a link layer (a tunnel); nobody claims addresses there. */
const TUNNEL_FILTER = UDP_FILTER.replace(
  'ip multicast or ip broadcast or ip6 multicast',
  'ip multicast or ip6 multicast',
);

const TICK_MS = 1000;

export function watchUdp(options: {
  interfaces: readonly { name: string; tunnel: boolean }[];
  flows: UdpFlows;
  /** A machine on the network says that this address is its own. */
  onClaim: (ip: string, mac: string) => void;
  prefix: Prefix;
  now: () => number;
  onTrouble: (line: string | null) => void;
}): UdpWatch {
  const { flows, now, prefix, onTrouble } = options;
  const tools = options.interfaces.map(({ name, tunnel }) => {
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
        tunnel ? TUNNEL_FILTER : LAN_FILTER,
      ],
      prefix,
      onStart() {
        reader = createReader();
      },
      onData(chunk) {
        const broken = reader(chunk);
        if (broken !== null) onTrouble(`datagrams are not searched: ${broken}`);
      },
      onTrouble: (line) => onTrouble(line && `datagrams on ${name} are not searched: ${line}`),
    });
  });
  const timer = setInterval(() => flows.tick(now(), performance.now()), TICK_MS).unref();

  function createReader() {
    return createPcapReader(({ link, bytes, whole }) => {
      const datagram = readDatagram(link, bytes, whole);
      if (datagram) return flows.datagram(datagram, now(), performance.now());
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
