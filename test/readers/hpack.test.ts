import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HpackDecoder } from '../../src/readers/hpack.ts';

type Fields = [string, string][];

function decode(decoder: HpackDecoder, block: Buffer): Fields | 'lost' {
  const fields: Fields = [];
  return decoder.decode(block, (name, value) => fields.push([name, value])) ? fields : 'lost';
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

const REQUESTS: Fields[] = [
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
    ['cache-control', 'no-cache'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ],
];
const RESPONSES: Fields[] = [
  [
    [':status', '302'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ],
  [
    [':status', '307'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ],
  [
    [':status', '200'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
    ['location', 'https://www.example.com'],
    ['content-encoding', 'gzip'],
    ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
  ],
];
/** RFC 7541 Appendix C.5 and C.6 work with a table of 256 bytes: the size update 3f e1 01 says so. */
const SMALL_TABLE = '3fe101';

/** [RFC 7541 Appendix, blocks of one connection in order, what they mean] */
const vectors: [string, string[], Fields[]][] = [
  [
    'C.2.1 literal with indexing',
    ['400a637573746f6d2d6b65790d637573746f6d2d686561646572'],
    [[['custom-key', 'custom-header']]],
  ],
  ['C.2.2 literal without indexing', ['040c2f73616d706c652f70617468'], [[[':path', '/sample/path']]]],
  ['C.2.3 literal never indexed', ['100870617373776f726406736563726574'], [[['password', 'secret']]]],
  ['C.2.4 indexed', ['82'], [[[':method', 'GET']]]],
  [
    'C.3 requests without Huffman',
    [
      '828684410f7777772e6578616d706c652e636f6d',
      '828684be58086e6f2d6361636865',
      '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
    ],
    REQUESTS,
  ],
  [
    'C.4 requests with Huffman',
    [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be5886a8eb10649cbf',
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    ],
    REQUESTS,
  ],
  [
    'C.5 responses without Huffman, with evictions',
    [
      `${SMALL_TABLE}4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
      '4803333037c1c0bf',
      '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
    ],
    RESPONSES,
  ],
  [
    'C.6 responses with Huffman, with evictions',
    [
      `${SMALL_TABLE}488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
      '4883640effc1c0bf',
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ],
    RESPONSES,
  ],
];

describe('HPACK decodes the examples of RFC 7541 Appendix C', () => {
  for (const [name, blocks, expected] of vectors) {
    test(name, () => {
      const decoder = new HpackDecoder(65536);
      expect(blocks.map((block) => decode(decoder, hex(block)))).toEqual(expected);
    });
  }
});

/** [why the table cannot be trusted any more, block] */
const broken: [string, string][] = [
  ['index 0', '80'],
  ['an index beyond the tables', 'bf'],
  ['an integer that never ends', 'ffffffffffffffffffffffff'],
  ['an integer cut off', 'ff'],
  ['a string longer than the block', '400a6375'],
  ['no string at all', '40'],
  ['a name and no value', '400161'],
  ['a table larger than allowed', '3fe1ffff7f'],
  ['EOS inside a Huffman string', '408461ffffffff00'],
  ['EOS as a Huffman string', '4084ffffffff00'],
  ['Huffman padding of zeros', '40811800'],
  ['Huffman padding of a whole byte', '40821fff00'],
];

describe('HPACK calls itself lost, and stays lost', () => {
  for (const [name, block] of broken) {
    test(name, () => {
      const decoder = new HpackDecoder(65536);
      expect(decode(decoder, hex(block))).toBe('lost');
      expect(decode(decoder, hex('82'))).toBe('lost');
    });
  }
});

test('a size update to 0 empties the table', () => {
  const decoder = new HpackDecoder(65536);
  expect(decode(decoder, hex('400161016240016301644001650166'))).toHaveLength(3);
  expect(decode(decoder, hex('be'))).toEqual([['e', 'f']]);
  expect(decode(decoder, hex('203fe11fbe'))).toBe('lost');
});

test('an entry larger than the table empties it (RFC 7541 4.4)', () => {
  const decoder = new HpackDecoder(65536);
  const big = 'x'.repeat(300);
  decode(decoder, hex(`${SMALL_TABLE}4001610162`));
  const block = Buffer.concat([hex('40017a7fad01'), Buffer.from(big)]);
  expect(decode(decoder, block)).toEqual([['z', big]]);
  expect(decode(decoder, hex('be'))).toBe('lost');
});

test('garbage never throws', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (blocks) => {
      const decoder = new HpackDecoder(65536);
      for (const block of blocks) decode(decoder, Buffer.from(block));
    }),
    { numRuns: 2000 },
  );
});
