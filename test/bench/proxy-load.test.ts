/** The benchmark's own ends: what it sends repeats nothing, and its reader of HTTP/1 messages does not care how they were cut. */
import { describe, expect, it } from 'vitest';
import { readMessages } from '../../bench/proxy/http1-messages.ts';
import { http1Text, nextRequest } from '../../bench/proxy/traffic.ts';

describe('the load of the proxy benchmark', () => {
  it('has no two requests alike, in head or in body, each of about 1 KB and as long as it says', () => {
    const heads = new Set<string>();
    const bodies = new Set<string>();
    for (let index = 0; index < 5000; index++) {
      const request = nextRequest();
      const text = http1Text('localhost', request);
      heads.add(text.slice(0, text.indexOf('\r\n\r\n')));
      bodies.add(request.body);
      expect(Buffer.byteLength(request.body)).toBe(Number(request.headers['content-length']));
      expect(request.body.length).toBeGreaterThanOrEqual(1024);
      expect(request.body.length).toBeLessThan(1040);
      JSON.parse(request.body);
    }
    expect(heads.size).toBe(5000);
    expect(bodies.size).toBe(5000);
  });

  it('reads messages with a length, in chunks and without a body, whole and byte by byte', () => {
    const stream = Buffer.from(
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello' +
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n' +
        'HTTP/1.1 204 No Content\r\n\r\n',
    );
    const messages = stream.toString().split(/(?=HTTP\/1)/);
    for (const cut of [messages.map((one) => Buffer.from(one)), [...stream].map((byte) => Buffer.from([byte]))]) {
      const seen: string[] = [];
      const read = readMessages({ head: (text) => seen.push(text.slice(9, 12)), end: () => seen.push('end') });
      for (const part of cut) read(part);
      expect(seen).toEqual(['200', 'end', '200', 'end', '204', 'end']);
    }
  });
});
