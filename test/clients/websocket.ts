/** `ws` through the lab's proxy: sends messages, returns as many as come back. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Lab } from './client.ts';
import { openTls, openTunnel } from './tunnel.ts';

export interface Echoed {
  messages: (string | Buffer)[];
  /** As negotiated, e.g. `permessage-deflate`. */
  extensions: string;
}

/** Waits for one answer per message; rejects with the client's own error. */
export async function talkWebSocket(
  lab: Lab,
  url: string,
  messages: (string | Buffer)[],
  given: { deflate?: boolean } = {},
): Promise<Echoed> {
  const { protocol, hostname, port } = new URL(url);
  const socket =
    protocol === 'wss:'
      ? await openTls(lab, hostname, Number(port || 443), ['http/1.1'])
      : await openTunnel(lab, hostname, Number(port || 80));
  const client = new WebSocket(url, {
    createConnection: () => socket,
    perMessageDeflate: given.deflate ?? false,
  });
  const answers: (string | Buffer)[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.on('error', reject);
  client.on('close', (code) => reject(new Error(`closed with ${code} after ${answers.length} messages`)));
  client.on('message', (data: Buffer, binary) => {
    answers.push(binary ? data : data.toString());
    if (answers.length === messages.length) resolve();
  });
  client.on('open', () => {
    for (const message of messages) client.send(message);
  });
  await promise;
  client.removeAllListeners('close');
  client.close();
  await once(client, 'close');
  return { messages: answers, extensions: client.extensions };
}
