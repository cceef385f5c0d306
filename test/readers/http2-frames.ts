/** Writes HTTP/2 frames for tests (RFC 9113 4.1), well-formed or not. HPACK is written as literals without Huffman. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 };
export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
};

export function frame(type: number, flags: number, streamId: number, payload: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(payload as string, 'latin1');
  const header = Buffer.alloc(9);
  header.writeUIntBE(bytes.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, bytes]);
}

export const settings = () => frame(TYPE.settings, 0, 0);

export function headers(streamId: number, fields: [string, string][], flags = FLAG.endHeaders): Buffer {
  return frame(TYPE.headers, flags, streamId, block(fields));
}

export function block(fields: [string, string][]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

export function request(path: string, ...fields: [string, string][]): [string, string][] {
  return [[':method', 'POST'], [':scheme', 'https'], [':authority', 'a.example'], [':path', path], ...fields];
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([integer(bytes.length, 7, 0), bytes]);
}

export function integer(value: number, prefixBits: number, first: number): Buffer {
  const max = 2 ** prefixBits - 1;
  if (value < max) return Buffer.from([first | value]);
  const bytes = [first | max];
  let rest = value - max;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}
