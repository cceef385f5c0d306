/**
 * What both engines are asked, over real sockets, and what each answers in a few words. Where the words are the same
 * the engines agree; where they differ is a known difference, and `npm test` prints it.
 */
import { once } from 'node:events';
import type { FlowEvent } from '../../src/model/flow.ts';
import { curl } from '../wire/servers.ts';
import { DIFFERENCES } from './differences.ts';
import { type Heard, hear, post, reply, sentOn } from './http-words.ts';
import type { Probe, Stand } from './stand.ts';

const OK = reply('200 OK', ['Content-Type: text/plain'], 'fine');

/** Events of the last flow to close, without what must differ: ids, times, ports. */
async function told(stand: Stand): Promise<FlowEvent[]> {
  const { flow } = await stand.lab.closed();
  return stand.events.filter((event) => event.type !== 'flow-opened' && event.flowId === flow.id);
}

export const PROBES: readonly Probe[] = [
  {
    name: 'a POST over TLS: the body at the server, the answer at the phone, the events in between',
    async run(stand) {
      let body = '';
      await stand.serveTls('a.test', 443, (socket) =>
        hear(socket, (heard) => {
          body = heard.body;
          socket.end(OK);
        }),
      );
      const phone = await stand.secure('a.test');
      phone.write(post('/x?y=1', 'a.test', 'hello'));
      const answer = await sentOn(phone);
      phone.end();
      const events = await told(stand);
      const head = events.find((event) => event.type === 'request-head');
      return [
        `server got ${body}`,
        `phone got ${answer.status} ${answer.body}`,
        head && `${head.method} ${head.scheme}://${head.authority}${head.target} ${head.protocol}`,
        events.map((event) => event.type).join(' '),
      ].join('; ');
    },
    expected:
      'server got hello; phone got 200 fine; POST https://a.test/x?y=1 http/1.1; tls-established request-head body-chunk body-end response-head body-chunk body-end flow-closed',
  },
  {
    name: 'absolute-form requests to two servers on one connection',
    async run(stand) {
      for (const name of ['a.test', 'b.test'])
        await stand.serve(name, 80, (socket) =>
          hear(socket, (heard) => socket.write(reply('200 OK', [], `${name} ${heard.target}`))),
        );
      const phone = stand.dial();
      const answers: string[] = [];
      for (const name of ['a.test', 'b.test', 'a.test']) {
        phone.socket.write(`GET http://${name}/p HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
        const expected = answers.length + 1;
        const all = await phone.until((bytes) => bytes.toString().split('/p').length > expected);
        answers.push(all.toString());
      }
      phone.socket.end();
      await stand.lab.closed(1);
      const bodies = phone.text().match(/[ab]\.test \/p/g) ?? [];
      return `${bodies.join(', ')}; ${stand.lab.flows().length} flows`;
    },
    expected: 'a.test /p, b.test /p, a.test /p; 2 flows',
  },
  {
    name: 'two requests written at once are answered in order',
    async run(stand) {
      await stand.serveTls('a.test', 443, (socket) =>
        hear(socket, (heard) => socket.write(reply('200 OK', [], `<${heard.target}>`))),
      );
      const phone = await stand.secure('a.test');
      phone.write('GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const first = await sentOn(phone, (text) => text.includes('</2>'));
      phone.destroy();
      return (first.raw.match(/<[^>]*>/g) ?? []).join('');
    },
    expected: '</1></2>',
  },
  {
    name: 'a request written byte by byte',
    async run(stand) {
      let heard: Heard | null = null;
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, (all) => {
          heard = all;
          socket.end(OK);
        }),
      );
      const phone = await stand.tunnel('a.test:80');
      for (const byte of Buffer.from(post('/slow', 'a.test', 'drip'))) phone.socket.write(Buffer.of(byte));
      await phone.until((bytes) => bytes.includes('fine'));
      return `server got ${(heard as Heard | null)?.target} ${(heard as Heard | null)?.body}`;
    },
    expected: 'server got /slow drip',
  },
  {
    name: 'HEAD, 204 and 304 have no body, and the connection goes on',
    async run(stand) {
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, ({ method, target }) => {
          if (method === 'HEAD') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
          else if (target === '/204') socket.write('HTTP/1.1 204 No Content\r\n\r\n');
          else if (target === '/304') socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n');
          else socket.write(OK);
        }),
      );
      const phone = await stand.tunnel('a.test:80');
      const statuses: number[] = [];
      for (const line of ['HEAD /', 'GET /204', 'GET /304', 'GET /end']) {
        phone.socket.write(`${line} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
        await phone.until((bytes) => bytes.toString().split('HTTP/1.1 ').length > statuses.length + 2);
        statuses.push(Number(phone.text().split('HTTP/1.1 ').at(-1)!.slice(0, 3)));
      }
      return statuses.join(' ');
    },
    expected: '200 204 304 200',
  },
  {
    name: 'an answer of known length keeps its Content-Length',
    async run(stand) {
      await stand.serveTls('a.test', 443, (socket) => hear(socket, () => socket.end(OK)));
      const phone = await stand.secure('a.test');
      phone.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const { fields } = await sentOn(phone);
      return fields
        .filter((field) => /^(content-length|transfer-encoding):/i.test(field))
        .join(', ')
        .toLowerCase();
    },
    expected: 'content-length: 4',
  },
  {
    name: 'a server that breaks in the middle of a body',
    async run(stand) {
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, () =>
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf', () => socket.resetAndDestroy()),
        ),
      );
      const phone = await stand.tunnel('a.test:80');
      const before = phone.bytes().length;
      phone.socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const how = await phone.ended;
      const text = phone.bytes().subarray(before).toString();
      const body = text.slice(text.indexOf('\r\n\r\n') + 4);
      const { closed } = await stand.lab.closed();
      const honest = body === '' || body === 'half' ? 'no byte that is not the server’s' : `body "${body}"`;
      return `${honest}; ${how}; ${closed.reason}`;
    },
    expected: 'no byte that is not the server’s; ECONNRESET; server-reset',
  },
  {
    name: 'server-sent events arrive one at a time, as they are sent',
    async run(stand) {
      const { promise, resolve } = Promise.withResolvers<import('node:net').Socket>();
      await stand.serveTls('a.test', 443, (socket) =>
        hear(socket, () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
          resolve(socket);
        }),
      );
      const phone = await stand.secure('a.test');
      const seen: string[] = [];
      phone.on('data', (chunk: Buffer) => seen.push(...(chunk.toString().match(/data: \d/g) ?? [])));
      phone.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const server = await promise;
      for (const n of [1, 2, 3]) {
        server.write(`data: ${n}\n\n`);
        while (seen.length < n) await once(phone, 'data');
      }
      phone.destroy();
      return seen.join(', ');
    },
    expected: 'data: 1, data: 2, data: 3',
  },
  {
    name: 'the head of an answer arrives before the first byte of its body is there',
    async run(stand) {
      await stand.serveTls('a.test', 443, (socket) =>
        hear(socket, () => socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n')),
      );
      const phone = await stand.secure('a.test');
      phone.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const { status, body } = await sentOn(phone, (text) => text.includes('\r\n\r\n'));
      phone.destroy();
      return `${status}, ${body.length} bytes of body`;
    },
    expected: '200, 0 bytes of body',
  },
  {
    name: 'an app that refuses the certificate is counted',
    async run(stand) {
      await stand.serveTls('a.test', 443, (socket) => hear(socket, () => socket.end(OK)));
      for (let time = 0; time < 3; time++) await curl('-x', stand.lab.proxy, 'https://a.test/');
      await stand.lab.closed(2);
      const reasons = stand.events.flatMap((event) => (event.type === 'flow-closed' ? event.reason : []));
      return `${reasons.join(' ')}; ${stand.lab.pins.list()[0]?.state}`;
    },
    expected: 'client-rejected-certificate client-rejected-certificate client-rejected-certificate; pinned',
  },
  {
    name: 'an app that leaves silently after the certificate is counted',
    async run(stand) {
      await stand.serveTls('a.test', 443, (socket) => socket.resume().on('end', () => socket.end()));
      const phone = await stand.secure('a.test');
      phone.end();
      const { closed } = await stand.lab.closed();
      return `${closed.reason}; ${stand.lab.pins.list()[0]?.how}`;
    },
    expected: 'client-rejected-certificate; silent-close',
  },
  {
    name: 'a server whose certificate is for another name is shown as untrusted',
    async run(stand) {
      await stand.serveTls('a.test', 443, (socket) => hear(socket, () => socket.end(OK)), { bad: true });
      const ran = await curl('-x', stand.lab.proxy, '--cacert', stand.lab.caFile, 'https://a.test/');
      const events = await told(stand);
      const invalid = events.find((event) => event.type === 'upstream-certificate-invalid');
      return `curl ${ran.code}; ${invalid?.problem}, accepted: ${invalid?.acceptedByClient}`;
    },
    expected: 'curl 60; ERR_TLS_CERT_ALTNAME_INVALID, accepted: false',
  },
  {
    name: 'a server that speaks first, in a tunnel',
    async run(stand) {
      await stand.serve('mail.test', 25, (socket) => {
        socket.write('220 mail\r\n');
        socket.on('data', () => socket.end('250 hello\r\n'));
      });
      const phone = await stand.tunnel('mail.test:25');
      await phone.until((bytes) => bytes.includes('220 mail'));
      phone.socket.write('EHLO phone\r\n');
      await phone.until((bytes) => bytes.includes('250 hello'));
      phone.socket.end();
      await stand.lab.closed();
      return `greeted; carried by ${stand.lab.flows()[0]?.engine}`;
    },
    expected: 'greeted; carried by wire',
  },
  {
    name: 'an IPv6 address in CONNECT',
    async run(stand) {
      await stand.serve('::1', 8080, (socket) => hear(socket, () => socket.end(OK)));
      const phone = await stand.tunnel('[::1]:8080');
      phone.socket.write('GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n');
      await phone.until((bytes) => bytes.includes('fine'));
      return 'works';
    },
    expected: 'works',
  },
  {
    name: 'an IPv6 address in an absolute-form request',
    async run(stand) {
      await stand.serve('::1', 8080, (socket) => hear(socket, () => socket.end(OK)));
      const phone = stand.dial();
      phone.socket.write('GET http://[::1]:8080/ HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n');
      await phone.until((bytes) => bytes.includes('fine'));
      return 'works';
    },
    expected: 'works',
  },
  {
    name: 'a phone that half-closes after its request',
    async run(stand) {
      await stand.serve('a.test', 80, (socket) => hear(socket, () => socket.end(OK)));
      const phone = await stand.tunnel('a.test:80');
      phone.socket.end('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      return phone
        .until((bytes) => bytes.includes('fine'))
        .then(
          () => 'is answered',
          () => 'gets no answer',
        );
    },
    expected: 'is answered',
  },
  {
    name: 'a kept connection that the server closes is closed to the phone as well',
    async run(stand) {
      await stand.serveTls('a.test', 443, (socket) => hear(socket, () => socket.end(OK)));
      const phone = await stand.secure('a.test');
      phone.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await sentOn(phone);
      if (!phone.readableEnded) await once(phone, 'end');
      phone.end();
      const { closed } = await stand.lab.closed();
      return closed.reason;
    },
    expected: 'ended',
  },
  {
    name: 'an HTTP/1.0 request, answered until the close',
    async run(stand) {
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, () => socket.end('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nfine')),
      );
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write('GET /old HTTP/1.0\r\nHost: a.test\r\n\r\n');
      const how = await phone.ended;
      phone.socket.end();
      const events = await told(stand);
      const bodies = events.filter((event) => event.type === 'body-end').map((event) => event.complete);
      return `${phone.text().endsWith('fine') ? 'fine' : phone.text()}; ${how}; complete: ${bodies.join(' ')}`;
    },
    expected: 'fine; end; complete: true true',
  },
  {
    name: 'a large upload and a large answer arrive whole',
    async run(stand) {
      const size = 5_000_000;
      const bytes = Buffer.alloc(size, 'z');
      let got = 0;
      await stand.serveTls('a.test', 443, (socket) => {
        socket.on('data', (chunk: Buffer) => {
          got += chunk.length;
          if (got < size) return;
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`);
          socket.end(bytes);
        });
      });
      const phone = await stand.secure('a.test');
      phone.write(`PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${size}\r\n\r\n`);
      phone.write(bytes);
      let answer = 0;
      phone.on('data', (chunk: Buffer) => {
        answer += chunk.length;
      });
      await once(phone, 'end');
      phone.end();
      const { closed } = await stand.lab.closed();
      const shown = stand.events.reduce(
        (sum, event) => sum + (event.type === 'body-chunk' ? event.bytes.length : 0),
        0,
      );
      const whole = got > size && answer > size && closed.bytesUp > size && closed.bytesDown > size;
      return `${whole ? 'whole' : `${got} ${answer} ${closed.bytesUp} ${closed.bytesDown}`}; shown: ${shown}`;
    },
    expected: 'whole; shown: 10000000',
  },
  ...DIFFERENCES,
];
