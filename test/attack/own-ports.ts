/** A phone that wants to reach the lab's own ports, or a server beside it on loopback, by every name and through every kind of door. */

import { connect } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { connect as connectTls } from 'node:tls';
import { type Attack, type AttackContext, ask, eachOf } from './attack.ts';

/** Spellings of "this machine": names, numbers in every base, addresses inside addresses, and what some parsers take for them. */
function spellings(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  return [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'LocalHost.',
    'localhost.localdomain',
    'ip6-localhost',
    'ip6-loopback',
    'a.localhost',
    hostname(),
    `${hostname()}.`,
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '127.0.1',
    '127.000.000.001',
    '0177.0.0.1',
    '0177.00.00.01',
    '0x7f.0.0.1',
    '0x7f.1',
    '0x7f000001',
    '0X7F000001',
    '2130706433',
    '017700000001',
    '00000000000000000000000177.0.0.1',
    '127.0.0.1:',
    '127.255.255.254',
    '127.0.0.2',
    '0',
    '0.0.0.0',
    '0x0',
    '00',
    '255.255.255.255',
    '127.0.0.1%00',
    '127.0.0.1%2ex.invalid',
    '%31%32%37.0.0.1',
    '%6c%6f%63%61%6c%68%6f%73%74',
    '１２７.0.0.1',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
    'ｌocalhost',
    'loc\u00adalhost',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[0000:0000:0000:0000:0000:0000:0000:0001]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:0:127.0.0.1]',
    '[::127.0.0.1]',
    '[::7f00:1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2002:7f00:1::1]',
    '[2001:0:0:0:0:0:80ff:fffe]',
    '[::1%lo]',
    '[::1%25lo]',
    '[::1%251]',
    '[fe80::1%lo]',
    '[::0.0.0.0]',
    '[::ffff:0.0.0.0]',
    '::1',
    '0:0:0:0:0:0:0:1',
    '[127.0.0.1]',
    '[localhost]',
    'x.invalid@127.0.0.1',
    'x.invalid:80@127.0.0.1',
    'x:y@localhost',
    '127.0.0.1#@x.invalid',
    '127.0.0.1?@x.invalid',
    '127.0.0.1\\@x.invalid',
    'x.invalid\\@127.0.0.1',
    '127.0.0.1 x.invalid',
    '127.0.0.1\tx.invalid',
    '127.0.0.1,x.invalid',
    '127.0.0.1;x.invalid',
    '127.0.0.1/x.invalid',
    '//127.0.0.1',
    '\\\\127.0.0.1',
    ...own.flatMap((address) =>
      address.includes(':')
        ? [`[${address}]`]
        : [address, `[::ffff:${address}]`, `[64:ff9b::${address}]`, `[::${address}]`],
    ),
  ];
}

type Door = [name: string, bytes: (host: string, port: number) => string | Buffer | null, after?: 'tunnel'];

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');
const bare = (host: string): string => host.replace(/^\[|\]$/g, '');
const isDotted = (host: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(host);

function socks5(kind: number, address: Buffer, port: number): Buffer {
  return Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0, kind]), address, Buffer.from([port >> 8, port & 255])]);
}

/** 16 bytes of what WHATWG takes for an IPv6 address. */
function sixteen(host: string): Buffer | null {
  const name = URL.parse(`http://${host}/`)?.hostname ?? '';
  if (!name.startsWith('[')) return null;
  const [head = '', tail = ''] = bare(name).split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const [before, after] = [words(head), words(tail)];
  const all = name.includes('::') ? [...before, ...Array(8 - before.length - after.length).fill(0), ...after] : before;
  const bytes = Buffer.alloc(16);
  for (const [at, word] of (all as number[]).entries()) bytes.writeUInt16BE(word, at * 2);
  return bytes;
}

const GET = (target: string, host: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

const DOORS: Door[] = [
  ['absolute form', (host, port) => utf8(GET(`http://${host}:${port}/api/health`, `${host}:${port}`))],
  [
    'absolute form, Host of another',
    (host, port) => utf8(GET(`http://${host}:${port}/api/health`, 'collector.example.com')),
  ],
  [
    'Host of it, target of another',
    (host, port) => utf8(GET('http://collector.example.com/api/health', `${host}:${port}`)),
  ],
  ['origin form', (host, port) => utf8(GET('/api/health', `${host}:${port}`))],
  [
    'absolute WebSocket',
    (host, port) =>
      utf8(
        `GET ws://${host}:${port}/api/alerts/live HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
      ),
  ],
  ['CONNECT', (host, port) => utf8(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`), 'tunnel'],
  [
    'CONNECT, Host of another',
    (host, port) => utf8(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: collector.example.com:80\r\n\r\n`),
    'tunnel',
  ],
  [
    'SOCKS5 by name',
    (host, port) => {
      const name = utf8(bare(host));
      return name.length > 255 ? null : socks5(3, Buffer.concat([Buffer.from([name.length]), name]), port);
    },
    'tunnel',
  ],
  [
    'SOCKS5 by IPv4',
    (host, port) => (isDotted(host) ? socks5(1, Buffer.from(host.split('.').map(Number)), port) : null),
    'tunnel',
  ],
  [
    'SOCKS5 by IPv6',
    (host, port) => {
      const address = sixteen(host);
      return address && socks5(4, address, port);
    },
    'tunnel',
  ],
  [
    'SOCKS4',
    (host, port) =>
      isDotted(host)
        ? Buffer.concat([
            Buffer.from([4, 1, port >> 8, port & 255, ...host.split('.').map(Number)]),
            Buffer.from('x\0'),
          ])
        : null,
    'tunnel',
  ],
  [
    'SOCKS4a',
    (host, port) =>
      Buffer.concat([
        Buffer.from([4, 1, port >> 8, port & 255, 0, 0, 0, 1]),
        Buffer.from('x\0'),
        utf8(bare(host)),
        Buffer.from('\0'),
      ]),
    'tunnel',
  ],
];

/** The tunnel is open: what is beyond it is asked at once. */
const isOpen = (text: string): boolean =>
  /^HTTP\/1\.1 200/.test(text) || text.startsWith('\0\x5a') || text.slice(2).startsWith('\x05\0');

async function knock(context: AttackContext, door: Door, host: string, port: number): Promise<string | null> {
  const bytes = door[1](host, port);
  if (bytes === null) return null;
  const proxy = context.world.lab.phone.proxy.port;
  const before = context.secret.hits();
  if (door[2] !== 'tunnel') {
    const { text } = await ask(proxy, bytes);
    // The proxy port answers a request to itself in its own words, once: what it says is not what stands behind it.
    return text.includes('"status":"ok"') || context.secret.hits() > before || /^HTTP\/1\.1 101/.test(text)
      ? text
      : null;
  }
  return new Promise((resolve) => {
    const socket = connect(proxy, '127.0.0.1');
    let text = '';
    const limit = setTimeout(() => socket.destroy(), 5000);
    let isAsked = false;
    socket.on('error', () => {});
    socket.on('data', (part) => {
      text += part.toString('latin1');
      if (!isOpen(text) || isAsked) return;
      isAsked = true;
      text = '';
      socket.write(GET('/api/health', `127.0.0.1:${port}`));
    });
    socket.once('close', () => {
      clearTimeout(limit);
      const isReached =
        isAsked && (/"status":"ok"|this is the proxy port/.test(text) || context.secret.hits() > before);
      resolve(isReached ? text : null);
    });
    socket.write(bytes);
  });
}

/** A ClientHello straight on the proxy port that names this machine. */
function helloTo(proxy: number, name: string): Promise<string | null> {
  return new Promise((resolve) => {
    const raw = connect(proxy, '127.0.0.1');
    const limit = setTimeout(() => raw.destroy(), 5000);
    raw.on('error', () => {});
    raw.once('close', () => {
      clearTimeout(limit);
      resolve(null);
    });
    const tls = connectTls({ socket: raw, servername: name, rejectUnauthorized: false });
    tls.on('error', () => raw.destroy());
    // Only with a server behind it the handshake is finished.
    tls.once('secureConnect', () => resolve(`a handshake as ${name} was finished`));
  });
}

export const ownPorts: Attack = {
  name: 'ways to the lab’s own ports and this machine',
  needs: [],
  async run(context) {
    const { lab } = context.world;
    const ports = [Number(new URL(lab.ready.ui.url).port), lab.phone.proxy.port, context.secret.port];
    const hosts = spellings();
    const ways = DOORS.flatMap((door) => hosts.flatMap((host) => ports.map((port) => [door, host, port] as const)));
    const chosen = context.isFull ? ways : ways.filter(() => context.random.below(4) === 0);
    const lost: string[] = [];
    let tried = 0;
    await eachOf(chosen, 24, async ([door, host, port]) => {
      tried++;
      const reached = await knock(context, door, host, port);
      if (reached !== null) lost.push(`${door[0]} to ${host}:${port}: ${reached.slice(0, 120)}`);
    });
    const names = ['localhost', 'localhost.', '127.1', 'ip6-localhost', hostname()];
    await eachOf(names, 5, async (name) => {
      tried++;
      const reached = await helloTo(lab.phone.proxy.port, name);
      if (reached) lost.push(reached);
    });
    return { tried, lost, note: `${hosts.length} spellings × ${DOORS.length} doors × ${ports.length} ports` };
  },
};
