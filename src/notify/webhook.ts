/**
 * Sends one message by HTTP. Promise: no redirect is followed, no answer longer than `MAX_ANSWER` is read, nothing takes longer
 * than `TIMEOUT_MS`; what is told of a failure holds no address with its secrets and no text of the answer.
 */
import { readFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP } from 'node:net';
import { say } from '../formats/say.ts';
import type { Webhook } from '../model/notify.ts';
import { type Text, text } from '../model/text.ts';
import { addressProblem, DestinationError, type Guard, guardedLookup } from './destination.ts';
import type { Notice } from './notice.ts';
import { failed, type Outcome, refused } from './outcome.ts';
import { signatureHeaders } from './signature.ts';
import { type Filling, fill, fillBody, fillUrl, type Json, TEMPLATES } from './templates.ts';

const TIMEOUT_MS = 15_000;
const MAX_ANSWER = 64 * 1024;
/** The message is at fault, not the way to the receiver. */
const REFUSALS = new Set([400, 406, 413, 415, 422]);
const MAX_RETRY_AFTER_S = 3600;

/** A secret that is not there, or that others could read. */
export class SecretError extends Error {
  override name = 'SecretError';

  readonly why: Text;

  constructor(why: Text) {
    super(say(why));
    this.why = why;
  }
}

export interface WebhookOptions {
  receiver: Webhook;
  notice: Notice;
  /** @throws SecretError with one line that says what to do */
  secretOf: (file: string) => string;
  guard: Guard;
  now: () => number;
}

export async function sendWebhook(options: WebhookOptions): Promise<Outcome> {
  let made: ReturnType<typeof requestOf>;
  try {
    made = requestOf(options);
  } catch (error) {
    if (error instanceof SecretError) return failed(error.why);
    return failed(text('sending.no-address'));
  }
  const answer = await exchange(made, options);
  return 'status' in answer ? judge(answer, TEMPLATES[options.receiver.template].accepted) : answer;
}

/** What is sent: for a test, and to look at. @throws SecretError */
export function requestOf({ receiver, notice, secretOf, now }: Omit<WebhookOptions, 'guard'>) {
  const template = TEMPLATES[receiver.template];
  const secrets = Object.fromEntries(Object.entries(receiver.secrets).map(([name, file]) => [name, secretOf(file)]));
  const filling: Filling = {
    notice,
    values: receiver.values,
    secrets,
    ...(template.maxText ? { maxText: template.maxText } : {}),
  };
  const url = new URL(fillUrl(receiver.url ?? template.url ?? '', filling));
  if (url.protocol !== 'https:' && !(receiver.private && url.protocol === 'http:')) throw new TypeError('not https');
  const body = JSON.stringify(fillBody((receiver.body as Json | undefined) ?? template.body, filling));
  const given = Object.entries({ ...template.headers, ...receiver.headers });
  const signed = receiver.signWith
    ? signatureHeaders({ id: notice.id, now: now(), body, secret: secretOf(receiver.signWith) })
    : { 'webhook-id': notice.id };
  return {
    method: receiver.method ?? template.method,
    url,
    body,
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'phonehome',
      ...signed,
      ...Object.fromEntries(given.map(([name, value]) => [name, fill(value, filling).replace(/[\r\n]/g, ' ')])),
    },
  };
}

type Answer = { status: number; body: string; retryAfter: string | undefined };

function exchange(
  { method, url, body, headers }: ReturnType<typeof requestOf>,
  { receiver, guard }: WebhookOptions,
): Promise<Answer | Outcome> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const problem = isIP(host) ? addressProblem(host, guard) : null;
  if (problem) return Promise.resolve(failed(problem));
  return new Promise((resolve) => {
    const request = url.protocol === 'https:' ? requestTls : requestPlain;
    const sent = request(
      url,
      {
        method,
        headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
        lookup: guardedLookup(guard),
        agent: false,
        ...(receiver.caFile ? { ca: readFileSync(receiver.caFile) } : {}),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const done = (): void =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            retryAfter: response.headers['retry-after'],
          });
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= MAX_ANSWER) chunks.push(chunk);
          else {
            done();
            response.destroy();
          }
        });
        response.on('end', done);
        response.on('error', (error) => resolve(failed(reasonOf(error))));
      },
    );
    sent.on('error', (error) => resolve(failed(reasonOf(error))));
    sent.end(body);
  });
}

function judge({ status, body, retryAfter }: Answer, accepted: { field: string; equals: Json } | undefined): Outcome {
  if (status >= 300 && status < 400) return failed(text('sending.elsewhere', { status }));
  if (REFUSALS.has(status)) return refused(text('sending.refuses', { status }));
  if (status < 200 || status >= 300) return failed(text('sending.answered', { status }), retryAfterMs(retryAfter));
  if (accepted && fieldOf(body, accepted.field) !== accepted.equals)
    return refused(text('sending.not-taken', { status }));
  return { ok: true };
}

function fieldOf(body: string, field: string): unknown {
  try {
    return (JSON.parse(body) as Record<string, unknown>)[field];
  } catch {
    return undefined;
  }
}

function retryAfterMs(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_S) * 1000 : undefined;
}

/** By its code: messages of sockets hold addresses. */
function reasonOf(error: Error & { code?: string }): Text {
  if (error instanceof DestinationError) return error.why;
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return text('sending.late', { seconds: TIMEOUT_MS / 1000 });
  const known = KNOWN.find((code) => code === error.code);
  return known ? text(`sending.${known}`) : text('sending.unreachable', { code: error.code ?? error.name });
}

const KNOWN = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'ENOENT'] as const;
