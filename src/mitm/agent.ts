/**
 * An agent with exactly one connection to give: the one that was dialled and secured for this flow.
 * Promise: nothing is ever dialled here, so policy, upstream map and certificate check stay where they are; requests
 * that come together wait for each other; the connection is kept alive between them.
 */
import { Agent, type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

export function createAgent(server: Socket, secure: boolean): Agent {
  return new OneConnection(server, secure);
}

class OneConnection extends Agent {
  #server: Socket | null;
  /** Compared by `request` with the scheme: the connection is secured already, whatever the scheme. */
  readonly protocol: string;

  constructor(server: Socket, secure: boolean) {
    super({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1, scheduling: 'fifo' });
    this.#server = server;
    this.protocol = secure ? 'https:' : 'http:';
  }

  override createConnection(_options: unknown, callback?: (error: Error | null, stream: Socket) => void): Socket {
    const server = this.#server;
    this.#server = null;
    if (server === null || server.destroyed) {
      const gone = Object.assign(new Error('the server closed the connection'), { code: 'ECONNRESET' });
      // Told as a socket that failed: `callback` alone would leave the request waiting.
      callback?.(gone, server as unknown as Socket);
      return undefined as unknown as Socket;
    }
    return server;
  }

  /** Paused since it was dialled: flows once its reader is attached. */
  addRequest(request: ClientRequest, options: unknown): void {
    request.once('socket', (socket: Socket) => socket.resume());
    (Agent.prototype as unknown as { addRequest(request: ClientRequest, options: unknown): void }).addRequest.call(
      this,
      request,
      options,
    );
  }

  /** One server, one line: the name by which sockets are pooled must not depend on TLS options. */
  override getName(): string {
    return 'server';
  }
}
