/** The way Node's own clients take through the proxy: CONNECT, then TLS that trusts only the lab's CA, or nothing. */
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Lab } from './client.ts';

/** Rejects with the status the lab answered, or with the network's own error. */
export async function openTunnel(lab: Lab, host: string, port: number): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const name: Record<string, string> = lab.user
    ? { 'Proxy-Authorization': `Basic ${Buffer.from(`${lab.user}:`).toString('base64')}` }
    : {};
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  request({ ...lab.proxy, method: 'CONNECT', path: authority, headers: { Host: authority, ...name }, agent: false })
    .on('connect', (response: IncomingMessage, socket: Socket, head: Buffer) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        return reject(new Error(`CONNECT ${authority} was answered ${response.statusCode}`));
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    })
    .on('error', reject)
    .end();
  return promise;
}

export async function openTls(lab: Lab, host: string, port: number, alpn: string[]): Promise<TLSSocket> {
  const ca = lab.caFile ? await readFile(lab.caFile, 'utf8') : [];
  const socket = await openTunnel(lab, host, port);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const tls = connectTls({ socket, servername: host, ca, ALPNProtocols: alpn });
  if (lab.onKeys) tls.on('keylog', lab.onKeys);
  tls.once('secureConnect', resolve).once('error', (error) => {
    socket.destroy();
    reject(error);
  });
  await promise;
  return tls;
}
