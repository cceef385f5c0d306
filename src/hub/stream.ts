/**
 * The stream that labs publish to, and its one durable consumer: every hub process takes batches from it, and what it has taken in is
 * removed when the database holds it. A full stream refuses, so labs wait; nothing old is dropped for something new.
 */
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  AckPolicy,
  type Consumer,
  DiscardPolicy,
  type JsMsg,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  nanos,
  nkeyAuthenticator,
  type TlsOptions,
} from '@nats-io/transport-node';
import type { HubServerConfig } from './config.ts';

export interface Stream {
  /** The next messages, at most so many; empty when none came for a second. Rejects when the broker is away. */
  next(most: number): Promise<JsMsg[]>;
  waiting(): Promise<number>;
  close(): Promise<void>;
}

export const STREAM = 'PHONEHOME';
const CONSUMER = 'hub';
/** Of one lab and kind, waiting: a lab that floods is refused, and the others are not. A week offline has 150,000. */
const MAX_OF_A_SUBJECT = 500_000;
/** Within it the stream itself removes what comes twice. */
const WINDOW_MS = 120_000;
/** A batch that took longer is given to another one. */
const ACK_MS = 15_000;
const WAIT_MS = 1000;
const CONNECT_MS = 5000;

/** Rejects when the broker cannot be reached. */
export async function connectHub({ nats }: Pick<HubServerConfig, 'nats'>): Promise<NatsConnection> {
  const { url, credentials, ca } = nats;
  return connect({
    servers: url.replace(/^(?:nats|tls):\/\//, ''),
    name: 'phonehome hub',
    timeout: CONNECT_MS,
    reconnect: false,
    ...(credentials === null
      ? {}
      : {
          authenticator: (credentials.kind === 'creds' ? credsAuthenticator : nkeyAuthenticator)(
            Buffer.from(credentials.text),
          ),
        }),
    ...(url.startsWith('tls:') ? { tls: tlsOf(url, ca) } : {}),
  });
}

/** Makes stream and consumer where they are not there. Rejects when the broker cannot be reached. */
export async function openStream(config: HubServerConfig): Promise<Stream> {
  const connection = await connectHub(config);
  const { streamBytes } = config;
  try {
    const manager = await jetstreamManager(connection);
    const stream = {
      max_bytes: streamBytes,
      max_msgs_per_subject: MAX_OF_A_SUBJECT,
      discard_new_per_subject: true,
      duplicate_window: nanos(WINDOW_MS),
    };
    const made = { name: STREAM, subjects: ['phonehome.*.*.*'], storage: StorageType.File };
    const rules = { retention: RetentionPolicy.Workqueue, discard: DiscardPolicy.New };
    const isThere = await manager.streams.info(STREAM).then(
      () => true,
      () => false,
    );
    if (isThere) await manager.streams.update(STREAM, stream);
    else await manager.streams.add({ ...made, ...rules, ...stream });
    const wanted = { ack_policy: AckPolicy.Explicit, ack_wait: nanos(ACK_MS), max_ack_pending: 20_000 };
    await manager.consumers.add(STREAM, { durable_name: CONSUMER, ...wanted });
    const consumer: Consumer = await jetstream(connection).consumers.get(STREAM, CONSUMER);
    return {
      async next(most) {
        if (connection.isClosed()) throw new Error('the connection to the broker is closed');
        const messages: JsMsg[] = [];
        for await (const message of await consumer.fetch({ max_messages: most, expires: WAIT_MS }))
          messages.push(message);
        return messages;
      },
      async waiting() {
        const { num_pending, num_ack_pending } = await consumer.info();
        return num_pending + num_ack_pending;
      },
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The client names no address to TLS, which then holds the certificate against "localhost". */
function tlsOf(url: string, ca: string | null): TlsOptions {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const options = { checkServerIdentity: (_: string, given: PeerCertificate) => checkServerIdentity(host, given) };
  return { ...options, ...(ca === null ? {} : { ca }) };
}
