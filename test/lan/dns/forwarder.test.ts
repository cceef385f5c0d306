/** The forwarder on real sockets, between real clients (Node's c-ares, dns-packet) and resolvers that behave well, badly, or not at all. */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { Resolver as Client } from 'node:dns/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { decode, encode, type Packet, RECURSION_DESIRED, TRUNCATED_RESPONSE } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { say } from '../../../src/formats/say.ts';
import { createInspector } from '../../../src/inspect/inspector.ts';
import { createDnsForwarder, type DnsForwarderOptions } from '../../../src/lan/dns/forwarder.ts';
import { createDnsHistory } from '../../../src/lan/dns/history.ts';
import { DENIED_NAMES } from '../../../src/lan/dns/names.ts';
import { frame } from '../../../src/lan/dns/tcp.ts';
import { createUpstream, type Resolver } from '../../../src/lan/dns/upstream.ts';
import type { Device } from '../../../src/model/device.ts';
import type { FlowEvent } from '../../../src/model/flow.ts';
import { text } from '../../../src/model/text.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type Behaviour = (question: Packet & { id: number }, over: 'udp' | 'tcp') => Buffer[];

const reply = (question: Packet, more: Partial<Packet> = {}): Buffer =>
  encode({ type: 'response', id: question.id ?? 0, questions: question.questions ?? [], ...more });
const name = (question: Packet): string => question.questions?.[0]?.name ?? '';
const address = (question: Packet, data = '42.62.48.10'): Buffer =>
  reply(question, { answers: [{ name: name(question), type: 'A', ttl: 60, data }] });

/** A resolver on UDP and TCP that answers what `behave` says. */
async function resolver(behave: Behaviour): Promise<Resolver & { asked: string[] }> {
  const asked: string[] = [];
  const udp: UdpSocket = createSocket('udp4');
  udp.on('message', (bytes, from) => {
    const question = decode(bytes) as Packet & { id: number };
    asked.push(`udp ${name(question)}`);
    for (const answer of behave(question, 'udp')) udp.send(answer, from.port, from.address);
  });
  const tcp: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes: Buffer) => {
      const question = decode(bytes.subarray(2)) as Packet & { id: number };
      asked.push(`tcp ${name(question)}`);
      for (const answer of behave(question, 'tcp')) socket.write(frame(answer));
    });
  });
  const port = await sharePort(udp, tcp);
  closers.push(
    () => udp.close(),
    () => tcp.close(),
  );
  return { host: '127.0.0.1', port, asked };
}

/** One free port for both: a port that is free for UDP may be taken for TCP, then another one is tried. */
async function sharePort(udp: UdpSocket, tcp: Server): Promise<number> {
  for (;;) {
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const { port } = tcp.address() as AddressInfo;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    udp.once('error', () => resolve(false));
    udp.bind(port, '127.0.0.1', () => resolve(true));
    if (await promise) return port;
    await new Promise((closed) => tcp.close(closed));
  }
}

/** Patient, unless the test waits for a resolver that will not answer. */
async function forwarder(
  resolvers: Resolver[],
  over: Partial<DnsForwarderOptions> = {},
  timeoutMs = 60_000,
  nextAfterMs = timeoutMs,
) {
  const events: FlowEvent[] = [];
  const trouble: (string | null)[] = [];
  let ids = 0;
  const history = createDnsHistory({ now: Date.now, phoneOf: () => null });
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const running = await createDnsForwarder({
    host: '127.0.0.1',
    port: 0,
    upstream: createUpstream({ resolvers: () => resolvers, timeoutMs, nextAfterMs }),
    history,
    names: { denied: DENIED_NAMES, own: new Map([['phonehome.lab', ['192.0.2.1']]]) },
    admit: () => true,
    identify: () => 'phone',
    emit: (event) => events.push(event),
    newId: () => `look-up-${++ids}`,
    now: Date.now,
    log: silent,
    onTrouble: (line) => trouble.push(line && say(line)),
    ...over,
  });
  closers.push(() => running.close());
  const client = new Client({ timeout: 120_000, tries: 1 });
  client.setServers([`127.0.0.1:${running.port}`]);
  return { ...running, history, events, trouble, client };
}

/** Sends one packet and gives the first answer. */
function askUdp(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('message', (answer) => {
      socket.close();
      resolve(answer);
    });
    socket.send(bytes, port, '127.0.0.1');
  });
}

const question = (asked: string): Buffer =>
  encode({ type: 'query', id: 99, flags: RECURSION_DESIRED, questions: [{ name: asked, type: 'A', class: 'IN' }] });

describe('a look-up', () => {
  it('is answered by the resolver, remembered, and told as one flow', async () => {
    const upstream = await resolver((asked) => [address(asked)]);
    const { client, history, events } = await forwarder([upstream]);
    expect(await client.resolve4('zzhc.vnet.cn')).toEqual(['42.62.48.10']);
    expect(history.nameOf('127.0.0.1', '42.62.48.10')).toBe('zzhc.vnet.cn');
    expect(events.map(({ type }) => type)).toEqual(['flow-opened', 'message', 'flow-closed']);
    expect(events[0]).toMatchObject({
      flow: { engine: 'gateway', protocol: 'dns', deviceId: 'phone', destination: { host: 'zzhc.vnet.cn', port: 53 } },
    });
    expect(events.at(-1)).toMatchObject({
      reason: 'ended',
      detail: text('ended.dns.addresses', { addresses: '42.62.48.10' }),
    });
  });

  it('of 150 at once gets each its own answer', async () => {
    const upstream = await resolver((asked) => {
      const index = Number(name(asked).slice(1).split('.')[0]);
      return [address(asked, `42.62.${index >> 8}.${index & 255}`)];
    });
    const { port } = await forwarder([upstream]);
    const answers = await Promise.all(
      Array.from({ length: 150 }, async (_, index) => {
        const answer = decode(await askUdp(port, question(`n${index}.vnet.cn`)));
        return answer.answers?.[0];
      }),
    );
    expect(answers.map((answer) => answer && 'data' in answer && answer.data)).toEqual(
      Array.from({ length: 150 }, (_, index) => `42.62.${index >> 8}.${index & 255}`),
    );
  });

  it('believes no reply with a wrong id, a wrong question or from a stranger', async () => {
    const upstream = await resolver((asked) => [
      address({ ...asked, id: (asked.id + 1) & 0xffff }, '6.6.6.1'),
      address({ ...asked, questions: [{ name: 'other.cn', type: 'A', class: 'IN' }] }, '6.6.6.2'),
      Buffer.from('garbage'),
      address(asked),
    ]);
    const { client } = await forwarder([upstream]);
    expect(await client.resolve4('zzhc.vnet.cn')).toEqual(['42.62.48.10']);
  });

  it('too long for UDP is told so, and asked again over TCP', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `42.62.48.${index}`);
    const upstream = await resolver((asked, over) =>
      over === 'udp'
        ? [reply(asked, { flags: TRUNCATED_RESPONSE })]
        : [reply(asked, { answers: many.map((data) => ({ name: name(asked), type: 'A', ttl: 60, data })) })],
    );
    const { client, events } = await forwarder([upstream]);
    expect(await client.resolve4('large.vnet.cn')).toHaveLength(200);
    expect(upstream.asked).toEqual(['udp large.vnet.cn', 'tcp large.vnet.cn']);
    expect(events.filter(({ type }) => type === 'flow-closed')).toHaveLength(2);
  });

  it('goes to the next resolver when one is dead, and to that one first from then on', async () => {
    const dead = createSocket('udp4');
    await new Promise<void>((resolve) => dead.bind(0, '127.0.0.1', resolve));
    const { port } = dead.address();
    dead.close();
    const alive = await resolver((asked) => [address(asked)]);
    const { client } = await forwarder([{ host: '127.0.0.1', port }, alive], {}, 1000);
    expect(await client.resolve4('a.vnet.cn')).toEqual(['42.62.48.10']);
    expect(await client.resolve4('b.vnet.cn')).toEqual(['42.62.48.10']);
  });

  it('goes to the next resolver on SERVFAIL; when all fail, that is the answer', async () => {
    const failing = await resolver((asked) => [reply(asked, { flags: 2 })]);
    const alive = await resolver((asked) => [address(asked)]);
    expect(await (await forwarder([failing, alive])).client.resolve4('a.vnet.cn')).toEqual(['42.62.48.10']);
    const { client, events } = await forwarder([failing]);
    await expect(client.resolve4('b.vnet.cn')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    expect(events.at(-1)).toMatchObject({ detail: text('ended.dns.2') });
  });

  it('to a slow resolver is asked elsewhere as well, and its late answer still counts', async () => {
    const late: (() => void)[] = [];
    const slow = createSocket('udp4');
    slow.on('message', (bytes, from) => {
      late.push(() => slow.send(address(decode(bytes)), from.port, from.address));
    });
    await new Promise<void>((resolve) => slow.bind(0, '127.0.0.1', resolve));
    closers.push(() => slow.close());
    const asked = Promise.withResolvers<void>();
    const silent = await resolver(() => {
      asked.resolve();
      return [];
    });
    const { client } = await forwarder([{ host: '127.0.0.1', port: slow.address().port }, silent], {}, 60_000, 20);
    const answer = client.resolve4('slow.example');
    await asked.promise;
    late[0]?.();
    expect(await answer).toEqual(['42.62.48.10']);
  });

  it('that no route leads to, or no address can be asked for, is SERVFAIL and hurts nobody', async () => {
    // Linux refuses to connect to the broadcast address without leave: as with an uplink that is gone, `connect` itself fails.
    const good = await resolver((asked) => [address(asked)]);
    const { client } = await forwarder([{ host: '255.255.255.255', port: 53 }]);
    await expect(client.resolve4('lost.example')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    const both = await forwarder([{ host: '255.255.255.255', port: 53 }, good]);
    expect(await both.client.resolve4('found.example')).toEqual(['42.62.48.10']);
  });

  it('is answered from memory as long as the answer allows, with its time counted down', async () => {
    let time = 1_000_000;
    const good = await resolver((asked) => [address(asked)]);
    const { port, history, events } = await forwarder([good], { now: () => time });
    const ask = async (text: string) => decode(await askUdp(port, question(text)));
    expect((await ask('a.example')).answers).toMatchObject([{ ttl: 60 }]);
    time += 20_000;
    const again = await ask('A.example');
    expect(again).toMatchObject({
      id: 99,
      questions: [{ name: 'A.example' }],
      answers: [{ ttl: 40, data: '42.62.48.10' }],
    });
    expect(good.asked).toEqual(['udp a.example']);
    // Each is told, and remembered as the phone's own.
    expect(events.filter((event) => event.type === 'flow-opened')).toHaveLength(2);
    expect(history.nameOf('127.0.0.1', '42.62.48.10')).toBe('a.example');
    time += 40_000;
    await ask('a.example');
    expect(good.asked).toHaveLength(2);
  });

  it('whose answer says 0 seconds, failed or was cut short is asked again each time', async () => {
    const good = await resolver((asked) => {
      const kind = name(asked).split('.')[0];
      if (kind === 'zero')
        return [reply(asked, { answers: [{ name: name(asked), type: 'A', ttl: 0, data: '42.62.48.10' }] })];
      if (kind === 'cut') return [reply(asked, { flags: TRUNCATED_RESPONSE })];
      return [reply(asked, { flags: 3 })];
    });
    const { port } = await forwarder([good]);
    for (const text of ['zero.example', 'zero.example', 'cut.example', 'cut.example', 'none.example', 'none.example'])
      await askUdp(port, question(text));
    expect(good.asked).toHaveLength(6);
  });

  it('through a chain of names is answered whole, and kept as long as its shortest link', async () => {
    let time = 1_000_000;
    const links = Array.from({ length: 8 }, (_, n) => ({
      name: `n${n}.example`,
      type: 'CNAME' as const,
      ttl: 30 + n,
      data: `n${n + 1}.example`,
    }));
    const good = await resolver((asked) => [
      reply(asked, { answers: [...links, { name: 'n8.example', type: 'A', ttl: 300, data: '42.62.48.10' }] }),
    ]);
    const { client, history } = await forwarder([good], { now: () => time });
    expect(await client.resolve4('n0.example')).toEqual(['42.62.48.10']);
    expect(history.nameOf('127.0.0.1', '42.62.48.10')).toBe('n0.example');
    time += 30_000;
    await client.resolve4('n0.example');
    expect(good.asked).toHaveLength(2);
  });

  it('that nobody answers is SERVFAIL in bounded time, and the operator is told once that names are lost and once that they are back', async () => {
    let mute = true;
    const upstream = await resolver((asked) => (mute ? [] : [address(asked)]));
    const { client, trouble, events } = await forwarder([upstream], {}, 500);
    for (let index = 0; index < 4; index++)
      await expect(client.resolve4('a.vnet.cn')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    expect(trouble).toEqual([expect.stringContaining('no resolver answers')]);
    expect(events.at(-1)).toMatchObject({ detail: text('ended.dns.none') });
    mute = false;
    expect(await client.resolve4('a.vnet.cn')).toEqual(['42.62.48.10']);
    expect(trouble).toEqual([expect.any(String), null]);
  });

  it('of a canary, of HTTPS records and of the lab’s own page is answered without a resolver', async () => {
    const upstream = await resolver((asked) => [address(asked)]);
    const { client, port } = await forwarder([upstream]);
    await expect(client.resolve4('use-application-dns.net')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(await client.resolve4('phonehome.lab')).toEqual(['192.0.2.1']);
    const https = question('zzhc.vnet.cn');
    https.writeUInt16BE(65, https.length - 4);
    expect(decode(await askUdp(port, https))).toMatchObject({ rcode: 'NOERROR', answers: [] });
    expect(upstream.asked).toEqual([]);
  });

  it('that is damaged is refused, and the forwarder goes on', async () => {
    const upstream = await resolver((asked) => [address(asked)]);
    const { client, port, stats } = await forwarder([upstream]);
    expect(decode(await askUdp(port, question('a.vnet.cn').subarray(0, 20)))).toMatchObject({
      rcode: 'FORMERR',
      id: 99,
    });
    expect(await client.resolve4('a.vnet.cn')).toEqual(['42.62.48.10']);
    expect(stats()).toMatchObject({ malformed: 1, asked: 1 });
  });

  it('of a stranger is not answered', async () => {
    const upstream = await resolver((asked) => [address(asked)]);
    const allowed = { now: false };
    const { client, stats, events } = await forwarder([upstream], { admit: () => allowed.now });
    client.cancel();
    const impatient = new Client({ timeout: 100, tries: 1 });
    impatient.setServers(client.getServers());
    await expect(impatient.resolve4('a.vnet.cn')).rejects.toMatchObject({ code: 'ETIMEOUT' });
    expect(stats().refusedClients).toBeGreaterThan(0);
    expect(events).toEqual([]);
  });

  it('beyond a phone’s share fails at once; other questions go on when its own are answered', async () => {
    const held: (() => void)[] = [];
    const udp = createSocket('udp4');
    udp.on('message', (bytes, from) => held.push(() => udp.send(address(decode(bytes)), from.port, from.address)));
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
    closers.push(() => udp.close());
    const upstream = createUpstream({
      resolvers: () => [{ host: '127.0.0.1', port: udp.address().port }],
      timeoutMs: 120_000,
    });
    const { port } = await forwarder([], { upstream });
    const waiting = Array.from({ length: 200 }, (_, index) => askUdp(port, question(`n${index}.vnet.cn`)));
    await expect.poll(() => held.length, { timeout: 60_000 }).toBe(200);
    expect(decode(await askUdp(port, question('over.vnet.cn')))).toMatchObject({ rcode: 'SERVFAIL' });
    for (const answer of held) answer();
    await Promise.all(waiting);
  });
});

describe('over TCP', () => {
  const overTcp = (port: number, send: (write: (bytes: Buffer) => void, end: () => void) => void): Promise<Buffer> =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      const parts: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => parts.push(chunk));
      socket.on('error', () => {});
      socket.on('end', () => socket.end());
      socket.on('close', () => resolve(Buffer.concat(parts)));
      send(
        (bytes) => socket.write(bytes),
        () => socket.end(),
      );
    });

  it('a question in pieces of one byte, with the sender’s side closed, is answered and the connection ended', async () => {
    const upstream = await resolver((asked) => [address(asked)]);
    const { port } = await forwarder([upstream]);
    const answer = await overTcp(port, (write, end) => {
      for (const byte of frame(question('a.vnet.cn'))) write(Buffer.from([byte]));
      end();
    });
    expect(decode(answer.subarray(2)).answers).toMatchObject([{ data: '42.62.48.10' }]);
  });

  it('what is no DNS ends the connection', async () => {
    const { port } = await forwarder([]);
    expect(await overTcp(port, (write) => write(Buffer.from('\u0000\u0003abc')))).toHaveLength(0);
  });
});

describe('an identifier in a name', () => {
  const device: Device = {
    id: 'phone',
    model: null,
    match: { ip: null, mac: null, default: true },
    identifiers: { imei: ['490154203237518'] },
    canaries: { contacts: [], messages: [], photos: [] },
    salts: [],
  };

  it.each([
    ['as a label', '490154203237518.t.example.cn'],
    ['as base32', `${'GQ4TAMJVGQZDAMZSGM3TKMJY'}.t.example.cn`],
    ['cut into several labels of a long name', `${'x'.repeat(60)}.49015420.3237518.${'y'.repeat(30)}.example.cn`],
  ])('%s is found, where: dns', async (_how, asked) => {
    const upstream = await resolver((packet) => [address(packet)]);
    const { client, events } = await forwarder([upstream]);
    await client.resolve4(asked);
    const inspector = createInspector({ deviceFor: () => device });
    const findings = events.flatMap((event) => inspector.push(event));
    expect(findings).toContainEqual(
      expect.objectContaining({
        finding: expect.objectContaining({
          identifier: expect.objectContaining({ kind: 'imei', known: true }),
          evidence: expect.objectContaining({ where: 'dns' }),
        }),
      }),
    );
  });

  it('is not seen in ordinary names', async () => {
    const upstream = await resolver((packet) => [address(packet)]);
    const { client, events } = await forwarder([upstream]);
    for (const asked of [
      'r4---sn-4g5ednsz.googlevideo.com',
      'e6858.dsce9.akamaiedge.net',
      '10.0.77.10.in-addr.arpa',
      'a1089.dscd.akamai.net',
      'ec2-52-18-44-120.eu-west-1.compute.amazonaws.com',
      '4901542.example.com',
    ])
      await client.resolve4(asked);
    const inspector = createInspector({ deviceFor: () => device });
    expect(events.flatMap((event) => inspector.push(event))).toEqual([]);
  });
});
