/**
 * The servers of the internet host, as a process of its own: `node internet.ts '{"addresses":[…],"names":[…]}'`.
 * 80 HTTP, 443 HTTPS (h1 and h2), 5222 speaks first and echoes, 7001 answers after the client's end, 7002 resets once it
 * got bytes, 7003 tells how the client left. Prints one JSON line `ready` with the authority, then one per thing it saw.
 */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import { createVendorAuthority } from '../../src/replay/vendor-authority.ts';

export interface InternetOptions {
  addresses: string[];
  names: [string, ...string[]];
}

export const BANNER = 'server first\n';

const tell = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

async function main({ addresses, names }: InternetOptions): Promise<void> {
  const authority = await createVendorAuthority(Date.now());
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
    });
    request.on('end', () => {
      const from = request.socket.remoteAddress;
      tell({ saw: 'request', method: request.method, path: request.url, version: request.httpVersion, bytes, from });
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(`${request.httpVersion} ${request.url} ${bytes}`);
    });
  };
  const raw = (serve: (socket: Socket) => void): Server => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      serve(socket);
    });
    return server;
  };
  const servers: [number, () => Server][] = [
    [80, () => createHttp(answer)],
    [
      5222,
      () =>
        raw((socket) => {
          socket.write(BANNER);
          socket.pipe(socket);
        }),
    ],
    [
      7001,
      () =>
        raw((socket) => {
          let bytes = 0;
          socket.on('data', (part) => {
            bytes += part.length;
          });
          socket.on('end', () => socket.end(`after your end: ${bytes} bytes`));
        }),
    ],
    [7002, () => raw((socket) => void socket.once('data', () => socket.resetAndDestroy()))],
    [
      7003,
      () =>
        raw((socket) => {
          let how = 'closed';
          socket.on('data', () => socket.write('x'));
          socket.on('end', () => {
            how = 'end';
            socket.end();
          });
          socket.on('error', (error: NodeJS.ErrnoException) => {
            how = error.code ?? 'error';
          });
          socket.on('close', () => tell({ saw: 'left', how }));
        }),
    ],
  ];
  for (const address of addresses) {
    for (const [port, make] of servers) await listen(make(), address, port);
    const tls = createSecureServer({ key: authority.keyPem, cert: authority.certify(...names), allowHTTP1: true });
    tls.on('request', answer as never);
    await listen(tls, address, 443);
  }
  tell({ ready: true, caPem: authority.caPem });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen({ host, port, backlog: 4096 }, resolve);
  });
}

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? '{}') as InternetOptions);
