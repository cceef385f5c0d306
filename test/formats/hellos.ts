/** ClientHellos built field by field, so that a test can bend any of them. */

const u8 = (value: number) => Buffer.from([value]);
const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const vector16 = (...parts: Buffer[]) => {
  const all = Buffer.concat(parts);
  return Buffer.concat([u16(all.length), all]);
};
const vector8 = (...parts: Buffer[]) => {
  const all = Buffer.concat(parts);
  return Buffer.concat([u8(all.length), all]);
};
const list = (...values: number[]) => Buffer.concat(values.map(u16));

export interface HelloShape {
  sni?: string | null;
  alpn?: string[];
  extra?: [number, Buffer][];
}

/** The handshake message: what the example of the JA4 specification offers, with GREASE in it. */
export function helloBytes(shape: HelloShape = {}): Buffer {
  const { sni = 'example.test', alpn = ['h2', 'http/1.1'], extra = [] } = shape;
  const empty = Buffer.alloc(0);
  const extensions: [number, Buffer][] = [
    [0x2a2a, empty],
    [0x001b, Buffer.from([2, 0, 2])],
    ...(sni === null ? [] : ([[0x0000, vector16(u8(0), vector16(Buffer.from(sni, 'latin1')))]] as [number, Buffer][])),
    [0x0033, vector16(u16(0x1a1a), vector16(u8(0)), u16(0x001d), vector16(Buffer.alloc(32, 7)))],
    [0x0010, vector16(...alpn.map((name) => vector8(Buffer.from(name))))],
    [0x4469, empty],
    [0x0017, empty],
    [0x002d, Buffer.from([1, 1])],
    [0x000d, vector16(list(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601))],
    [0x0005, Buffer.from([1, 0, 0, 0, 0])],
    [0x0023, empty],
    [0x0012, empty],
    [0x002b, vector8(list(0x3a3a, 0x0304, 0x0303))],
    [0xff01, Buffer.from([0])],
    [0x000b, Buffer.from([1, 0])],
    [0x000a, vector16(list(0x1a1a, 0x001d, 0x0017, 0x0018))],
    [0x0015, Buffer.alloc(40)],
    ...extra,
  ];
  const ciphers = list(
    0x5a5a,
    0x1301,
    0x1302,
    0x1303,
    0xc02b,
    0xc02f,
    0xc02c,
    0xc030,
    0xcca9,
    0xcca8,
    0xc013,
    0xc014,
    0x009c,
    0x009d,
    0x002f,
    0x0035,
  );
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 9),
    vector8(Buffer.alloc(32, 8)),
    vector16(ciphers),
    vector8(u8(0)),
    vector16(...extensions.map(([type, data]) => Buffer.concat([u16(type), vector16(data)]))),
  ]);
  return Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
}

/** The message in TLS records of at most `size` bytes each. */
export function records(message: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    parts.push(Buffer.from([22, 3, 1]), u16(part.length), part);
  }
  return Buffer.concat(parts);
}

export const chromeHello = (shape?: HelloShape): Buffer => records(helloBytes(shape), 16384);

/** Every true beginning of `bytes`. */
export function* cutAt(bytes: Buffer): Generator<Buffer> {
  for (let length = 0; length < bytes.length; length++) yield bytes.subarray(0, length);
}
