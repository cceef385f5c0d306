/** Readers of structures: right locators for real documents, no exception for any bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BinaryValue } from '../../../src/inspect/structure/binary-values.ts';
import { readBplist } from '../../../src/inspect/structure/bplist.ts';
import { FormReader } from '../../../src/inspect/structure/form.ts';
import { JsonPath } from '../../../src/inspect/structure/json-path.ts';
import { JsonView } from '../../../src/inspect/structure/json-view.ts';
import { readCbor, readMsgpack } from '../../../src/inspect/structure/msgpack.ts';
import { MultipartReader } from '../../../src/inspect/structure/multipart.ts';
import { Names } from '../../../src/inspect/structure/names.ts';
import { readProtobuf } from '../../../src/inspect/structure/protobuf.ts';
import { pieces } from '../lab-phone.ts';

const shown = (values: BinaryValue[] | null): string[] | null =>
  values?.map(({ path, bytes }) => `${path}=${bytes.toString()}`) ?? null;

describe('JSON locators', () => {
  /** Every value, with the locator the reader gives at its first byte. */
  function locate(text: string): string[] {
    const view = new JsonView();
    const bytes = Buffer.concat([view.push(Buffer.from(text)), view.end() ?? Buffer.alloc(0)]);
    const found: string[] = [];
    const path = new JsonPath(view, new Names(), {
      nested: () => false,
      nestedBytes: () => {},
      nestedEnd: () => {},
      value: (start, end) => found.push(`${path.path}=${bytes.toString('utf8', start, end)}`),
    });
    path.advance(bytes, 0, bytes.length);
    path.end();
    return found;
  }

  /** The same by a full parse. */
  function expected(value: unknown, path: string): string[] {
    if (Array.isArray(value)) return value.flatMap((each, index) => expected(each, `${path}[${index}]`));
    if (value !== null && typeof value === 'object') {
      return Object.entries(value).flatMap(([key, each]) =>
        expected(each, /^[A-Za-z_$][\w$-]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`),
      );
    }
    return [`${path}=${typeof value === 'string' ? value : JSON.stringify(value)}`];
  }

  it('are those of a full parse, for any document', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.boolean(), (value, isSpaced) => {
        fc.pre(value !== null && typeof value === 'object');
        const text = JSON.stringify(value, null, isSpaced ? 2 : undefined);
        // Lone surrogates and keys that are cut have no equal in text.
        fc.pre(!/\\ud[89a-f]/i.test(text) && !/"(?:[^"\\]|\\.){100,}":/.test(text));
        expect(locate(text)).toEqual(expected(value, '$'));
      }),
      { numRuns: 400 },
    );
  });
});

describe('binary structures', () => {
  it('protobuf: numbers, texts and messages by field', () => {
    const bytes = Buffer.from('0896011a0b0a0474657374120362797a', 'hex');
    expect(shown(readProtobuf(bytes))).toEqual(['field 1=150', 'field 3.1=test', 'field 3.2=byz']);
  });

  it('MessagePack: nested maps and arrays', () => {
    const bytes = Buffer.concat([
      Buffer.from([0x82, 0xa1]),
      Buffer.from('a'),
      Buffer.from([0x92, 1, 0xa3]),
      Buffer.from('xyz'),
      Buffer.from([0xa1]),
      Buffer.from('b'),
      Buffer.from([0xcd, 1, 0]),
    ]);
    expect(shown(readMsgpack(bytes))).toEqual(['$.a[0]=1', '$.a[1]=xyz', '$.b=256']);
  });

  it('CBOR: RFC 8949 appendix A, {"a": 1, "b": [2, 3]} and its indefinite form', () => {
    expect(shown(readCbor(Buffer.from('a26161016162820203', 'hex')))).toEqual(['$.a=1', '$.b[0]=2', '$.b[1]=3']);
    expect(shown(readCbor(Buffer.from('bf61610161629f0203ffff', 'hex')))).toEqual(['$.a=1', '$.b[0]=2', '$.b[1]=3']);
  });

  it('a binary property list, as Python writes it: arrays, dictionaries, numbers, UTF-16', () => {
    const bytes = Buffer.from(
      '62706c6973743030d20102030653696473516ea204055f100f3439303135343230333233373531385178d20708090a516d6100e9233ff8000000000000' +
        '6100fc080d111316282a2f31343d0000000000000101000000000000000b00000000000000000000000000000040',
      'hex',
    );
    expect(shown(readBplist(bytes))).toEqual(['$.ids[0]=490154203237518', '$.ids[1]=x', '$.n.m=1.5', '$.n["é"]=ü']);
  });

  it('a property list that holds itself, or refers to what is not there, ends', () => {
    const list = (refs: number[]): Buffer => {
      const trailer = Buffer.alloc(32);
      trailer[6] = 1;
      trailer[7] = 1;
      trailer[15] = 1;
      trailer[31] = 8 + 1 + refs.length;
      return Buffer.concat([Buffer.from('bplist00'), Buffer.from([0xa0 + refs.length, ...refs, 8]), trailer]);
    };
    expect(readBplist(list([0, 0]))).toBeNull();
    expect(readBplist(list([1]))).toBeNull();
    expect(readBplist(list([]))).toEqual([]);
    expect(readBplist(list([]), () => false)).toBeNull();
  });

  it.each([
    ['protobuf', readProtobuf],
    ['MessagePack', readMsgpack],
    ['CBOR', readCbor],
    ['bplist', (bytes: Buffer) => readBplist(Buffer.concat([Buffer.from('bplist00'), bytes]))],
  ])('%s: any bytes give values or null', (_name, read) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), ({ buffer, byteOffset, length }) => {
        const values = read(Buffer.from(buffer, byteOffset, length));
        expect(values === null || Array.isArray(values)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('noise is hardly ever taken for a structure', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 400 }), ({ buffer, byteOffset, length }) => {
        const bytes = Buffer.from(buffer, byteOffset, length);
        if (readProtobuf(bytes) ?? readMsgpack(bytes) ?? readCbor(bytes)) taken++;
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(taken).toBeLessThan(20);
  });
});

describe('multipart', () => {
  it('a part whose head never ends is a part all the same, read as it comes', () => {
    const heads: string[] = [];
    const bodies: Buffer[] = [];
    const reader = new MultipartReader('multipart/form-data; boundary=b', {
      part({ text }) {
        heads.push(text);
        return { write: (bytes) => bodies.push(Buffer.from(bytes)), end: () => {} };
      },
      between: () => ({ write: () => {}, end: () => {} }),
      mayGoOn: () => true,
    });
    reader.write(Buffer.from(`--b\r\n${'x'.repeat(20_000)}`));
    reader.write(Buffer.from('y'.repeat(20_000)));
    expect(heads.map((head) => head.length)).toEqual([8192]);
    expect(Buffer.concat(bodies).length).toBeGreaterThan(31_000);
  });
});

describe('forms', () => {
  function read(text: string, cuts: number[]): string[] {
    const out: string[] = [];
    const reader = new FormReader({
      value: (name) => {
        const parts: Buffer[] = [];
        return {
          write: (bytes) => parts.push(Buffer.from(bytes)),
          end: () => out.push(`${name}=${Buffer.concat(parts)}`),
        };
      },
      bare: (value) => out.push(value),
      long: () => ({ write: () => undefined, end: () => undefined }),
      mayGoOn: () => true,
    });
    for (const piece of pieces(Buffer.from(text), cuts)) reader.write(piece);
    reader.end(true);
    return out;
  }

  it('are read like URLSearchParams reads them, but for the plus sign, for any cutting', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 12 }), fc.string({ maxLength: 20 })), { maxLength: 6 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        (fields, cuts) => {
          const text = fields
            .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
            .join('&');
          expect(read(text, cuts)).toEqual(fields.map(([name, value]) => `${name}=${value}`));
        },
      ),
      { numRuns: 300 },
    );
  });
});
