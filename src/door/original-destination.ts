/**
 * Where a redirected connection really wanted to go, from the kernel's connection tracking (Linux, SO_ORIGINAL_DST).
 * Promise: an answer read synchronously from the socket's descriptor, or null; it never throws. A connection that was not
 * redirected does not fail: the kernel names the listener's own address, which the caller must refuse (loop guard).
 */
import { isIPv4, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { labError } from '../formats/refusal.ts';
import { text } from '../model/text.ts';
import { loadC } from './c-library.ts';

/** `level`/`name` of getsockopt and the size of the answer, from linux/netfilter_ipv4.h and netfilter_ipv6/ip6_tables.h. */
const SO_ORIGINAL_DST = { level: 0, name: 80, sockaddrBytes: 16 };
const IP6T_SO_ORIGINAL_DST = { level: 41, name: 80, sockaddrBytes: 28 };

export interface OriginalDestination {
  ip: string;
  port: number;
}

/**
 * Reads `sockaddr_in` or `sockaddr_in6` (network byte order: port in bytes 2-3, address from byte 4 or 8).
 * IPv4-mapped IPv6 addresses come back as IPv4.
 */
export function readSockaddr(bytes: Buffer, family: 4 | 6): OriginalDestination {
  const port = bytes.readUInt16BE(2);
  if (family === 4) return { ip: `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`, port };
  return { ip: ipaddr.process(ipaddr.fromByteArray([...bytes.subarray(8, 24)]).toString()).toString(), port };
}

/**
 * Opens the C library once and returns the reader, or throws one line on a system that has no such call.
 * Call the reader in the `connection` event itself: after a close the descriptor is gone.
 */
export function openOriginalDestination(): (socket: Socket) => OriginalDestination | null {
  if (process.platform !== 'linux') throw labError(text('port.needs-linux'));
  const getsockopt = loadC().func(
    'int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)',
  );
  return (socket) => {
    const fd = descriptorOf(socket);
    if (fd === null || socket.remoteAddress === undefined) return null;
    // A v4 client on a dual-stack listener appears as ::ffff:a.b.c.d and is tracked as IPv4.
    const v4 = isIPv4(socket.remoteAddress) || socket.remoteAddress.startsWith('::ffff:');
    const option = v4 ? SO_ORIGINAL_DST : IP6T_SO_ORIGINAL_DST;
    const value = Buffer.alloc(option.sockaddrBytes);
    const failed = getsockopt(fd, option.level, option.name, value, [value.length]) !== 0;
    return failed ? null : readSockaddr(value, v4 ? 4 : 6);
  };
}

/** Node keeps the descriptor on the internal handle only. */
function descriptorOf(socket: Socket): number | null {
  const handle = (socket as unknown as { _handle?: { fd?: number } | null })._handle;
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : null;
}

/** From linux/in.h and linux/in6.h. A dual-stack socket needs the second alone. */
const IPPROTO_IPV6 = 41;
const IPV6_TRANSPARENT = 75;
const IPPROTO_IP = 0;
const IP_TRANSPARENT = 19;

/**
 * Lets a listening socket take connections to any address, which tproxy needs.
 * @throws without CAP_NET_ADMIN, with what to do
 */
export function makeTransparent(descriptor: number): void {
  const setsockopt = loadC().func('int setsockopt(int fd, int level, int name, const int *value, uint32_t length)');
  const set = (level: number, name: number): boolean => setsockopt(descriptor, level, name, [1], 4) === 0;
  if (!set(IPPROTO_IPV6, IPV6_TRANSPARENT) && !set(IPPROTO_IP, IP_TRANSPARENT))
    throw labError(text('port.needs-right'));
}
