/** A connection to the broker as a lab has it: TLS and credentials by its configuration, replies on subjects of its own. */
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { jetstream } from '@nats-io/jetstream';
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  type TlsOptions,
} from '@nats-io/transport-node';
import type { HubConfig } from './config.ts';
import type { HubMessage } from './messages.ts';

export interface Broker {
  /** The largest message it takes. */
  maxBytes: number;
  /** Resolves when the stream holds all of them; rejects with the first reason why not. */
  publish(messages: readonly HubMessage[]): Promise<void>;
  close(): Promise<void>;
}

const CONNECT_MS = 5000;
const CONFIRM_MS = 10_000;

/** Rejects when it cannot be reached. A broken connection is not mended: open another. */
export async function connectBroker({ url, credentials, ca, organisation, lab }: HubConfig): Promise<Broker> {
  const connection = await connect({
    servers: url.replace(/^(?:nats|tls):\/\//, ''),
    name: `phonehome lab ${organisation} ${lab}`,
    inboxPrefix: `_INBOX.${organisation}.${lab}`,
    timeout: CONNECT_MS,
    reconnect: false,
    ...(credentials ? { authenticator: authenticatorOf(credentials) } : {}),
    ...(url.startsWith('tls:') ? { tls: tlsOf(url, ca) } : {}),
  });
  const refused = watchRefusals(connection);
  const stream = jetstream(connection, { timeout: CONFIRM_MS });
  return {
    maxBytes: connection.info?.max_payload ?? 1 << 20,
    async publish(messages) {
      const confirmed = messages.map(({ subject, id, bytes }) => stream.publish(subject, bytes, { msgID: id }));
      const outcomes = await Promise.race([Promise.allSettled(confirmed), refused]);
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
    },
    close: () => connection.close(),
  };
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
