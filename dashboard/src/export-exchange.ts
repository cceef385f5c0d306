/** An exchange in the forms that other programs take: a curl command, HAR 1.2. Pure; bodies come in as the bytes that stood there. */
import type { FlowContent } from '../../src/model/content.ts';
import type { FlowRecord } from '../../src/model/flow.ts';

export type Exchange = FlowContent['exchanges'][number];

/** Set by curl itself, or of one connection alone. */
const LEFT_OUT = /^(?:content-length|transfer-encoding|connection|proxy-.*|host)$/i;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** Bytes that a shell's `printf` writes. */
const octal = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

/** For a POSIX shell. @param body null: none, or it was not kept */
export function curlOf({ request }: Exchange, body: Uint8Array | null): string {
  if (request === null) return '';
  const { method, url, headers } = request;
  const options = headers
    .filter(([name]) => !LEFT_OUT.test(name))
    .map(([name, value]) => `-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`);
  const text = body && body.length > 0 ? textOf(body) : null;
  const isBinary = body !== null && body.length > 0 && text === null;
  const data = isBinary ? ['--data-binary @-'] : text === null ? [] : [`--data-binary ${quoted(text)}`];
  const command = ['curl', `-X ${method}`, quoted(url), ...options, ...data].join(' \\\n  ');
  return isBinary ? `printf '${octal(body)}' | ${command}` : command;
}

/** Null where it is no text, or holds what no command line can. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

export interface Bodies {
  request: Uint8Array | null;
  response: Uint8Array | null;
}

/** HAR 1.2 of what was kept; where a body was not, or not whole, a comment says so. */
export function harOf(
  flow: FlowRecord,
  exchanges: readonly Exchange[],
  bodies: (exchange: Exchange) => Bodies,
): object {
  return {
    log: {
      version: '1.2',
      creator: { name: 'Phonehome', version: '1' },
      entries: exchanges
        .filter(({ request }) => request !== null)
        .map((exchange) => entryOf(flow, exchange, bodies(exchange))),
    },
  };
}

function entryOf(flow: FlowRecord, { request, response }: Exchange, bodies: Bodies) {
  const asked = request as NonNullable<Exchange['request']>;
  const end = response?.body.endedAt ?? response?.time ?? asked.time;
  const version = asked.protocol === 'h2' ? 'HTTP/2' : 'HTTP/1.1';
  return {
    startedDateTime: new Date(asked.time).toISOString(),
    time: Math.max(0, end - asked.time),
    request: {
      method: asked.method,
      url: asked.url,
      httpVersion: version,
      cookies: [],
      headers: named(asked.headers),
      queryString: [...(URL.parse(asked.url)?.searchParams ?? [])].map(([name, value]) => ({ name, value })),
      headersSize: -1,
      bodySize: asked.body.bytes,
      ...(bodies.request && bodies.request.length > 0
        ? { postData: { mimeType: fieldOf(asked.headers, 'content-type'), ...contentOf(bodies.request) } }
        : {}),
      ...lackOf(asked.body),
    },
    response: {
      status: response?.status ?? 0,
      statusText: '',
      httpVersion: version,
      cookies: [],
      headers: named(response?.headers ?? []),
      content: {
        size: response?.body.bytes ?? 0,
        mimeType: fieldOf(response?.headers ?? [], 'content-type'),
        ...(bodies.response && bodies.response.length > 0 ? contentOf(bodies.response) : {}),
      },
      redirectURL: fieldOf(response?.headers ?? [], 'location'),
      headersSize: -1,
      bodySize: response?.body.bytes ?? -1,
      ...(response === null ? { comment: 'no answer was seen' } : lackOf(response.body)),
    },
    cache: {},
    timings: {
      send: 0,
      wait: Math.max(0, (response?.time ?? end) - asked.time),
      receive: Math.max(0, end - (response?.time ?? end)),
    },
    ...(flow.destination.ip === null ? {} : { serverIPAddress: flow.destination.ip }),
    connection: flow.id,
  };
}

const named = (headers: readonly [string, string][]) => headers.map(([name, value]) => ({ name, value }));
const fieldOf = (headers: readonly [string, string][], wanted: string): string =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
const lackOf = ({ bytes, kept }: { bytes: number; kept: number }) =>
  kept < bytes ? { comment: `${kept} of ${bytes} bytes of the body were kept` } : {};

/** Content codings still on: as it stood on the wire. */
function contentOf(bytes: Uint8Array): { text: string; encoding?: 'base64' } {
  const text = textOf(bytes);
  return text === null ? { text: base64Of(bytes), encoding: 'base64' } : { text };
}

export const base64Of = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
export const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
