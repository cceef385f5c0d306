/** DNS messages: what is asked, what the lab answers itself, which replies are believed; and that garbage is only ever a value. */
import { decode, encode, RECURSION_DESIRED } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerOf,
  isReplyTo,
  parseQuery,
  RCODE,
  readAnswer,
  ttlPlaces,
  writeAnswer,
  writeRefusal,
} from '../../../src/lan/dns/message.ts';
import { DENIED_NAMES, dohOperator } from '../../../src/lan/dns/names.ts';

const NAMES = { denied: DENIED_NAMES, own: new Map([['phonehome.lab', ['192.0.2.1']]]) };

function ask(name: string, type = 1, edns = false): Buffer {
  const bytes = encode({
    type: 'query',
    id: 4711,
    flags: RECURSION_DESIRED,
    questions: [{ name, type: 'A', class: 'IN' }],
    additionals: edns
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: 1232,
            flags: 0,
            flag_do: false,
            ednsVersion: 0,
            extendedRcode: 0,
            options: [],
          },
        ]
      : [],
  });
  const parsed = parseQuery(bytes);
  if (parsed.ok) bytes.writeUInt16BE(type, parsed.query.questionEnd - 4);
  return bytes;
}

function queryOf(bytes: Buffer) {
  const parsed = parseQuery(bytes);
  if (!parsed.ok) throw new Error(parsed.why);
  return parsed.query;
}

describe('a question', () => {
  it('is read with its name as spelled, type and EDNS', () => {
    expect(queryOf(ask('Zzhc.VNET.cn', 28, true))).toMatchObject({
      id: 4711,
      name: 'Zzhc.VNET.cn',
      type: 28,
      edns: true,
    });
    expect(queryOf(ask('vnet.cn'))).toMatchObject({ edns: false, type: 1 });
  });

  it.each([
    ['cut in its header', Buffer.alloc(11), null],
    ['cut in its name', ask('vnet.cn').subarray(0, 16), 4711],
    ['cut before its class', ask('vnet.cn').subarray(0, -1), 4711],
    ['an answer', Buffer.concat([Buffer.from('12678180', 'hex'), ask('vnet.cn').subarray(4)]), null],
    ['an update', Buffer.concat([Buffer.from('12672800', 'hex'), ask('vnet.cn').subarray(4)]), 0x1267],
    ['two questions', Buffer.concat([Buffer.from('126701000002', 'hex'), ask('vnet.cn').subarray(6)]), 0x1267],
    [
      'a name that points at itself',
      Buffer.from('12670100000100000000 0000c00c00010001'.replace(' ', ''), 'hex'),
      0x1267,
    ],
  ])('is refused when it is %s', (_what, bytes, id) => {
    expect(parseQuery(bytes)).toMatchObject({ ok: false, id });
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (given) => {
        const bytes = Buffer.from(given);
        const parsed = parseQuery(bytes);
        readAnswer(bytes);
        if (parsed.ok) {
          answerOf(parsed.query, NAMES);
          isReplyTo(bytes, 1, bytes, parsed.query);
          expect(parsed.query.questionEnd).toBeLessThanOrEqual(bytes.length);
        } else if (parsed.id !== null) expect(writeRefusal(bytes, RCODE.malformed)).toHaveLength(12);
      }),
    );
  });
});

describe('the lab’s own answers', () => {
  it.each([
    ['use-application-dns.net', 1, RCODE.noSuchName],
    ['MASK.icloud.com', 28, RCODE.noSuchName],
    ['zzhc.vnet.cn', 65, RCODE.ok],
    ['zzhc.vnet.cn', 64, RCODE.ok],
  ])('%s type %i', (name, type, rcode) => {
    expect(answerOf(queryOf(ask(name, type)), NAMES)).toEqual({ rcode, addresses: [] });
  });

  it('leave every other question to a resolver', () => {
    expect(answerOf(queryOf(ask('zzhc.vnet.cn', 1)), NAMES)).toBeNull();
    expect(answerOf(queryOf(ask('x.use-application-dns.net', 1)), NAMES)).toBeNull();
  });

  it('are messages any client reads: id, question, address, EDNS', () => {
    for (const edns of [false, true]) {
      const asked = ask('phonehome.LAB', 1, edns);
      const query = queryOf(asked);
      const own = answerOf(query, NAMES);
      expect(own).not.toBeNull();
      const answer = decode(writeAnswer(asked, query, own!));
      expect(answer).toMatchObject({ id: 4711, type: 'response', flag_ra: true, flag_rd: true, rcode: 'NOERROR' });
      expect(answer.questions?.[0]?.name).toBe('phonehome.LAB');
      expect(answer.answers).toMatchObject([{ name: 'phonehome.LAB', type: 'A', data: '192.0.2.1', ttl: 60 }]);
      expect(answer.additionals?.some(({ type }) => type === 'OPT')).toBe(edns);
    }
  });
});

describe('a reply', () => {
  const asked = ask('zzhc.vnet.cn');
  const query = queryOf(asked);
  const reply = (over: { id?: number; name?: string; type?: 'response' | 'query' } = {}): Buffer =>
    encode({
      type: over.type ?? 'response',
      id: over.id ?? 7,
      questions: [{ name: over.name ?? 'zzhc.vnet.cn', type: 'A', class: 'IN' }],
      answers: [
        { name: 'zzhc.vnet.cn', type: 'CNAME', ttl: 30, data: 'edge.vnet.cn' },
        { name: 'edge.vnet.cn', type: 'A', ttl: 300, data: '42.62.48.10' },
      ],
    });

  it.each([
    ['fits', {}, true],
    ['fits in another spelling (0x20)', { name: 'ZzHc.VnEt.Cn' }, true],
    ['has another id', { id: 8 }, false],
    ['answers another question', { name: 'zzhd.vnet.cn' }, false],
    ['is a question itself', { type: 'query' as const }, false],
  ])('%s', (_what, over, believed) => {
    expect(isReplyTo(reply(over), 7, asked, query)).toBe(believed);
  });

  it('gives the addresses behind aliases, with the shortest life', () => {
    expect(readAnswer(reply())).toEqual({ rcode: 0, truncated: false, addresses: ['42.62.48.10'], ttlS: 30 });
  });

  it('with damaged records still tells its code', () => {
    const damaged = reply().subarray(0, 40);
    expect(readAnswer(damaged)).toEqual({ rcode: 0, truncated: false, addresses: [], ttlS: 0 });
  });

  it.each([0, 1, 11])('of %s bytes has no times to live', (length) => {
    expect(ttlPlaces(reply().subarray(0, length))).toBeNull();
  });
});

describe('resolvers that take look-ups over HTTPS', () => {
  it.each([
    ['dns.google', null, 'Google Public DNS'],
    ['DNS.GOOGLE', null, 'Google Public DNS'],
    ['abc123.dns.nextdns.io', null, 'NextDNS'],
    ['223.5.5.5', '223.5.5.5', 'AliDNS (Alibaba)'],
    ['unknown.example', '1.1.1.1', 'Cloudflare'],
    ['google.com', '142.250.1.1', null],
    ['notdns.google', null, null],
  ])('%s %s', (host, ip, operator) => {
    expect(dohOperator(host, ip)).toBe(operator);
  });
});
