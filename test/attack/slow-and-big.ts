/** Heads and bodies that never end, that come one byte at a time, or that are larger than anything: bounds hold, others are served. */
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { type Attack, ask, eachOf, statusOf, unwell } from './attack.ts';

const HOST = 'Host: 127.0.0.1\r\n';
const json = (text: string, auth: string): string =>
  `POST /api/devices HTTP/1.1\r\n${HOST}${auth}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;

type Big = [name: string, port: 'ui' | 'proxy', bytes: () => string | Buffer];

function bigOnes(auth: string, host: string): Big[] {
  const long = 'x'.repeat(1 << 20);
  const many = (count: number): string => Array.from({ length: count }, (_, at) => `X-${at}: y\r\n`).join('');
  const http = `http://${host}`;
  return [
    ['a target of 1 MB', 'ui', () => `GET /${long} HTTP/1.1\r\n${HOST}\r\n`],
    ['a field of 1 MB', 'ui', () => `GET /api/health HTTP/1.1\r\n${HOST}X: ${long}\r\n\r\n`],
    ['50,000 fields', 'ui', () => `GET /api/health HTTP/1.1\r\n${HOST}${many(50_000)}\r\n`],
    ['a token of 1 MB', 'ui', () => `GET /api/alerts HTTP/1.1\r\n${HOST}Authorization: Bearer ${long}\r\n\r\n`],
    ['a cookie of 60 KB', 'ui', () => `GET /api/alerts HTTP/1.1\r\n${HOST}Cookie: ${'a=b; '.repeat(2400)}\r\n\r\n`],
    ['a body of 40 MB', 'ui', () => json(`{"id":"${'x'.repeat(40 << 20)}"}`, auth)],
    ['a body of 40 MB without a token', 'ui', () => json(`{"id":"${'x'.repeat(40 << 20)}"}`, '')],
    ['JSON 30,000 deep', 'ui', () => json(`${'['.repeat(30_000)}${']'.repeat(30_000)}`, auth)],
    ['JSON of 5,000 keys', 'ui', () => json(`{${Array.from({ length: 5000 }, (_, at) => `"k${at}":1`).join()}}`, auth)],
    ['JSON of __proto__', 'ui', () => json('{"__proto__":{"id":"x"},"constructor":{"prototype":{"id":"x"}}}', auth)],
    [
      'a length of 20 digits',
      'ui',
      () => `POST /api/devices HTTP/1.1\r\n${HOST}${auth}Content-Length: ${'9'.repeat(20)}\r\n\r\n`,
    ],
    [
      'two lengths',
      'ui',
      () => `POST /api/devices HTTP/1.1\r\n${HOST}${auth}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    ],
    [
      'a length and chunks',
      'ui',
      () =>
        `POST /api/devices HTTP/1.1\r\n${HOST}${auth}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a preface of HTTP/2', 'ui', () => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\0'.repeat(70_000)}`],
    ['noise', 'ui', () => Buffer.alloc(1 << 20, 0xa5)],
    ['a target of 1 MB', 'proxy', () => `GET ${http}/${long} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    ['a field of 1 MB', 'proxy', () => `GET ${http}/ HTTP/1.1\r\nHost: ${host}\r\nX: ${long}\r\n\r\n`],
    ['50,000 fields', 'proxy', () => `GET ${http}/ HTTP/1.1\r\nHost: ${host}\r\n${many(50_000)}\r\n`],
    ['a name of 60 KB', 'proxy', () => `CONNECT ${'a.'.repeat(30_000)}:443 HTTP/1.1\r\n\r\n`],
    [
      'a login of 60 KB',
      'proxy',
      () => `CONNECT ${host}:80 HTTP/1.1\r\nProxy-Authorization: Basic ${btoa('x'.repeat(45_000))}\r\n\r\n`,
    ],
    [
      'a chunk size of 100 digits',
      'proxy',
      () => `POST ${http}/ HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n${'f'.repeat(100)}\r\n`,
    ],
    [
      'a chunk extension of 1 MB',
      'proxy',
      () => `POST ${http}/ HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n1;${long}\r\n`,
    ],
    [
      'a ClientHello of 70 KB',
      'proxy',
      () => Buffer.concat([Buffer.from([0x16, 3, 1, 0xff, 0xff, 1, 1, 0x10, 0, 3, 3]), Buffer.alloc(70_000, 1)]),
    ],
    [
      'a SOCKS4 user of 1 MB',
      'proxy',
      () => Buffer.concat([Buffer.from([4, 1, 0, 80, 0, 0, 0, 1]), Buffer.alloc(1 << 20, 'u')]),
    ],
    ['noise', 'proxy', () => Buffer.alloc(1 << 20, 0xa5)],
  ];
}

/** Holds places with a beginning that never goes on. Resolves with how many of them the lab had let go of by the end. */
async function hold(port: number, beginning: string, count: number, forMs: number, drip: string): Promise<number> {
  let gone = 0;
  const sockets: Socket[] = Array.from({ length: count }, (_, at) => {
    // Fifty phones; the operator is at 127.0.0.1.
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (at % 50)}` });
    socket.on('error', () => {});
    socket.once('close', () => gone++);
    socket.on('end', () => socket.destroy());
    socket.resume();
    socket.write(beginning, 'latin1');
    return socket;
  });
  const dripping = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(drip);
  }, 500);
  const end = Date.now() + forMs;
  while (gone < count && Date.now() < end) await new Promise((done) => setTimeout(done, 100));
  clearInterval(dripping);
  for (const socket of sockets) socket.destroy();
  return gone;
}

export const slowAndBig: Attack = {
  name: 'slow and oversized requests',
  needs: [],
  async run(context) {
    const { world, isFull } = context;
    const { lab } = world;
    const auth = `Authorization: Bearer ${(await readFile(lab.ready.token, 'utf8')).trim()}\r\n`;
    const ports = { ui: Number(new URL(lab.ready.ui.url).port), proxy: lab.phone.proxy.port };
    const lost: string[] = [];
    const before = await lab.residentBytes();
    const big = bigOnes(auth, world.host);
    await eachOf(big, 4, async ([name, port, bytes]) => {
      const { text } = await ask(ports[port], bytes(), { enough: (got) => got.includes('\r\n\r\n'), limitMs: 20_000 });
      const status = statusOf(text);
      if (port === 'ui' && status >= 500) lost.push(`${name}, ${port}: ${text.slice(0, 100)}`);
      if (port === 'ui' && status < 300 && status >= 200 && !name.includes('cookie'))
        lost.push(`${name}, ${port}: taken: ${text.slice(0, 100)}`);
    });
    const after = await lab.residentBytes();
    if (after - before > 400 << 20) lost.push(`memory grew by ${(after - before) >> 20} MB`);
    const sick = await unwell(context);
    if (sick) lost.push(`afterwards ${sick}`);
    const [count, waitMs] = [isFull ? 2000 : 300, isFull ? 60_000 : 30_000];
    const slow: [string, number, string, string][] = [
      ['heads that do not end, UI port', ports.ui, 'GET /api/health HTTP/1.1\r\nX: ', 'x'],
      [
        'heads that do not end, proxy port',
        ports.proxy,
        `GET ${world.http}/ HTTP/1.1\r\nHost: ${world.host}\r\nX: `,
        'x',
      ],
      ['a SOCKS greeting that does not end', ports.proxy, '\x05\xff', ''],
      ['a ClientHello that does not end', ports.proxy, '\x16\x03\x01\x02\x00\x01', ''],
      ...(isFull
        ? [
            [
              'bodies that do not end, UI port',
              ports.ui,
              `POST /api/devices HTTP/1.1\r\n${HOST}${auth}Content-Length: 10000\r\n\r\n{`,
              ' ',
            ] as [string, number, string, string],
          ]
        : []),
    ];
    const held = slow.map(async ([name, port, beginning, drip]) => {
      const gone = await hold(port, beginning, count, waitMs, drip);
      if (gone < count)
        lost.push(
          ...Array.from({ length: count - gone }, () => `${name}: still holds its place after ${waitMs / 1000} s`),
        );
    });
    const during = await unwell(context);
    if (during) lost.push(`while places are held ${during}`);
    await Promise.all(held);
    return { tried: big.length + slow.length * count, lost };
  },
};
