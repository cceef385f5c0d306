/** A connection that the lab began to read in its middle, as after the half that reads had to be started again. */
import { expect, it } from 'vitest';
import { createReader } from '../../src/readers/reader.ts';
import { flow } from './reading.ts';

const REQUEST = 'POST /report HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nok';
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** Types of what comes out of each step, in order. */
function typesOf(steps: ['request' | 'response', string][], continues: boolean): string[] {
  const reader = createReader({ ...flow, continues }, null);
  return steps.flatMap(([direction, text]) => reader.push(direction, Buffer.from(text), 0).map(({ type }) => type));
}

it.each<[string, ['request' | 'response', string][]]>([
  [
    'an answer comes first',
    [
      ['response', ANSWER],
      ['request', REQUEST],
    ],
  ],
  [
    'the rest of a body comes first',
    [
      ['request', '":1}'],
      ['response', ANSWER],
      ['request', REQUEST],
    ],
  ],
  [
    'a name as it stands in a request line comes first',
    [
      ['request', 'tail'],
      ['response', ANSWER],
      ['request', REQUEST],
    ],
  ],
  [
    'an answer comes in parts',
    [
      ['response', '...'],
      ['response', ANSWER],
      ['request', REQUEST],
    ],
  ],
])('is read from the next request on: %s', (_, steps) => {
  expect(typesOf(steps, true)).toContain('request-head');
  // Of a whole connection such a beginning says that it is something else.
  expect(typesOf(steps, false)).not.toContain('request-head');
});

it('is not taken for requests where a phone goes on speaking: that is content', () => {
  expect(
    typesOf(
      [
        ['request', '{"text":"'],
        ['request', REQUEST],
      ],
      true,
    ),
  ).not.toContain('request-head');
});

it('goes on as HTTP once it was recognised', () => {
  const again: ['request' | 'response', string][] = [
    ['response', ANSWER],
    ['request', REQUEST],
    ['response', ANSWER],
    ['request', REQUEST],
  ];
  expect(typesOf(again, true).filter((type) => type === 'request-head')).toHaveLength(2);
});
