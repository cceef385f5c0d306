/** Questions about what only the relay leaves alone, with what a phone may notice of http-mitm-proxy. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { curl } from '../wire/servers.ts';
import { type Heard, hear, reply } from './http-words.ts';
import { KNOWN } from './known-differences.ts';
import type { Probe, Stand } from './stand.ts';

const OK = reply('200 OK', ['Content-Type: text/plain'], 'fine');

export const DIFFERENCES: readonly Probe[] = [
  {
    name: 'HTTP/2',
    async run(stand) {
      await stand.serveHttp2('a.test', (_request, response) => response.end('fine'));
      const ran = await curl(
        '-x',
        stand.lab.proxy,
        '--cacert',
        stand.lab.caFile,
        '--http2',
        '-so',
        '/dev/null',
        '-w',
        '%{http_version}',
        'https://a.test/',
      );
      return `curl --http2 speaks HTTP/${ran.stdout}`;
    },
    expected: KNOWN['HTTP/2'],
  },
  {
    name: 'a phone that speaks only HTTP/2',
    async run(stand) {
      await stand.serveHttp2('a.test', (_request, response) => response.end('fine'));
      const { connect } = await import('node:http2');
      const secured = await stand.secure('a.test', { alpn: ['h2'] });
      const session = connect('https://a.test', { createConnection: () => secured });
      const request = session.request({ ':path': '/' });
      let body = '';
      for await (const part of request) body += part;
      session.close();
      return `${body}; carried by ${stand.lab.flows()[0]?.engine}`;
    },
    expected: 'fine; carried by wire',
  },
  {
    name: 'header names of a request, at the server',
    async run(stand) {
      const { promise, resolve } = Promise.withResolvers<Heard>();
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, (heard) => {
          resolve(heard);
          socket.end(OK);
        }),
      );
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nX-IMEI-Hash: 1\r\nx-low: 2\r\n\r\n');
      return (await promise).fields.filter((field) => /^(host|x-)/i.test(field)).join(', ');
    },
    expected: KNOWN['header names of a request, at the server'],
  },
  {
    name: 'header names of an answer, at the phone',
    async run(stand) {
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, () => socket.end(reply('200 OK', ['X-Odd-CASE: 1'], 'fine'))),
      );
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await phone.until((bytes) => bytes.includes('fine'));
      return /x-odd-case/i.exec(phone.text())?.[0] ?? 'none';
    },
    expected: KNOWN['header names of an answer, at the phone'],
  },
  {
    name: 'a field sent twice, at the server',
    async run(stand) {
      const { promise, resolve } = Promise.withResolvers<Heard>();
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, (heard) => {
          resolve(heard);
          socket.end(OK);
        }),
      );
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write(
        'GET / HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\nX-A: 2\r\nUser-Agent: a\r\nUser-Agent: b\r\n\r\n',
      );
      const fields = (await promise).fields.filter((field) => /^(x-a|user-agent)/i.test(field));
      return fields.join(', ').toLowerCase();
    },
    expected: KNOWN['a field sent twice, at the server'],
  },
  {
    name: 'Set-Cookie sent twice, at the phone',
    async run(stand) {
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, () => socket.end(reply('200 OK', ['Set-Cookie: a=1', 'Set-Cookie: b=2'], 'fine'))),
      );
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await phone.until((bytes) => bytes.includes('fine'));
      return (phone.text().match(/set-cookie: [^\r]*/gi) ?? []).join(', ').toLowerCase();
    },
    expected: 'set-cookie: a=1, set-cookie: b=2',
  },
  {
    name: 'Public-Key-Pins of an answer, at the phone',
    async run(stand) {
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, () => socket.end(reply('200 OK', ['Public-Key-Pins: max-age=1'], 'fine'))),
      );
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await phone.until((bytes) => bytes.includes('fine'));
      return /public-key-pins/i.test(phone.text()) ? 'kept' : 'removed';
    },
    expected: KNOWN['Public-Key-Pins of an answer, at the phone'],
  },
  {
    name: 'trailers of an answer, at the phone',
    async run(stand) {
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, () =>
          socket.end(
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n4\r\nfine\r\n0\r\nX-T: 1\r\n\r\n',
          ),
        ),
      );
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await phone.until((bytes) => /0\r\n(.*\r\n)*\r\n$/.test(bytes.toString()));
      return /x-t: 1/i.test(phone.text()) ? 'kept' : 'removed';
    },
    expected: KNOWN['trailers of an answer, at the phone'],
  },
  {
    name: 'an interim answer (103 Early Hints), at the phone',
    async run(stand) {
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, () => socket.end(`HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${OK}`)),
      );
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await phone.until((bytes) => bytes.includes('fine'));
      return phone.text().includes('103') ? 'kept' : 'removed';
    },
    expected: KNOWN['an interim answer (103 Early Hints), at the phone'],
  },
  {
    name: 'WebSocket messages in both directions, as read',
    run: async (stand) => (await chat(stand)).messages,
    expected: 'phone got hello; read request hello, response hello',
  },
  {
    name: 'WebSocket: compression the phone asks for',
    run: async (stand) => (await chat(stand)).compression,
    expected: KNOWN['WebSocket: compression the phone asks for'],
  },
  {
    name: 'WebSocket: subprotocol the phone asks for, at the server',
    run: async (stand) => (await chat(stand)).subprotocol,
    expected: KNOWN['WebSocket: subprotocol the phone asks for, at the server'],
  },
  {
    name: 'an upgrade to another protocol',
    async run(stand) {
      await stand.serve('a.test', 80, (socket) =>
        hear(socket, () =>
          socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: own\r\nConnection: Upgrade\r\n\r\nwelcome'),
        ),
      );
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n');
      return phone
        .until((bytes) => bytes.includes('welcome'))
        .then(
          () => 'works',
          () => `refused: ${phone.text().split('HTTP/1.1 ').at(-1)!.slice(0, 3)}`,
        );
    },
    expected: KNOWN['an upgrade to another protocol'],
  },
  {
    name: 'a request with both Content-Length and Transfer-Encoding',
    async run(stand) {
      let got = '';
      await stand.serve('a.test', 80, (socket) => {
        socket.on('data', (chunk: Buffer) => {
          got += chunk;
          if (got.endsWith('0\r\n\r\n')) socket.end(OK);
        });
      });
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write(
        'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      );
      await phone.ended;
      phone.socket.end();
      const { closed } = await stand.lab.closed();
      return got === '' ? `refused: ${closed.reason}` : 'left to the server';
    },
    expected: KNOWN['a request with both Content-Length and Transfer-Encoding'],
  },
  {
    name: 'a request with bare line feeds',
    async run(stand) {
      let got = '';
      await stand.serve('a.test', 80, (socket) => {
        socket.on('data', (chunk: Buffer) => {
          got += chunk;
          if (got.endsWith('\n\n') || got.endsWith('\r\n\r\n')) socket.end(OK);
        });
      });
      const phone = await stand.tunnel('a.test:80');
      phone.socket.write('GET /old HTTP/1.1\nHost: a.test\n\n');
      await phone.ended;
      phone.socket.end();
      const { closed } = await stand.lab.closed();
      return got === '' ? `refused: ${closed.reason}` : 'left to the server';
    },
    expected: KNOWN['a request with bare line feeds'],
  },
  {
    name: 'what is not HTTP, under TLS on port 443 without a protocol list',
    async run(stand) {
      await stand.serveTls('a.test', 443, (socket) => socket.on('data', () => socket.end('pong')), { alpn: [] });
      const phone = await stand.secure('a.test', { alpn: [] });
      phone.write('\x00ping');
      const end = new Promise<string>((done) => {
        phone.on('data', (chunk: Buffer) => done(chunk.toString()));
        phone.on('error', () => done('refused'));
        phone.on('end', () => done('refused'));
      });
      return end;
    },
    expected: KNOWN['what is not HTTP, under TLS on port 443 without a protocol list'],
  },
];

/** One WebSocket with a subprotocol and compression, one message there and back. */
async function chat(stand: Stand): Promise<{ messages: string; compression: string; subprotocol: string }> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: { threshold: 0 } });
  let subprotocol = 'none';
  sockets.on('connection', (socket) => {
    subprotocol = socket.protocol || 'none';
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  await stand.serve('a.test', 80, (socket) => http.emit('connection', socket));
  const { socket } = await stand.tunnel('a.test:80');
  socket.removeAllListeners('data');
  const phone = new WebSocket('ws://a.test/chat', ['chat'], { createConnection: () => socket });
  await once(phone, 'open');
  phone.send('hello');
  const [data] = (await once(phone, 'message')) as [Buffer];
  const compression = phone.extensions || 'none';
  phone.terminate();
  await stand.lab.closed();
  sockets.close();
  const read = (direction: string) =>
    stand.events
      .flatMap((event) =>
        event.type === 'message' && event.label === 'text' && event.direction === direction
          ? event.bytes.toString()
          : [],
      )
      .join('');
  const messages = `phone got ${data}; read request ${read('request')}, response ${read('response')}`;
  return { messages, compression, subprotocol };
}
