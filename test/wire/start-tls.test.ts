/** When two sides that talk in clear have agreed to go on with TLS, and when they have not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStartTlsWatch, type StartTlsState } from '../../src/wire/start-tls.ts';

/** `>` the phone, `<` the server. */
type Line = `${'>' | '<'} ${string}`;

const GREETED: Line[] = ['< 220 mail.test ESMTP\r\n', '> EHLO phone\r\n', '< 250-mail.test\r\n250 STARTTLS\r\n'];
const IMAP: Line[] = ['< * OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n'];
const XMPP: Line[] = [
  "> <?xml version='1.0'?><stream:stream to='a.test' xmlns='jabber:client' version='1.0'>",
  "< <?xml version='1.0'?><stream:stream id='1'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>",
];
const ASK_XMPP: Line = "> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

const AGREED: [string, Line[]][] = [
  ['SMTP', [...GREETED, '> STARTTLS\r\n', '< 220 2.0.0 go\r\n']],
  ['SMTP in small letters, after a greeting of two lines', ['< 220-a\r\n220 b\r\n', '> starttls\r\n', '< 220 go\r\n']],
  ['SMTP asked in one piece with EHLO', ['< 220 a\r\n', '> EHLO b\r\nSTARTTLS\r\n', '< 250 hi\r\n220 go\r\n']],
  [
    'SMTP asked again after a refusal',
    [...GREETED, '> STARTTLS\r\n', '< 454 later\r\n', '> STARTTLS\r\n', '< 220 go\r\n'],
  ],
  ['IMAP', [...IMAP, '> a1 STARTTLS\r\n', '< a1 OK begin\r\n']],
  ['IMAP with news before the answer', [...IMAP, '> x.2 starttls\r\n', '< * 3 EXISTS\r\nx.2 OK begin\r\n']],
  ['POP3', ['< +OK ready\r\n', '> CAPA\r\n', '< +OK\r\nSTLS\r\n.\r\n', '> STLS\r\n', '< +OK begin\r\n']],
  ['XMPP', [...XMPP, ASK_XMPP, "< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"]],
  ['XMPP with elements that have an end tag', [...XMPP, '> <starttls></starttls>', '< <proceed></proceed>\n']],
  ['XMPP without an XML declaration', ["> <stream:stream to='a'>", '< <stream:stream>', ASK_XMPP, '< <proceed/>']],
];

const NOT: [string, Line[]][] = [
  ['words after the question', [...GREETED, '> STARTTLS\r\nRSET\r\n', '< 220 go\r\n']],
  ['words between question and answer', [...GREETED, '> STARTTLS\r\n', '> RSET\r\n', '< 220 go\r\n']],
  ['words after the go-ahead', [...GREETED, '> STARTTLS\r\n', '< 220 go\r\n250 reset\r\n']],
  ['a refusal', [...GREETED, '> STARTTLS\r\n', '< 454 TLS not available\r\n']],
  ['a go-ahead nobody asked for', [...GREETED, '< 220 go\r\n']],
  ['a go-ahead that is not whole', [...GREETED, '> STARTTLS\r\n', '< 220 go\r']],
  ['another word that begins alike', [...GREETED, '> STARTTLSNOW\r\n', '< 220 go\r\n']],
  ['IMAP: the answer to another command', [...IMAP, '> a1 STARTTLS\r\n', '< a0 OK done\r\n']],
  ['IMAP: a refusal', [...IMAP, '> a1 STARTTLS\r\n', '< a1 BAD no\r\n']],
  ['POP3: a refusal', ['< +OK ready\r\n', '> STLS\r\n', '< -ERR no\r\n']],
  ['XMPP: a refusal', [...XMPP, ASK_XMPP, '< <failure/></stream:stream>']],
  ['XMPP: a stanza after the go-ahead', [...XMPP, ASK_XMPP, '< <proceed/><presence/>']],
  ['XMPP: a stanza after the question', [...XMPP, `${ASK_XMPP}<presence/>`, '< <proceed/>']],
  ['XMPP: the element only spoken of', [...XMPP, '> <message><body>&lt;starttls/></body></message>', '< <proceed/>']],
  ['a page that begins with <', ['> <html><starttls/>', '< <proceed/>']],
  ['a protocol nobody knows', ['< SSH-2.0-x\r\n', '> STARTTLS\r\n', '< 220 go\r\n']],
  ['FTP, which has words of its own', ['< 220 ftp\r\n', '> AUTH TLS\r\n', '< 234 go\r\n']],
];

function verdictOf(lines: Line[], cut: (text: string) => string[]): StartTlsState {
  const watch = createStartTlsWatch(lines[0]!.startsWith('>'));
  let verdict: StartTlsState = 'watching';
  for (const line of lines)
    for (const part of cut(line.slice(2)))
      verdict = watch[line[0] === '>' ? 'up' : 'down'](Buffer.from(part, 'latin1'));
  return verdict;
}

const whole = (text: string): string[] => [text];
const byteByByte = (text: string): string[] => [...text];

describe.each([
  ['whole', whole],
  ['byte by byte', byteByByte],
])('%s', (_, cut) => {
  it.each(AGREED)('agreed: %s', (_name, lines) => expect(verdictOf(lines, cut)).toBe('agreed'));
});

it.each(NOT)('not agreed: %s', (_name, lines) => {
  expect(verdictOf(lines, whole)).not.toBe('agreed');
});

it('holds little of a conversation that never comes to TLS', () => {
  for (const [start, way] of [
    ['< 220 a\r\n', 'up'],
    ['< 220 a', 'down'],
    ['> <stream:stream ', 'up'],
  ] as const) {
    const watch = createStartTlsWatch(start.startsWith('>'));
    watch[start[0] === '>' ? 'up' : 'down'](Buffer.from(start.slice(2)));
    const verdicts = Array.from({ length: 40 }, () => watch[way](Buffer.alloc(1000, 'x')));
    expect(verdicts.at(-1), start).toBe('no');
  }
  const chatty = createStartTlsWatch(false);
  const verdicts = Array.from({ length: 300 }, () => chatty.down(Buffer.from('220 hello\r\n'.repeat(100))));
  expect(verdicts.at(-1)).toBe('no');
});

it('never throws, and never agrees where nobody asked', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('220 a\r\n', '* OK\r\n', '+OK\r\n', 'a OK\r\n', '<proceed/>', '\r\n'),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.tuple(fc.boolean(), text)), (isXml, talk) => {
      const watch = createStartTlsWatch(isXml);
      for (const [isUp, words] of talk)
        expect(watch[isUp ? 'up' : 'down'](Buffer.from(words.replaceAll(/st(art)?tls/gi, '')))).not.toBe('agreed');
    }),
  );
});
