/**
 * A lab's API for other programs, in Node or a browser: `GET`, `POST` … of every address in `/openapi.json`, typed by the schemas
 * of which that description is made, and the live alerts. Promise: nothing of it asks for more than `fetch` and `WebSocket`.
 */
import createFetchClient, { type Client } from 'openapi-fetch';
import type { Text } from '../../model/text.ts';
import type { LiveFrame, Paths, QueryOf, Refused } from './paths.ts';
import type { LIVE_QUERY } from './queries.ts';

export type { LiveFrame, Paths, Refused } from './paths.ts';

export interface ClientOptions {
  /** Of the UI port, e.g. `http://127.0.0.1:8081`. */
  url: string;
  /** Content of DATA/token, DATA/token.operator or DATA/token.viewer; none for a browser that signed in. */
  token?: string;
}

/** Methods that answer `{data, error, response}`: `error` is what the lab says when it refuses; they reject when it does not answer. */
export interface LabClient extends Client<Paths> {
  /** The live alerts: `hello` first, then every alert after `since` and new ones. Close the socket to end it. */
  live(query: QueryOf<typeof LIVE_QUERY>, onFrame: (frame: LiveFrame) => void): WebSocket;
}

/** A client of one lab. Nothing is asked before the first call. */
export function createClient({ url, token }: ClientOptions): LabClient {
  const client = createFetchClient<Paths>({
    baseUrl: url,
    headers: {
      // A body says its own type, in place of one for all.
      'content-type': null,
      // A browser's own proof that its page means it; programs show their token.
      ...(token === undefined ? { 'x-phonehome': '1' } : { authorization: `Bearer ${token}` }),
    },
    bodySerializer,
  });
  const live: LabClient['live'] = (query, onFrame) => {
    const given = Object.entries(query).map(([name, value]) => [name, String(value)]);
    const address = new URL(`/api/alerts/live?${new URLSearchParams(given)}`, url.replace(/^http/, 'ws'));
    const socket = new WebSocket(address, token === undefined ? [] : [`bearer.${token}`]);
    socket.addEventListener('message', ({ data }) => onFrame(JSON.parse(String(data)) as LiveFrame));
    return socket;
  };
  return { ...client, live };
}

/** What `fetch` sends with its type: files as the routes describe them, whatever type a browser guessed of their name; the rest JSON. */
function bodySerializer(body: unknown): Blob {
  const isFile = body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body);
  if (isFile) return new Blob([body as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' });
  return new Blob([JSON.stringify(body)], { type: 'application/json' });
}

/** The lab refused: its own line says what to do. */
export class LabRefusal extends Error {
  override name = 'LabRefusal';
  /** Of the answer. */
  readonly status: number;

  /** The line for other languages than English; null of what the catalogue has not. */
  readonly text: Text | null;

  constructor(line: string, status: number, text: Text | null = null) {
    super(line);
    this.status = status;
    this.text = text;
  }
}

/** The answer alone. @throws LabRefusal */
export async function answerOf<T>(
  call: Promise<{ data?: T; error?: Partial<Refused>; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new LabRefusal(error?.error ?? response.statusText, response.status, error?.text ?? null);
  return data as T;
}
