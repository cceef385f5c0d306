/**
 * TLS beside plain HTTP on one port, told apart by the first byte: a ClientHello begins with 0x16, no request does.
 * Promise: a connection that says nothing, or shakes hands for ever, is let go of like any other.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { plainAddress } from '../../formats/address.ts';

/** PEM. */
export interface Leaf {
  key: string;
  cert: string;
}

export interface TlsOptions {
  /** For a connection that reached this address. */
  leafFor: (address: string) => Leaf;
  /** Until the first byte, milliseconds. */
  silenceMs: number;
}

const HANDSHAKE = 0x16;
const below = new WeakMap<Socket, Socket>();

/** The TCP connection that a request came over. */
export const tcpOf = (socket: Socket): Socket => below.get(socket) ?? socket;

/** Call when every other listener for `connection` was added: they are asked first. */
export function addTls(server: Server, { leafFor, silenceMs }: TlsOptions): void {
  const contexts = new Map<string, { cert: string; context: SecureContext }>();
  /** As many as the machine has addresses. */
  const contextFor = (address: string): SecureContext => {
    const { key, cert } = leafFor(address);
    let kept = contexts.get(address);
    if (kept?.cert !== cert) {
      kept = { cert, context: createSecureContext({ key, cert, minVersion: 'TLSv1.2' }) };
      contexts.set(address, kept);
    }
    return kept.context;
  };
  // Node's own listener makes a socket one of HTTP's: it gets the plain one, or the one under TLS.
  const [serve] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  if (serve === undefined) throw new Error('an HTTP server without a listener for connections');
  server.off('connection', serve);
  server.on('connection', (socket: Socket) => {
    if (socket.destroyed) return;
    const giveUp = () => socket.destroy();
    socket.setTimeout(silenceMs, giveUp).on('error', giveUp);
    socket.once('data', (first: Buffer) => {
      socket.setTimeout(0).off('timeout', giveUp);
      socket.pause();
      socket.unshift(first);
      if (first[0] !== HANDSHAKE) {
        serve.call(server, socket);
        socket.resume();
        return;
      }
      const secureContext = contextFor(plainAddress(socket.localAddress ?? '127.0.0.1'));
      const secured = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
      below.set(secured, socket);
      serve.call(server, secured);
    });
  });
}
