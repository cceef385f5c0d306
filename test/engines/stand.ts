/** One door with one of the two engines behind it, servers on loopback, and the flow events as every later room sees them. */
import { createSecureServer } from 'node:http2';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createMitmCarrier } from '../../src/mitm/carrier.ts';
import type { Flow, FlowEvent } from '../../src/model/flow.ts';
import { ENGINES } from '../../src/model/lab.ts';
import { createReader, type Reader } from '../../src/readers/reader.ts';
import { createPins } from '../../src/wire/pins.ts';
import { silentLog, startLab, type TestLab, worldCa } from '../wire/lab.ts';
import { dialUp } from '../wire/servers.ts';

export { ENGINES };
export type EngineName = (typeof ENGINES)[number];

/** A server that takes one connection after the other, byte by byte in the test's hand. */
export type Serve = (socket: Socket) => void;

export interface Stand {
  engine: EngineName;
  lab: TestLab;
  /** Events of the engine and of the readers, in order. */
  events: FlowEvent[];
  /** Files the server under `name:port` of the upstream map. */
  serve(name: string, port: number, handler: Serve): Promise<void>;
  /** The same under TLS with a good certificate, HTTP/1.1 only unless `alpn` says otherwise. */
  serveTls(name: string, port: number, handler: Serve, options?: { alpn?: string[]; bad?: boolean }): Promise<void>;
  serveHttp2(name: string, handler: Parameters<typeof createSecureServer>[1]): Promise<void>;
  /** A connection to the proxy. */
  dial(): ReturnType<typeof dialUp>;
  /** The same after a CONNECT. */
  tunnel(authority: string): Promise<ReturnType<typeof dialUp>>;
  /** TLS over such a tunnel, as a phone that trusts the lab. */
  secure(name: string, options?: { alpn?: string[]; trust?: boolean }): Promise<TLSSocket>;
  stop(): Promise<void>;
}

/** One question to an engine, answered in a few words. */
export interface Probe {
  name: string;
  run(stand: Stand): Promise<string>;
  /** One text: both engines. */
  expected: string | Record<EngineName, string>;
}

export async function startStand(engine: EngineName): Promise<Stand> {
  const events: FlowEvent[] = [];
  const readers = new Map<string, { flow: Flow; alpn: string | null; reader: Reader | null }>();
  const read = (id: string, use: (reader: Reader) => FlowEvent[]) => {
    const known = readers.get(id);
    if (!known) return;
    known.reader ??= createReader(known.flow, known.alpn);
    // Bytes may be views of what is relayed.
    for (const event of use(known.reader))
      events.push('bytes' in event ? { ...event, bytes: Buffer.from(event.bytes) } : event);
  };
  const lab = await startLab({
    wire: {
      pins: createPins({ now: Date.now }),
      ...(engine === 'wire' ? {} : { carrier: createMitmCarrier({ now: Date.now, log: silentLog }) }),
    },
    tap: {
      event(event) {
        if (event.type === 'flow-opened') readers.set(event.flow.id, { flow: event.flow, alpn: null, reader: null });
        else if (event.type === 'tls-established') readers.get(event.flowId)!.alpn = event.alpn;
        else if (event.type === 'flow-closed' && readers.get(event.flowId)?.reader) {
          read(event.flowId, (reader) => reader.close(event.time));
        }
        events.push('bytes' in event ? { ...event, bytes: Buffer.from(event.bytes) } : event);
      },
      bytes: (id, direction, chunk, time) => read(id, (reader) => reader.push(direction, chunk, time)),
      end: (id, direction, time) => {
        if (readers.get(id)?.reader) read(id, (reader) => reader.end(direction, time));
      },
    },
  });
  const servers: { close(): Promise<void> }[] = [];

  const listen = async (server: Server, name: string, port: number): Promise<void> => {
    const open = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      open.add(socket);
      socket.on('error', () => {}).on('close', () => open.delete(socket));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    lab.map.set(`${name}:${port}`, (server.address() as AddressInfo).port);
    servers.push({
      close: () =>
        new Promise((done) => {
          for (const socket of open) socket.destroy();
          server.close(() => done());
        }),
    });
  };

  const stand: Stand = {
    engine,
    lab,
    events,
    serve: (name, port, handler) => listen(createTcp({ allowHalfOpen: true }, handler), name, port),
    async serveTls(name, port, handler, options = {}) {
      const { createServer } = await import('node:tls');
      const leaf = worldCa.issue([options.bad ? 'other.test' : name]);
      const ALPNProtocols = options.alpn ?? ['http/1.1'];
      const server = createServer(
        { ...leaf, allowHalfOpen: true, ...(ALPNProtocols.length > 0 ? { ALPNProtocols } : {}) } as never,
        (socket) => {
          socket.on('error', () => {});
          handler(socket);
        },
      );
      server.on('tlsClientError', () => {});
      await listen(server, name, port);
    },
    async serveHttp2(name, handler) {
      const server = createSecureServer({ ...worldCa.issue([name]), allowHTTP1: true }, handler);
      server.on('sessionError', () => {});
      await listen(server as unknown as Server, name, 443);
    },
    dial: () => dialUp(lab.door.port),
    async tunnel(authority) {
      const client = stand.dial();
      client.socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
      await client.until((bytes) => bytes.includes('\r\n\r\n'));
      return client;
    },
    async secure(name, options = {}) {
      const { socket } = await stand.tunnel(`${name}:443`);
      socket.removeAllListeners('data');
      const ALPNProtocols = options.alpn ?? ['http/1.1'];
      const { labCa } = await import('../wire/lab.ts');
      return new Promise((resolve, reject) => {
        const secured = connectTls(
          {
            socket,
            servername: name,
            ...(ALPNProtocols.length > 0 ? { ALPNProtocols } : {}),
            ca: options.trust === false ? [] : [labCa.pem],
          },
          () => resolve(secured),
        );
        secured.once('error', reject);
      });
    },
    async stop() {
      await lab.stop();
      for (const server of servers) await server.close();
    },
  };
  return stand;
}
