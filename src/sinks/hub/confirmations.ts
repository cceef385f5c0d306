/**
 * Publishes many messages with one wait for all of them. The client's own way makes a timer and two errors with their stacks for
 * each message, a quarter of what publishing costs. Promise: resolves only when the stream confirmed every one.
 */
import { createInbox, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { HubMessage } from './messages.ts';

export interface Confirmations {
  /** One batch at a time. Resolves when the stream holds all of them; rejects with the first reason why not. */
  publish(messages: readonly HubMessage[]): Promise<void>;
}

interface Waiting {
  missing: Set<string>;
  resolve(): void;
  reject(why: Error): void;
}

/** @param prefix of the subjects that confirmations come on */
export function openConfirmations(connection: NatsConnection, prefix: string, timeoutMs: number): Confirmations {
  const inbox = createInbox(prefix);
  let waiting: Waiting | null = null;
  let published = 0;

  connection.subscribe(`${inbox}.*`, {
    callback(error, message) {
      if (error) waiting?.reject(error);
      else if (waiting?.missing.has(message.subject)) {
        const refusal = refusalIn(message);
        if (refusal !== null) waiting.reject(new Error(refusal));
        waiting.missing.delete(message.subject);
        if (waiting.missing.size === 0) waiting.resolve();
      }
    },
  });
  void connection.closed().then((error) => waiting?.reject(error ?? new Error('the connection was closed')));

  return {
    async publish(messages) {
      if (messages.length === 0) return;
      const confirmed = Promise.withResolvers<void>();
      const { resolve, reject } = confirmed;
      const missing = new Set<string>();
      waiting = { missing, resolve, reject };
      const timer = setTimeout(() => reject(new Error('the stream does not confirm')), timeoutMs);
      try {
        for (const { subject, id, bytes } of messages) {
          const reply = `${inbox}.${published++}`;
          missing.add(reply);
          const named = headers();
          named.set('Nats-Msg-Id', id);
          connection.publish(subject, bytes, { reply, headers: named });
        }
        await confirmed.promise;
      } finally {
        clearTimeout(timer);
        waiting = null;
      }
    },
  };
}

/** Null: the stream holds the message. */
function refusalIn(message: Msg): string | null {
  // Without a payload the broker itself answers: nobody listens on that subject.
  if (message.data.length === 0) return 'the broker has no stream for it';
  const { stream, error } = message.json<{ stream?: string; error?: { description: string } }>();
  if (error) return error.description;
  return stream ? null : 'the stream does not confirm';
}
