import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JsMsg } from '@nats-io/jetstream';
import { expect, it } from 'vitest';
import { readHubServerConfig } from '../../src/hub/config.ts';
import { openStream } from '../../src/hub/stream.ts';
import { connectBroker } from '../../src/sinks/hub/broker.ts';
import { readHubConfig } from '../../src/sinks/hub/config.ts';
import { heartbeatOf } from '../../src/sinks/hub/messages.ts';
import { describeWith } from '../clients/tools.ts';
import { openNats, type Postgres, writeHubConfig, writeLabConfig } from './engines.ts';

const LAB = 'alpha/hanoi';
const NOWHERE = { url: 'postgresql://hub@127.0.0.1/none' } as Postgres;
const COUNT = 40;
/** Longer than a question for one second's messages could go without an answer. */
const STANDSTILL_MS = 2500;

describeWith(['nats-server'], 'a broker that stood still for seconds', () => {
  it('is not taken for one that is away, and gives each message once: what was on its way is not given up', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'hub-'));
    const nats = await openNats(directory, [LAB]);
    await nats.start();
    const stream = await openStream(readHubServerConfig(writeHubConfig(directory, nats, NOWHERE)));
    const broker = await connectBroker(readHubConfig(writeLabConfig(directory, nats, LAB), () => null));
    try {
      // The question is with the broker before it stops.
      const messages: JsMsg[] = await stream.next(500);
      process.kill(nats.pid(), 'SIGSTOP');
      const published = broker.publish(
        Array.from({ length: COUNT }, (_, head) =>
          heartbeatOf(
            { organisation: 'alpha', lab: 'hanoi' },
            { version: '1', history: 'h', published: 0, head },
            new Date(head).toISOString(),
          ),
        ),
      );
      const end = performance.now() + STANDSTILL_MS;
      while (performance.now() < end) messages.push(...(await stream.next(500)));
      process.kill(nats.pid(), 'SIGCONT');
      await published;
      while (messages.length < COUNT) messages.push(...(await stream.next(500)));
      for (const message of messages) message.ack();
      expect(messages.map(({ redelivered }) => redelivered)).toEqual(Array(COUNT).fill(false));
    } finally {
      await broker.close();
      await stream.close();
      await nats.kill();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
