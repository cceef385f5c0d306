/**
 * The reported cases as recordings: each case's script sends its requests to its real simulated vendors, without a lab,
 * and what crossed the network is written down as a browser or proxy would, in HAR 1.2.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { type IncomingMessage, request as startHttp } from 'node:http';
import { request as startHttps } from 'node:https';
import type { Device } from '../../src/model/device.ts';
import type { PhoneRequest, ReplayCase } from '../../src/replay/case.ts';
import { startVendors } from '../../src/replay/vendor-servers.ts';

export interface RecordedCase {
  name: string;
  device: Device;
  entries: object[];
}

export async function recordCase(replay: ReplayCase): Promise<RecordedCase> {
  // The vendors' certificates hold two days, and who checks them reads the machine's clock.
  const now = Date.now();
  const vendors = await startVendors(replay.vendors, now);
  const entries: object[] = [];
  const key = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const vendorPublicKey = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' }) as string;
  try {
    const phone = {
      note: () => {},
      async request(sent: PhoneRequest) {
        const url = new URL(sent.url);
        const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
        const vendor = vendors.upstream.find((one) => one.host === url.hostname && one.port === port);
        if (!vendor) throw new Error(`${replay.name} has no vendor for ${sent.shown}`);
        const body = await collect(sent.body);
        const answer = await exchange(sent, url, body, vendor.dial, vendors.caPem);
        entries.push(harEntry(sent, url, body, answer, vendor.address, now + entries.length * 1000));
        return { status: answer.status, body: answer.body };
      },
    };
    await replay.phone(phone, async () => {}, { vendorPublicKey });
  } finally {
    await vendors.stop();
  }
  return { name: replay.name, device: replay.device(), entries };
}

export function har(cases: readonly RecordedCase[]): object {
  const creator = { name: 'phonehome test', version: '1' };
  return { log: { version: '1.2', creator, entries: cases.flatMap(({ entries }) => entries) } };
}

interface Answer {
  status: number;
  reason: string;
  headers: [string, string][];
  body: Buffer;
}

function exchange(
  sent: PhoneRequest,
  url: URL,
  body: Buffer | null,
  dial: string,
  caPem: string | null,
): Promise<Answer> {
  const [host, port] = dial.split(':');
  const headers = [['Host', url.host], ...sent.headers];
  if (body && !sent.headers.some(([name]) => /^transfer-encoding$/i.test(name)))
    headers.push(['Content-Length', String(body.length)]);
  const options = {
    host,
    port,
    method: sent.method,
    path: `${url.pathname}${url.search}`,
    headers: headers.flat(),
    setDefaultHeaders: false,
    agent: false as const,
  };
  return new Promise((resolve, reject) => {
    const outgoing =
      url.protocol === 'https:'
        ? startHttps({ ...options, servername: url.hostname, ...(caPem ? { ca: caPem } : {}) })
        : startHttp(options);
    outgoing.on('error', reject).on('response', (response: IncomingMessage) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          headers: pairs(response.rawHeaders),
          body: Buffer.concat(parts),
        }),
      );
    });
    outgoing.end(body ?? undefined);
  });
}

function harEntry(
  sent: PhoneRequest,
  url: URL,
  body: Buffer | null,
  answer: Answer,
  serverIPAddress: string,
  time: number,
): object {
  const list = (all: [string, string][]): object[] => all.map(([name, value]) => ({ name, value }));
  const cookies = sent.headers
    .filter(([name]) => /^cookie$/i.test(name))
    .flatMap(([, value]) => value.split('; '))
    .map((pair) => ({ name: pair.slice(0, pair.indexOf('=')), value: pair.slice(pair.indexOf('=') + 1) }));
  const type = (headers: [string, string][]): string =>
    headers.find(([name]) => /^content-type$/i.test(name))?.[1] ?? 'application/octet-stream';
  return {
    startedDateTime: new Date(time).toISOString(),
    time: 1,
    request: {
      method: sent.method,
      url: url.href,
      httpVersion: 'HTTP/1.1',
      cookies,
      headers: list([['Host', url.host], ...sent.headers]),
      queryString: [...url.searchParams].map(([name, value]) => ({ name, value })),
      ...(body ? { postData: { mimeType: type(sent.headers), ...textOf(body) } } : {}),
      headersSize: -1,
      bodySize: body?.length ?? 0,
    },
    response: {
      status: answer.status,
      statusText: answer.reason,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: list(answer.headers),
      content: { size: answer.body.length, mimeType: type(answer.headers), ...textOf(answer.body) },
      redirectURL: '',
      headersSize: -1,
      bodySize: answer.body.length,
    },
    cache: {},
    timings: { send: 0, wait: 1, receive: 0 },
    serverIPAddress,
  };
}

/** HAR holds text; what is none is base64, and says so. */
function textOf(bytes: Buffer): { text: string; encoding?: string } {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? { text } : { text: bytes.toString('base64'), encoding: 'base64' };
}

async function collect(body: PhoneRequest['body']): Promise<Buffer | null> {
  if (body === undefined || Buffer.isBuffer(body)) return body ?? null;
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

function pairs(raw: string[]): [string, string][] {
  return raw.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : []));
}
