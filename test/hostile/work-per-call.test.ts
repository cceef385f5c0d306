/**
 * Whatever a phone sends, one call of the lab's thread does a bounded amount of work, and a neighbour's request that came behind
 * it is searched in between. Counted, not timed: bench/worst-call.ts measures what the counts stand for.
 */
import { describe, expect, it } from 'vitest';
import { createReader } from '../../src/readers/reader.ts';
import { flow } from '../readers/reading.ts';
import { type CostlyConnection, costlyConnections } from './costly-connections.ts';
import { type CostlyRequest, costlyRequests } from './costly-inputs.ts';
import { count } from './counted-lab.ts';

/** Of all that bench/worst-call.ts sends: enough that most of it takes several turns. */
const SIZE = 0.02;
/** Twenty milliseconds. */
const MOST_UNITS = 2_000_000;
/** A phone has no more than this on its way. */
const SHARE = 1 << 20;
/** Of one call of a reader. */
const MOST_EVENTS = 8000;
const MOST_BYTES = 6 << 20;

function bytesOf({ target = '/', headers = [], body }: CostlyRequest): Buffer {
  const content = body();
  const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = `POST ${target} HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${content.length}\r\n${fields}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), content]).subarray(0, SHARE);
}

const connections: CostlyConnection[] = [
  ...costlyConnections(SIZE),
  ...costlyRequests(SIZE).map(
    (each): CostlyConnection => ({
      name: `request: ${each.name}`,
      alpn: 'http/1.1',
      sent: () => [['request', bytesOf(each)]],
    }),
  ),
];

describe('one call of the lab', () => {
  it.each(connections.map((each): [string, CostlyConnection] => [each.name, each]))(
    'does little of %s, and the neighbour is found in between',
    (_name, { alpn, sent }) => {
      const counted = count(alpn, sent());
      expect(counted).toMatchObject({ isDone: true, faults: 0 });
      expect(counted.longest).toBeLessThan(MOST_UNITS);
      // One call of the hostile phone, and the neighbour's own.
      expect(counted.neighbourAt).toBeLessThan(MOST_UNITS + 100_000);
      if (counted.total > 2 * MOST_UNITS) expect(counted.callsAfter).toBeGreaterThan(0);
    },
  );
});

describe('one call of a reader', () => {
  it.each(costlyConnections(4 * SIZE).map((each): [string, CostlyConnection] => [each.name, each]))(
    'gives a bounded number of events and bytes for %s',
    (_name, { alpn, sent }) => {
      const reader = createReader(flow, alpn);
      let [mostEvents, mostBytes] = [0, 0];
      for (const [direction, bytes] of sent())
        for (let at = 0, piece = 0; at < bytes.length; at += piece) {
          piece = reader.pieceBytes;
          const events = reader.push(direction, bytes.subarray(at, at + piece), 0);
          const length = events.reduce((sum, event) => sum + ('bytes' in event ? event.bytes.length : 0), 0);
          mostEvents = Math.max(mostEvents, events.length);
          mostBytes = Math.max(mostBytes, length);
        }
      expect(mostEvents).toBeLessThan(MOST_EVENTS);
      expect(mostBytes).toBeLessThan(MOST_BYTES);
    },
  );
});
