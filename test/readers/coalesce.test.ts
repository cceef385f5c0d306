/** A phone that sends a byte a frame: what it sends is handed on in few events, with every byte where it was. */
import { describe, expect, it } from 'vitest';
import type { FlowEvent } from '../../src/model/flow.ts';
import { read } from './reading.ts';
import { frame, handshake } from './websocket-frames.ts';

const messages = (events: FlowEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === 'message' ? [`${event.label} ${event.bytes}${event.final ? ' final' : ''}`] : [],
  );

describe('pieces that follow each other', () => {
  const [request, response] = handshake();
  const mask = Buffer.from([1, 2, 3, 4]);
  const text = 'x'.repeat(5000);
  const fragments = Buffer.concat(
    [...text].map((payload, at) => frame({ opcode: at === 0 ? 1 : 0, payload, fin: at === text.length - 1, mask })),
  );

  it('are one event: a WebSocket message of 5,000 fragments of a byte each', () => {
    const events = read([
      ['request', request],
      ['response', response],
      ['request', fragments],
    ]);
    expect(messages(events)).toEqual([`text ${text} final`]);
  });

  it('stay apart where a message ends', () => {
    const two = Buffer.concat(Array.from({ length: 20 }, (_, at) => frame({ opcode: 1, payload: `m${at}`, mask })));
    const events = read([
      ['request', request],
      ['response', response],
      ['request', two],
    ]);
    expect(messages(events)).toEqual(Array.from({ length: 20 }, (_, at) => `text m${at} final`));
  });

  it('are one view where they lie side by side: a chunked body of a byte a chunk is joined', () => {
    const chunks = `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(100)}0\r\n\r\n`;
    const bodies = read([['request', chunks]]).filter(({ type }) => type === 'body-chunk');
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).toMatchObject({ bytes: Buffer.from('a'.repeat(100)) });
  });
});
