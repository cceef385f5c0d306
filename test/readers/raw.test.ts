import { describe, expect, test } from 'vitest';
import { byteByByte, digest, read, type Step } from './reading.ts';

const SNI_HELLO = Buffer.concat([Buffer.from([0x16, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3]), Buffer.alloc(94, 0x5a)]);
const NO_READER = 'no reader knows this protocol: searched as raw bytes';
const STARTTLS = 'STARTTLS: encrypted from here, not intercepted';
const both = (reason: string) => [`request: ${reason}`, `response: ${reason}`];

/** [name, steps, what is said] */
const cases: [string, Step[], string[]][] = [
  ['bytes no reader knows', [['request', '\x01\x02IMEI 490154203237518']], [`request: ${NO_READER}`]],
  [
    'a server that speaks first',
    [
      ['response', '220 mail ready\r\n'],
      ['request', 'GET / HTTP/1.1\r\n\r\n'],
    ],
    [`response: ${NO_READER}`, `request: ${NO_READER}`],
  ],
  [
    'STARTTLS in SMTP',
    [
      ['response', '220 mail ready\r\n'],
      ['request', 'EHLO phone\r\nSTARTTLS\r\n'],
      ['response', '220 go ahead\r\n'],
      ['request', SNI_HELLO],
    ],
    [`response: ${NO_READER}`, `request: ${NO_READER}`, ...both(STARTTLS)],
  ],
  [
    'STARTTLS in IMAP',
    [
      ['response', '* OK ready\r\n'],
      ['request', 'a1 STARTTLS\r\n'],
      ['response', 'a1 OK begin\r\n'],
      ['request', SNI_HELLO],
    ],
    [`response: ${NO_READER}`, `request: ${NO_READER}`, ...both(STARTTLS)],
  ],
  [
    'STARTTLS in XMPP',
    [
      ['request', "<?xml version='1.0'?><stream:stream to='x'><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
      ['response', "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
      ['request', SNI_HELLO],
    ],
    [`request: ${NO_READER}`, `response: ${NO_READER}`, ...both(STARTTLS)],
  ],
  [
    'TLS from the first byte',
    [['request', SNI_HELLO]],
    [`request: ${NO_READER}`, ...both('TLS inside the connection: not intercepted')],
  ],
  [
    'bytes that only look like a TLS record',
    [['request', 'x\x16\x03\x01\x00\x20\x02\x00\x00\x1c\x03\x03....']],
    [`request: ${NO_READER}`],
  ],
  ['a first line that never ends', [['request', 'ABC '.padEnd(20_000, 'd')]], [`request: ${NO_READER}`]],
];

describe('What no reader knows is handed on whole as raw bytes', () => {
  for (const [name, steps, said] of cases) {
    for (const [how, cut] of [
      ['whole', (all: Buffer) => [all]],
      ['one byte at a time', byteByByte],
    ] as const) {
      test(`${name} (${how})`, () => {
        const told = digest(read(steps, { cut }));
        expect([...told.unreadable].sort()).toEqual([...said].sort());
        expect(told.story).toEqual([]);
        for (const direction of ['request', 'response'] as const) {
          const sent = steps.filter((step) => step[0] === direction).map((step) => step[1].toString('latin1'));
          expect(told.raw[direction]).toBe(sent.join(''));
        }
      });
    }
  }

  test('an undecided start is not lost when the connection ends', () => {
    expect(digest(read([['request', 'imei=490154203237518']])).raw.request).toBe('imei=490154203237518');
  });
});
