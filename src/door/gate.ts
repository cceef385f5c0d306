/**
 * Who is turned away without a word is reset before Node makes a socket of it: a flood costs half of what it did, and whoever
 * stands behind it in the kernel's queue waits that much less.
 */
import type { Server } from 'node:net';
import { plainAddress } from '../formats/address.ts';

interface ClientHandle {
  getpeername(peer: { address?: string }): number;
  reset(done: () => void): number;
}

interface Listening {
  _handle?: { onconnection?: (this: unknown, error: number, client?: ClientHandle) => void } | null;
}

/**
 * Resets connections from addresses for which `isTurnedAway` holds (asked once for each). Of a server that listens; it has no public
 * form in Node (`blockList` ends with FIN, which leaves a connection in TIME_WAIT, and the kernel's table of connections full).
 */
export function turnAwayEarly(server: Server, isTurnedAway: (ip: string) => boolean): void {
  const handle = (server as unknown as Listening)._handle;
  const accept = handle?.onconnection;
  if (!handle || !accept) return;
  handle.onconnection = function (error, client) {
    const peer: { address?: string } = {};
    const isKnown = client?.getpeername?.(peer) === 0 && peer.address !== undefined;
    if (isKnown && isTurnedAway(plainAddress(peer.address as string))) client.reset(ignore);
    else accept.call(this, error, client);
  };
}

function ignore(): void {}
