/**
 * A WebSocket on a stream of HTTP/2 (RFC 8441), as browsers use it where the server offers it: Node's HTTP/2 on both
 * ends, one masked text message there, the same bytes back.
 */
import { connect, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { frame } from '../readers/websocket-frames.ts';
import type { Lab } from './client.ts';
import { openTls } from './tunnel.ts';

/** Answers every WebSocket with the bytes it gets. */
export async function startWebSocketH2(tls: { certPem: string; keyPem: string }) {
  const server = createSecureServer({
    cert: tls.certPem,
    key: tls.keyPem,
    settings: { enableConnectProtocol: true },
  });
  const open = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    open.add(session);
    session.once('close', () => open.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    stream.respond({ ':status': headers[':protocol'] === 'websocket' ? 200 : 400 });
    stream.pipe(stream);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    stop(): void {
      for (const session of open) session.destroy();
      server.close();
    },
  };
}

/** The bytes sent and the bytes that came back. */
export async function talkWebSocketH2(
  lab: Lab,
  host: string,
  port: number,
  text: string,
): Promise<{ sent: Buffer; back: Buffer }> {
  const socket = await openTls(lab, host, port, ['h2']);
  const session = connect(`https://${host}:${port}`, { createConnection: () => socket });
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  session.once('error', reject);
  await new Promise<void>((done) => session.once('remoteSettings', () => done()));
  const sent = frame({ opcode: 1, payload: text, mask: Buffer.from([1, 2, 3, 4]) });
  const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/live' });
  let back = Buffer.alloc(0);
  stream.once('error', reject);
  stream.on('data', (part: Buffer) => {
    back = Buffer.concat([back, part]);
    if (back.length >= sent.length) resolve(back);
  });
  stream.write(sent);
  return { sent, back: await promise.finally(() => session.destroy()) };
}
