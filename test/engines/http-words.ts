/** Just enough HTTP/1.1 written and read by hand for a server or a phone whose every byte matters to a test. */
import type { Duplex } from 'node:stream';

export interface Heard {
  method: string;
  target: string;
  /** As on the wire. */
  fields: string[];
  body: string;
}

/** Calls back with every request that came whole; bodies by Content-Length or in chunks. */
export function hear(socket: Duplex, onRequest: (heard: Heard) => void): void {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const [start = '', ...fields] = text.slice(0, end).split('\r\n');
      const field = (name: string) =>
        fields
          .find((one) => one.toLowerCase().startsWith(`${name}:`))
          ?.split(':')[1]
          ?.trim();
      const rest = text.slice(end + 4);
      let body = '';
      if (field('transfer-encoding')) {
        const stop = rest.indexOf('0\r\n\r\n');
        if (stop < 0) return;
        body = rest.slice(0, stop);
        text = rest.slice(stop + 5);
      } else {
        const length = Number(field('content-length') ?? 0);
        if (rest.length < length) return;
        body = rest.slice(0, length);
        text = rest.slice(length);
      }
      const [method = '', target = ''] = start.split(' ');
      onRequest({ method, target, fields, body });
    }
  });
}

export function reply(status: string, fields: string[], body: string): string {
  return [`HTTP/1.1 ${status}`, ...fields, `Content-Length: ${body.length}`, '', body].join('\r\n');
}

export function post(target: string, host: string, body: string): string {
  return [`POST ${target} HTTP/1.1`, `Host: ${host}`, `Content-Length: ${body.length}`, '', body].join('\r\n');
}

/** What came on a stream until `enough` (default: a whole answer of known length). */
export function sentOn(
  stream: Duplex,
  enough: (text: string) => boolean = whole,
): Promise<{ raw: string; status: number; fields: string[]; body: string }> {
  return new Promise((resolve, reject) => {
    let raw = '';
    const done = () => {
      const end = raw.indexOf('\r\n\r\n');
      const [start = '', ...fields] = raw.slice(0, end).split('\r\n');
      resolve({ raw, status: Number(start.split(' ')[1]), fields, body: raw.slice(end + 4) });
    };
    stream.on('data', (chunk: Buffer) => {
      raw += chunk.toString('latin1');
      if (enough(raw)) done();
    });
    stream.once('end', () => (enough(raw) ? done() : reject(new Error(`ended with ${JSON.stringify(raw)}`))));
    stream.once('error', reject);
  });
}

function whole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)/im.exec(text.slice(0, end))?.[1];
  return end >= 0 && length !== undefined && text.length >= end + 4 + Number(length);
}
