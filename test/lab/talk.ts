/**
 * One raw TCP conversation, as a process of its own on the phone: `node talk.ts '{"host":…,"port":…}'`.
 * Prints one JSON line: what came, and how it ended (`end`, or the error's code), in the order things happened.
 */
import { connect } from 'node:net';

export interface Talk {
  host: string;
  port: number;
  /** Sent once connected, or once the first bytes came. */
  send?: string;
  /** In place of `send`: this many bytes. */
  repeat?: number;
  after?: 'connect' | 'first-bytes';
  /** What this side does once everything was sent, or (`reset`) once an answer came. */
  thereafter?: 'end' | 'wait' | 'reset';
  /** Ends when this many bytes came. */
  enough?: number;
  from?: string;
}

export interface Talked {
  received: string;
  ended: string;
}

async function main(talk: Talk): Promise<void> {
  const socket = connect({ host: talk.host, port: talk.port, allowHalfOpen: true, localAddress: talk.from });
  socket.setTimeout(60_000, () => socket.destroy(new Error('nothing for 60 s')));
  let received = '';
  let ended = 'closed';
  const speak = (): void => {
    const bytes = talk.send ?? 'x'.repeat(talk.repeat ?? 0);
    if (bytes) socket.write(bytes);
    if (talk.thereafter === 'end') socket.end();
  };
  if (talk.after !== 'first-bytes') socket.once('connect', speak);
  else socket.once('data', speak);
  socket.on('data', (part) => {
    received += part.toString('latin1');
    if (talk.thereafter === 'reset') socket.resetAndDestroy();
    else if (talk.enough !== undefined && received.length >= talk.enough) socket.end();
  });
  socket.on('end', () => {
    ended = 'end';
    socket.end();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ended = error.code ?? error.message;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  process.stdout.write(`${JSON.stringify({ received, ended } satisfies Talked)}\n`);
}

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? '{}') as Talk);
