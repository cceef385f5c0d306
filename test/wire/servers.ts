/** Servers and clients for the relay tests: small, real, on loopback. */
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createSecureServer } from 'node:http2';
import { connect, createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls, type TLSSocket, type TlsOptions } from 'node:tls';
import { type Ran, run as runProgram } from '../clients/process.ts';
import { type Tool, toolPath } from '../clients/tools.ts';

export interface TestServer {
  port: number;
  close(): Promise<void>;
}

async function listening(server: Server, port = 0): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

export const httpServer = (handler: RequestListener): Promise<TestServer> => listening(createHttp(handler));

export const tcpServer = (handler: (socket: Socket) => void): Promise<TestServer> =>
  listening(createTcp({ allowHalfOpen: true }, handler));

export const tlsServer = (options: TlsOptions, handler: (socket: TLSSocket) => void, port = 0): Promise<TestServer> => {
  const server = createTls({ allowHalfOpen: true, ...options } as TlsOptions, (socket) => {
    socket.on('error', () => {});
    handler(socket);
  });
  server.on('tlsClientError', () => {});
  return listening(server, port);
};

/** HTTP/2 and HTTP/1.1 by ALPN. */
export const webServer = (
  certificate: { key: string; cert: string },
  handler: Parameters<typeof createSecureServer>[1],
): Promise<TestServer> => {
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, handler);
  server.on('sessionError', () => {});
  return listening(server as unknown as Server);
};

/** A real client, ended after two minutes. */
export const run = (tool: Tool, args: string[], input?: Buffer): Promise<Ran> =>
  runProgram(toolPath(tool), args, { input });

/** With bytes on its standard input. */
export const curlWith = (input: Buffer, ...args: string[]): Promise<Ran> =>
  run('curl', ['-sS', '--max-time', '100', ...args], input);

export const curl = (...args: string[]): Promise<Ran> => run('curl', ['-sS', '--max-time', '100', ...args]);

/** A plain client socket that collects what it gets. */
export function dialUp(port: number): {
  socket: Socket;
  text: () => string;
  bytes: () => Buffer;
  until: (test: (bytes: Buffer) => boolean) => Promise<Buffer>;
  /** How the connection ended: `end`, or the error code. */
  ended: Promise<string>;
} {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const chunks: Buffer[] = [];
  const checks = new Set<() => void>();
  const bytes = () => Buffer.concat(chunks);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    for (const check of [...checks]) check();
  });
  const ended = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    socket.on('end', () => resolve('end'));
    socket.on('close', () => resolve('close'));
  });
  return {
    socket,
    bytes,
    text: () => bytes().toString('latin1'),
    ended,
    until: (test) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const all = bytes();
          if (!test(all)) return;
          checks.delete(check);
          resolve(all);
        };
        checks.add(check);
        check();
        void ended.then((how) => {
          check();
          reject(new Error(`ended (${how}) with ${JSON.stringify(bytes().toString('latin1').slice(0, 300))}`));
        });
      }),
  };
}
