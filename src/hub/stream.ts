/**
 * The stream that labs publish to, and its one durable consumer: every hub process takes batches from it, and what it has taken in is
 * removed when the database holds it. A full stream refuses, so labs wait; nothing old is dropped for something new.
 */
import { setTimeout } from 'node:timers/promises';
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
  /** What came within a second, at most so many, at once when there are. Rejects when the broker is away. */
  next(most: number): Promise<JsMsg[]>;
  waiting(): Promise<number>;
  /** What came and was not taken is given to another one. */
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
/**
 * How long the broker is asked for one batch. Twice half of it without a sign, and the client gives up what it asked for with all that is
 * on its way: a machine that stands still for a second must not lose that until it is given again.
 */
const PULL_MS = 10_000;
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
    const inbox = openInbox(consumer);
    return {
      async next(most) {
        if (connection.isClosed()) throw new Error('the connection to the broker is closed');
        return inbox.next(most);
      },
      async waiting() {
        const { num_pending, num_ack_pending } = await consumer.info();
        return num_pending + num_ack_pending;
      },
      async close() {
        for (const message of inbox.left()) message.nak();
        await Promise.race([connection.flush().catch(() => {}), setTimeout(WAIT_MS, undefined, { ref: false })]);
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** One question to the broker at a time, and the next when all that it brought was taken: no more than a batch is held. */
function openInbox(consumer: Pick<Consumer, 'fetch'>): { next(most: number): Promise<JsMsg[]>; left(): JsMsg[] } {
  const arrived: JsMsg[] = [];
  let isAsking = false;
  let fault: Error | null = null;
  let enough = Promise.withResolvers<void>();

  async function ask(most: number): Promise<void> {
    isAsking = true;
    try {
      for await (const message of await consumer.fetch({ max_messages: most, expires: PULL_MS })) arrived.push(message);
    } catch (error) {
      fault = error as Error;
    }
    isAsking = false;
    enough.resolve();
  }
  const left = (): JsMsg[] => arrived.splice(0);

  return {
    async next(most) {
      if (isAsking || arrived.length === 0) {
        enough = Promise.withResolvers();
        if (!isAsking) void ask(most);
        await Promise.race([enough.promise, setTimeout(WAIT_MS, undefined, { ref: false })]);
      }
      const messages = left();
      if (messages.length > 0 || fault === null) return messages;
      const why = fault;
      fault = null;
      throw why;
    },
    left,
  };
}

/** The client names no address to TLS, which then holds the certificate against "localhost". */
function tlsOf(url: string, ca: string | null): TlsOptions {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const options = { checkServerIdentity: (_: string, given: PeerCertificate) => checkServerIdentity(host, given) };
  return { ...options, ...(ca === null ? {} : { ca }) };
}
