/**
 * A simulated phone: real sockets through the lab's proxy, real TLS that trusts the lab's CA and nothing else.
 * It names itself to the proxy (user name = device id), so that several phones can share one address.
 * Requests leave exactly as the case wrote them, one connection each; nothing is added but what HTTP needs.
 */
import { type ClientRequest, type IncomingMessage, type RequestOptions, request as startRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { PhoneRequest, PhoneResponse } from './case.ts';

export interface PhoneConnection {
  deviceId: string;
  proxy: { host: string; port: number };
  /** The lab's root certificate: the only one the phone trusts. */
  caPem: string;
}

/** No replay answers with more; a lab's error page is short. */
const MAX_RESPONSE_BYTES = 1 << 20;
/** A machine that is busy, or an emulated one, needs half a minute for what takes half a second. */
const TIMEOUT_MS = 120_000;

/** Rejects with the network's own error; callers say which request it was. */
export async function sendThroughProxy(phone: PhoneConnection, given: PhoneRequest): Promise<PhoneResponse> {
  const url = new URL(given.url);
  const credentials = `Basic ${Buffer.from(`${phone.deviceId}:`).toString('base64')}`;
  const headers = [['Host', url.host], ...given.headers];
  if (Buffer.isBuffer(given.body)) headers.push(['Content-Length', String(given.body.length)]);
  const options: RequestOptions = { method: given.method, setDefaultHeaders: false, signal: timeLimit() };

  let outgoing: ClientRequest;
  if (url.protocol === 'https:') {
    const socket = await openTunnel(phone, url, credentials);
    const target = url.pathname + url.search;
    outgoing = startRequest({ ...options, path: target, headers: headers.flat(), createConnection: () => socket });
  } else {
    headers.push(['Proxy-Authorization', credentials]);
    outgoing = startRequest({ ...options, ...phone.proxy, path: given.url, headers: headers.flat(), agent: false });
  }
  return await exchange(outgoing, given);
}

/** A phone without a proxy setting: it calls the vendor's address, as after a DNS answer. */
export interface DirectPhone {
  caPem: string;
  addressOf: (host: string) => string;
  /** Its own address, where it has several. */
  localAddress: string;
}

export async function sendDirectly(phone: DirectPhone, given: PhoneRequest): Promise<PhoneResponse> {
  const url = new URL(given.url);
  const headers = [['Host', url.host], ...given.headers];
  if (Buffer.isBuffer(given.body)) headers.push(['Content-Length', String(given.body.length)]);
  const secure = url.protocol === 'https:';
  const to = {
    host: phone.addressOf(url.hostname),
    port: Number(url.port || (secure ? 443 : 80)),
    localAddress: phone.localAddress,
  };
  const outgoing = startRequest({
    method: given.method,
    path: url.pathname + url.search,
    headers: headers.flat(),
    setDefaultHeaders: false,
    signal: timeLimit(),
    createConnection: () =>
      secure
        ? connectTls({ ...to, servername: url.hostname, ca: phone.caPem, ALPNProtocols: ['http/1.1'] })
        : connect(to),
  });
  return await exchange(outgoing, given);
}

async function exchange(outgoing: ClientRequest, given: PhoneRequest): Promise<PhoneResponse> {
  const answered = collect(outgoing);
  const body = given.body instanceof Buffer ? [given.body] : (given.body ?? []);
  // A response may come before the upload ends, and a failure shows on both: the answer decides.
  const [answer] = await Promise.all([answered, pipeline(Readable.from(body), outgoing)]);
  return answer;
}

const timeLimit = (): AbortSignal => AbortSignal.timeout(TIMEOUT_MS);

async function openTunnel(phone: PhoneConnection, url: URL, credentials: string): Promise<TLSSocket> {
  const authority = `${url.hostname}:${url.port || '443'}`;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  startRequest({
    ...phone.proxy,
    method: 'CONNECT',
    path: authority,
    headers: { Host: authority, 'Proxy-Authorization': credentials },
    agent: false,
    signal: timeLimit(),
  })
    .on('connect', (response: IncomingMessage, socket: Socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the lab answered ${response.statusCode} to CONNECT ${authority}`));
    })
    .on('error', reject)
    .end();
  const socket = await promise;
  const secured = Promise.withResolvers<void>();
  const tls = connectTls({ socket, servername: url.hostname, ca: phone.caPem, ALPNProtocols: ['http/1.1'] });
  tls.once('secureConnect', secured.resolve).once('error', (error) => {
    socket.destroy();
    secured.reject(error);
  });
  await secured.promise;
  return tls;
}

async function collect(outgoing: ClientRequest): Promise<PhoneResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', resolve).once('error', reject);
  const response = await promise;
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_RESPONSE_BYTES) throw new Error(`the answer is longer than ${MAX_RESPONSE_BYTES} bytes`);
    parts.push(part);
  }
  // FIN after what is still to be written: a phone that is done, not one that broke off.
  response.socket.destroySoon();
  return { status: response.statusCode ?? 0, body: Buffer.concat(parts) };
}
