/**
 * Who of two called the other. A capture that began later does not show it: then the first bytes tell, then the addresses,
 * and only then the ports.
 * Promise: pure; always an answer.
 */
import ipaddr from 'ipaddr.js';
import type { Packet } from './packets.ts';

type Side = 'from' | 'to';

const SYN = 0x02;
const ACK = 0x10;

/** HTTP/1 and 2, TLS ClientHello, MQTT CONNECT, RTSP and SIP requests are all sent by who called. */
const CALLS = new RegExp(
  [
    '[A-Z]{3,20} \\S+ (?:HTTP|RTSP)/',
    'PRI \\* HTTP/2',
    '[A-Z]{3,10} sips?:',
    hello('\u0001'),
    '\u0010.{1,4}\u0000\u0004MQTT',
  ]
    .map((each) => `^${each}`)
    .join('|'),
  's',
);
const ANSWERS = new RegExp(
  ['(?:HTTP|RTSP)/\\d', 'SIP/2\\.0 ', hello('\u0002'), '220[ -]', '\\+OK', '\\* OK', '\u0020\u0002']
    .map((each) => `^${each}`)
    .join('|'),
  's',
);

/** RFC 8446 5.1: a record of handshake with a message of this type. */
function hello(type: string): string {
  return `\u0016\u0003[\u0000-\u0004]..${type}`;
}

export function callerOf(packet: Packet): Side {
  if (packet.transport === 'tcp' && (packet.flags & SYN) !== 0) return (packet.flags & ACK) === 0 ? 'from' : 'to';
  const beginning = packet.payload.toString('latin1', 0, 256);
  if (CALLS.test(beginning)) return 'from';
  if (ANSWERS.test(beginning)) return 'to';
  const isInside = { from: isPrivate(packet.from.ip), to: isPrivate(packet.to.ip) };
  if (isInside.from !== isInside.to) return isInside.from ? 'from' : 'to';
  const { from, to } = { from: packet.from.port, to: packet.to.port };
  // Numbers below 1024 are given to services (RFC 6335).
  if (from < 1024 !== to < 1024) return from < 1024 ? 'to' : 'from';
  return packet.transport === 'udp' || from >= to ? 'from' : 'to';
}

export function isPrivate(ip: string): boolean {
  return ipaddr.isValid(ip) && ipaddr.process(ip).range() !== 'unicast';
}
