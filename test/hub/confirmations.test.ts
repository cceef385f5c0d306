/** Confirmations of the stream, from a connection that is played here. */
import type { Msg, NatsConnection, PublishOptions, SubscriptionOptions } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { openConfirmations } from '../../src/sinks/hub/confirmations.ts';

const TIMEOUT_MS = 60_000;
const messages = ['1', '2', '3'].map((id) => ({ subject: 'phonehome.a.b.alert', id, bytes: new Uint8Array([1]) }));

function played() {
  const sent: { id: string; reply: string }[] = [];
  const closed = Promise.withResolvers<void>();
  let hear: SubscriptionOptions['callback'];
  const connection: Pick<NatsConnection, 'publish' | 'subscribe' | 'closed'> = {
    publish: (_subject: string, _data: unknown, { reply = '', headers }: PublishOptions = {}) =>
      void sent.push({ id: headers?.get('Nats-Msg-Id') ?? '', reply }),
    subscribe: ((_subject: string, { callback }: SubscriptionOptions) => {
      hear = callback;
    }) as NatsConnection['subscribe'],
    closed: () => closed.promise,
  };
  return {
    sent,
    close: closed.resolve,
    confirmations: openConfirmations(connection as NatsConnection, '_INBOX.a.b', TIMEOUT_MS),
    answer(reply: string, said: object | null) {
      const data = said === null ? new Uint8Array() : Buffer.from(JSON.stringify(said));
      void hear?.(null, { subject: reply, data, json: () => said } as Msg);
    },
  };
}
const held = { stream: 'PHONEHOME', seq: 1 };

it('resolves when every message is confirmed, in whatever order, and not before', async () => {
  const { sent, confirmations, answer } = played();
  let isDone = false;
  const done = confirmations.publish(messages).then(() => {
    isDone = true;
  });
  const [first, second, third] = sent.map(({ reply }) => reply) as [string, string, string];
  expect(sent.map(({ id }) => id)).toEqual(['1', '2', '3']);
  for (const reply of [third, first, first, third]) answer(reply, held);
  await Promise.resolve();
  expect(isDone).toBe(false);
  answer(second, held);
  await done;
});

it('takes a message that the stream held before as confirmed', async () => {
  const { sent, confirmations, answer } = played();
  const done = confirmations.publish(messages.slice(0, 1));
  answer(sent[0]?.reply ?? '', { ...held, duplicate: true });
  await done;
});

it('says why the stream refuses one of them', async () => {
  const { sent, confirmations, answer } = played();
  const done = confirmations.publish(messages);
  for (const { id, reply } of sent)
    answer(reply, id === '3' ? { error: { code: 503, description: 'maximum messages per subject exceeded' } } : held);
  await expect(done).rejects.toThrow('maximum messages per subject exceeded');
});

it('does not take an answer without content as a confirmation: nobody keeps the message', async () => {
  const { sent, confirmations, answer } = played();
  const done = confirmations.publish(messages);
  answer(sent[0]?.reply ?? '', null);
  await expect(done).rejects.toThrow('the broker has no stream for it');
});

it('does not count what comes late for the messages before', async () => {
  const { sent, confirmations, answer, close } = played();
  const refused = confirmations.publish(messages);
  answer(sent[0]?.reply ?? '', { error: { code: 500, description: 'not now' } });
  await expect(refused).rejects.toThrow('not now');
  const again = confirmations.publish(messages);
  for (const { reply } of sent.slice(0, 3)) answer(reply, held);
  close();
  await expect(again).rejects.toThrow('the connection was closed');
});
