/** A connection to the broker as a lab has it: TLS and credentials by its configuration, replies on subjects of its own. */
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  RequestError,
  TimeoutError,
  type TlsOptions,
} from '@nats-io/transport-node';
import { FEED_STREAM, FEED_SUBJECT } from '../../model/hub.ts';
import type { HubConfig } from './config.ts';
import { openConfirmations } from './confirmations.ts';
import type { HubMessage } from './messages.ts';

export interface Broker {
  /** The largest message it takes. */
  maxBytes: number;
  /** Resolves when the stream holds all of them; rejects with the first reason why not. */
  publish(messages: readonly HubMessage[]): Promise<void>;
  /** Tables the hub hands to labs, as they were signed; null: there are none. */
  feed(): Promise<Uint8Array | null>;
  close(): Promise<void>;
}

const CONNECT_MS = 5000;
const CONFIRM_MS = 10_000;
const FEED_MS = 2000;

/** Rejects when it cannot be reached. A broken connection is not mended: open another. */
export async function connectBroker({ url, credentials, ca, organisation, lab }: HubConfig): Promise<Broker> {
  const inboxPrefix = `_INBOX.${organisation}.${lab}`;
  const connection = await connect({
    servers: url.replace(/^(?:nats|tls):\/\//, ''),
    name: `phonehome lab ${organisation} ${lab}`,
    inboxPrefix,
    timeout: CONNECT_MS,
    reconnect: false,
    ...(credentials ? { authenticator: authenticatorOf(credentials) } : {}),
    ...(url.startsWith('tls:') ? { tls: tlsOf(url, ca) } : {}),
  });
  const refused = watchRefusals(connection);
  const confirmations = openConfirmations(connection, inboxPrefix, CONFIRM_MS);
  return {
    maxBytes: connection.info?.max_payload ?? 1 << 20,
    publish: (messages) => Promise.race([confirmations.publish(messages), refused]),
    async feed() {
      // Answered by the stream itself: labs may ask for this one message and for no other.
      const asking = connection.request(`$JS.API.DIRECT.GET.${FEED_STREAM}.${FEED_SUBJECT}`, '', {
        timeout: FEED_MS,
      });
      const answer = await Promise.race([asking.catch(noneThere), refused]);
      return answer === null || answer.headers?.hasError || answer.data.length === 0 ? null : answer.data;
    },
    close: () => connection.close(),
  };
}

/** Nobody made the stream yet: then nobody answers. */
function noneThere(error: Error): null {
  if (error instanceof RequestError || error instanceof TimeoutError) return null;
  throw error;
}

/** Rejects when the broker refuses what this lab does: told apart from the message, whose confirmation would be waited for in vain. */
function watchRefusals(connection: NatsConnection): Promise<never> {
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => {});
  void (async () => {
    for await (const status of connection.status()) if (status.type === 'error') refused.reject(status.error);
  })();
  return refused.promise;
}

function authenticatorOf({ kind, text }: NonNullable<HubConfig['credentials']>): Authenticator {
  // The last line of a .creds file must end.
  const bytes = Buffer.from(kind === 'creds' ? `${text}\n` : text);
  return kind === 'creds' ? credsAuthenticator(bytes) : nkeyAuthenticator(bytes);
}

/** The client names no address to TLS, which then holds the certificate against "localhost". */
function tlsOf(url: string, ca: string | null): TlsOptions {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const options = { checkServerIdentity: (_: string, given: PeerCertificate) => checkServerIdentity(host, given) };
  return { ...options, ...(ca === null ? {} : { ca }) };
}
