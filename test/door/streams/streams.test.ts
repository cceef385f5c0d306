/**
 * 330 requests that servers read differently, each followed by a request for another host on the same connection, through
 * the lab to servers of four makes: no request may come to a server that it was not for, and none may be made out of the
 * bytes of another that the lab did not see as a request itself.
 */
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Flow, FlowEvent } from '../../../src/model/flow.ts';
import { createReader, type Reader } from '../../../src/readers/reader.ts';
import { requireTool, type Tool } from '../../clients/tools.ts';
import { startLab, type TestLab } from '../../wire/lab.ts';
import { aiohttpServer, gunicornServer, nginxServer, nodeServer, type Seen, type Witness } from './servers.ts';
import { malformed, type Stream, smuggling } from './tables.ts';

/** What the lab took for a request; `doubted`: client ports of which it said that it cannot tell. */
interface Known extends Omit<Seen, 'login'> {
  to: string;
}

const AT_ONCE = 24;
const LOGIN = `Proxy-Authorization: Basic ${Buffer.from('nokia:secret').toString('base64')}\r\n`;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A lab that reads what it relays, as the road does. */
async function readingLab(): Promise<{ lab: TestLab; known: Known[]; doubted: Set<number> }> {
  const known: Known[] = [];
  const doubted = new Set<number>();
  const open = new Map<string, { flow: Flow; reader: Reader; requests: Map<number, Known> }>();
  const take = (flowId: string, events: FlowEvent[]) => {
    const { flow, requests } = open.get(flowId)!;
    for (const event of events) {
      if (event.type === 'request-head') {
        const { method, authority: host } = event;
        const target = pathOf(event.target);
        const one: Known = { to: flow.destination.host.toLowerCase(), method, target, host, body: '' };
        requests.set(event.exchange, one);
        known.push(one);
      } else if (event.type === 'body-chunk' && event.direction === 'request')
        requests.get(event.exchange)!.body += event.bytes.toString('latin1');
      else if (event.type === 'unreadable' && event.direction === 'request') doubted.add(flow.client.port);
    }
  };
  const lab = await startLab({
    tap: {
      event(event) {
        if (event.type === 'flow-opened')
          open.set(event.flow.id, { flow: event.flow, reader: createReader(event.flow, null), requests: new Map() });
      },
      bytes: (flowId, direction, chunk, time) =>
        take(flowId, open.get(flowId)!.reader.push(direction, Buffer.from(chunk), time)),
    },
  });
  closing.push(() => lab.stop());
  return { lab, known, doubted };
}

/** Sends a stream and, once it is answered or nothing comes, a request for another host. Resolves with its own port. */
function send(port: number, { bytes }: Stream, number: string): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let own = 0;
  socket.once('connect', () => {
    own = socket.localPort ?? 0;
  });
  const second = `GET http://b.test/${number}-second HTTP/1.1\r\nHost: b.test\r\nCookie: b=${number}\r\n${LOGIN}\r\n`;
  let asked = false;
  const ask = () => {
    if (!asked && socket.writable) socket.end(second);
    asked = true;
  };
  const { promise, resolve } = Promise.withResolvers<number>();
  const patience = [setTimeout(ask, 150), setTimeout(() => socket.destroy(), 500)];
  socket.on('data', () => setTimeout(ask, 5));
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const timer of patience) clearTimeout(timer);
    resolve(own);
  });
  socket.write(bytes);
  return promise;
}

const MAKES: [string, readonly Tool[], () => Promise<Witness>][] = [
  ['Node', [], nodeServer],
  ['nginx', ['nginx'], nginxServer],
  ['aiohttp', ['python', 'aiohttp'], aiohttpServer],
  ['gunicorn', ['gunicorn'], gunicornServer],
];

it('there are as many as in the collections whose shapes these are', () => {
  expect(malformed.length).toBeGreaterThanOrEqual(246);
  expect(smuggling.length).toBeGreaterThanOrEqual(76);
});

for (const [make, tools, start] of MAKES) {
  it(`${make} gets no request but those the lab saw, and none for another server`, async (context) => {
    requireTool(context, ...tools);
    const { lab, known } = await readingLab();
    const [a, b] = [await start(), await nodeServer()];
    closing.push(a.close, b.close);
    lab.map.set('a.test:80', a.port).set('b.test:80', b.port);
    await sendAll(lab.door.port, [...malformed, ...smuggling]);
    const problems = [...judge(await a.seen(), 'a.test', known), ...judge(await b.seen(), 'b.test', known)];
    expect(problems).toEqual([]);
  });

  it(`${make} gets no other request in a tunnel than the lab saw, unless it said so`, async (context) => {
    requireTool(context, ...tools);
    const { lab, known, doubted } = await readingLab();
    const a = await start();
    closing.push(a.close);
    lab.map.set('a.test:80', a.port);
    const ports = await sendAll(lab.door.port, [...malformed, ...smuggling].map(tunnelled));
    const seen = (await a.seen()).filter(({ target }) => !doubted.has(ports.get(numberOf(target)) ?? 0));
    expect(judge(seen, 'a.test', known).filter((problem) => !problem.includes('second'))).toEqual([]);
  });
}

/** The same request as it would be sent to the server itself, behind a CONNECT. */
function tunnelled({ name, bytes }: Stream): Stream {
  const text = bytes.toString('latin1').replace(/http:\/\/a\.test\//i, '/');
  return { name, bytes: Buffer.from(`CONNECT a.test:80 HTTP/1.1\r\n\r\n${text}`, 'latin1') };
}

/** nginx shows absolute targets without their host. */
const pathOf = (target: string): string => target.replace(/^http:\/\/[^/?#]*/i, '');

const numberOf = (text: string): string => /s\d{4}e/.exec(text)?.[0] ?? 'none';

/** The client port of each. */
async function sendAll(port: number, streams: Stream[]): Promise<Map<string, number>> {
  const ports = new Map<string, number>();
  const work = async () => {
    for (let stream = streams.pop(); stream; stream = streams.pop()) {
      const number = numberOf(stream.bytes.toString('latin1'));
      ports.set(number, await send(port, stream, number));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return ports;
}

/** What a server saw that the lab did not. */
function judge(seen: Seen[], name: string, known: Known[]): string[] {
  const left = known.filter(({ to }) => to === name);
  return seen.flatMap((one) => {
    if (one.target === '/' && one.method === 'GET' && one.host.startsWith('127.0.0.1')) return [];
    const said = JSON.stringify(one).slice(0, 300);
    if (one.login !== '') return [`${name} got the login: ${said}`];
    if (name !== 'b.test' && one.target.includes('second')) return [`${name} got what was for b.test: ${said}`];
    const at = left.findIndex(
      ({ method, target }) => method.toUpperCase() === one.method.toUpperCase() && target === pathOf(one.target),
    );
    if (at < 0) return [`${name} saw a request that the lab did not: ${said}`];
    const [match] = left.splice(at, 1);
    if (one.body !== null && one.body !== match!.body)
      return [`${name} saw another body than ${JSON.stringify(match!.body)}: ${said}`];
    return [];
  });
}
