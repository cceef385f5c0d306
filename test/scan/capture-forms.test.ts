/** Captures as they are really made: through tunnels, of datagrams, cut, out of order, begun late, by other tools. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordingReaders } from '../../src/lab/recording-readers.ts';
import type { Flow, FlowEvent } from '../../src/model/flow.ts';
import { text } from '../../src/model/text.ts';
import { keysBeside } from '../../src/scan/capture/keys.ts';
import { describeWith } from '../clients/tools.ts';
import { selfSigned } from '../wire/certificates.ts';
import { type Conversation, pcapng, recordTls, segments } from './capture-file.ts';
import { CLIENT, datagram, ethernet, ipv4, pcap, posting, SERVER, udp } from './frames.ts';
import { type Read, readAll } from './recording.ts';

const IMEI = '490154203237518';
const BODY = `{"imei":"${IMEI}"}`;
const KEYS_OF_OTHERS = `CLIENT_RANDOM ${'0'.repeat(64)} ${'1'.repeat(96)}\n`;

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-forms-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const write = (name: string, bytes: Buffer | string): string => {
  const file = join(dir, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
};
const read = (bytes: Buffer, name = 'one.pcap'): Promise<Read[]> => readAll(write(name, bytes));
const eventsOf = (all: Read[]): FlowEvent[] =>
  all.flatMap((each) => (each.type === 'entry' || each.type === 'part' ? each.events : []));
const missingIn = (all: Read[]): string[] => all.flatMap((each) => (each.type === 'entry' ? each.missing : []));
const sent = (all: Read[]): string =>
  eventsOf(all)
    .flatMap((event) =>
      (event.type === 'body-chunk' || event.type === 'raw-bytes' || event.type === 'message') &&
      event.direction === 'request'
        ? [event.bytes.toString('latin1')]
        : [],
    )
    .join('');
const flowIn = (all: Read[]): Flow | undefined =>
  eventsOf(all).flatMap((event) => (event.type === 'flow-opened' ? [event.flow] : []))[0];

const tunnel = (protocol: number, head: string) => (packet: Buffer) =>
  ethernet(ipv4('192.0.2.1', '192.0.2.2', protocol, Buffer.concat([Buffer.from(head, 'hex'), packet])));
const inUdp = (port: number, head: string, isEthernet: boolean) => (packet: Buffer) => {
  const inner = isEthernet ? ethernet(packet) : packet;
  return ethernet(
    ipv4('192.0.2.1', '192.0.2.2', 17, udp(50_000, port, Buffer.concat([Buffer.from(head, 'hex'), inner]))),
  );
};
const gtp = (packet: Buffer): Buffer => {
  const head = Buffer.from('30ff000000000007', 'hex');
  head.writeUInt16BE(packet.length, 2);
  return ethernet(ipv4('192.0.2.1', '192.0.2.2', 17, udp(2152, 2152, Buffer.concat([head, packet]))));
};
const pppoe = (packet: Buffer): Buffer => {
  const head = Buffer.from('1100000100000021', 'hex');
  head.writeUInt16BE(packet.length + 2, 4);
  return ethernet(Buffer.concat([head, packet]), 0x8864);
};

describeWith(['tshark'], 'a connection', () => {
  it.each([
    ['VXLAN', inUdp(4789, '0800000000000700', true)],
    ["VXLAN on Linux's port", inUdp(8472, '0800000000000700', true)],
    ['Geneve', inUdp(6081, '0000655800000700', true)],
    ['TZSP, as MikroTik mirrors', inUdp(37_008, '0100000101', true)],
    ['GRE', tunnel(47, '00000800')],
    ['IP in IP', tunnel(4, '')],
    ['GTP, as mobile networks carry it', gtp],
    ['PPPoE', pppoe],
    ['a VLAN', (packet: Buffer) => ethernet(Buffer.concat([Buffer.from('00050800', 'hex'), packet]), 0x8100)],
    ['MPLS', (packet: Buffer) => ethernet(Buffer.concat([Buffer.from('00010140', 'hex'), packet]), 0x8847)],
  ])('mirrored through %s goes to the server, not to the end of the tunnel', async (_how, wrap) => {
    const all = await read(pcap(posting(BODY).map(wrap)));
    expect(sent(all)).toBe(BODY);
    expect(flowIn(all)).toMatchObject({ client: { ip: CLIENT }, destination: { host: 'zzhc.example', ip: SERVER } });
  });

  it('quoted in an error message of the network is none', async () => {
    const packets = posting(BODY);
    const quoted = Buffer.concat([Buffer.from('0301000000000000', 'hex'), packets[3]!.subarray(0, 60)]);
    const all = await read(pcap([...packets, ipv4('192.0.2.9', CLIENT, 1, quoted)].map((each) => ethernet(each))));
    expect(all.filter(({ type }) => type === 'entry')).toHaveLength(1);
    expect(sent(all)).toBe(BODY);
  });

  it.each([
    ['out of order', (packets: Buffer[]) => packets.with(5, packets[7]!).with(7, packets[5]!)],
    ['with repeats', (packets: Buffer[]) => packets.flatMap((each) => [each, each])],
    ['with late repeats', (packets: Buffer[]) => [...packets.slice(0, 8), ...packets.slice(4, 6), ...packets.slice(8)]],
    ['of one side only', (packets: Buffer[]) => packets.filter((each) => each[15] === 2)],
    ['without its beginning', (packets: Buffer[]) => packets.slice(3)],
  ])('%s gives what was sent', async (_how, change) => {
    const packets = posting(`${'x'.repeat(2000)}${BODY}`, { pieces: 6 });
    const all = await read(pcap(change(packets), { link: 101 }));
    expect(sent(all)).toBe(`${'x'.repeat(2000)}${BODY}`);
    expect(missingIn(all)).toEqual([]);
  });

  it('of which a packet is lost is read on behind it, and the loss is told', async () => {
    const body = Buffer.from(
      `POST /next HTTP/1.1\r\nHost: zzhc.example\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    );
    const head = Buffer.from('POST /report HTTP/1.1\r\nHost: zzhc.example\r\nContent-Length: 2000\r\n\r\n');
    const parts = [head, Buffer.alloc(700, 'a'), Buffer.alloc(700, 'b'), Buffer.alloc(600, 'c'), body];
    const packets = segments(
      { server: { ip: SERVER, port: 80 }, parts: parts.map((bytes) => ({ up: true, bytes })) },
      40_000,
    );
    const all = await read(pcap(packets.toSpliced(5, 1), { link: 101 }));
    expect(sent(all)).toBe(`${'a'.repeat(700)}${' '.repeat(700)}${'c'.repeat(600)}${BODY}`);
    expect(missingIn(all)).toEqual(['bytes of it are missing in the capture: packets were cut or lost']);
  });

  it.each([
    ['whose packets were cut', (packets: Buffer[]) => pcap(packets, { link: 101, kept: 200 })],
    ['whose last packet is lost', (packets: Buffer[]) => pcap(packets.toSpliced(-4, 1), { link: 101 })],
  ])('%s says so', async (_how, capture) => {
    const all = await read(capture(posting(`${'x'.repeat(3000)}${BODY}`, { pieces: 3 })));
    expect(missingIn(all)).toEqual(['bytes of it are missing in the capture: packets were cut or lost']);
  });

  it('to a proxy goes where the proxy was asked to, at an address that only the proxy knows', async () => {
    const request = `POST http://zzhc.example/r HTTP/1.1\r\nHost: zzhc.example\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
    const packets = segments(
      { server: { ip: '10.77.0.1', port: 8080 }, parts: [{ up: true, bytes: Buffer.from(request) }] },
      40_000,
    );
    const all = await read(pcap(packets, { link: 101 }));
    expect(flowIn(all)?.destination).toEqual({ host: 'zzhc.example', port: 80, ip: null });
    expect(sent(all)).toBe(BODY);
  });

  it.each([
    [(trailer: Buffer) => trailer, 'network order'],
    [(trailer: Buffer) => trailer.subarray(0, 8).swap32() && trailer, 'host order'],
  ])("with PCAPdroid's trailer names the app (%#: %s)", async (order) => {
    const trailer = Buffer.alloc(32);
    trailer.writeUInt32BE(0x01072021, 0);
    trailer.writeInt32BE(10_123, 4);
    trailer.write('Weather & Söhne', 8);
    const wrap = (packet: Buffer) => {
      const frame = ethernet(Buffer.concat([packet, Buffer.alloc((4 - (packet.length % 4)) % 4)]));
      return Buffer.concat([frame, order(Buffer.from(trailer))]);
    };
    const all = await read(pcap([...posting(BODY), datagram(8821, `imei=${IMEI}`)].map(wrap)));
    expect(all.filter(({ type }) => type === 'entry')).toMatchObject([
      { app: 'Weather & Söhne' },
      { app: 'Weather & Söhne' },
    ]);
    expect(sent(all)).toContain(BODY);
  });

  it('gives the very events that the live reader gives for the same bytes', async () => {
    const parts: Conversation['parts'] = [
      {
        up: true,
        bytes: Buffer.from(`POST /a HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nimei=\r\n`),
      },
      { up: true, bytes: Buffer.from(`f\r\n${IMEI}\r\n0\r\n\r\n`) },
      { up: false, bytes: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok') },
      {
        up: true,
        bytes: Buffer.from('GET /ws HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
      },
      {
        up: false,
        bytes: Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
      },
      { up: true, bytes: Buffer.from([0x81, 0x84, 1, 2, 3, 4, 0x68, 0x6f, 0x66, 0x6d]) },
    ];
    const all = await read(pcap(segments({ server: { ip: SERVER, port: 80 }, parts }, 40_000), { link: 101 }));
    const flow = flowIn(all)!;
    const reader = recordingReaders.openReader(flow, null);
    const live = parts.flatMap(({ up, bytes }) => reader.push(up ? 'request' : 'response', bytes, 0));
    live.push(...reader.end('request', 0), ...reader.end('response', 0), ...reader.close(0));
    const timeless = (events: FlowEvent[]) => events.map((event) => ({ ...event, time: 0 }));
    expect(timeless(eventsOf(all).slice(1, -1))).toEqual(timeless(live));
    expect(live.some(({ type }) => type === 'message')).toBe(true);
  });
});

describeWith(['tshark'], 'a datagram', () => {
  const question = (name: string): Buffer => {
    const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
    return Buffer.concat([Buffer.from('abcd01000001000000000000', 'hex'), ...labels, Buffer.from('0000010001', 'hex')]);
  };
  it.each([
    ['SIP', 5060, Buffer.from(`REGISTER sip:a SIP/2.0\r\nX-Id: ${IMEI}\r\nContent-Length: 0\r\n\r\n`)],
    ['CoAP', 5683, Buffer.concat([Buffer.from('40020001b172ff', 'hex'), Buffer.from(BODY)])],
    ['syslog', 514, Buffer.from(`<13>imei=${IMEI}`)],
    ['any other protocol', 8821, Buffer.from(`imei=${IMEI}`)],
  ])('of %s is searched as raw bytes', async (_what, port, payload) => {
    const all = await read(pcap([datagram(port, payload)], { link: 101 }));
    expect(flowIn(all)).toMatchObject({ protocol: 'udp', destination: { ip: SERVER, port } });
    expect(sent(all)).toBe(payload.toString('latin1'));
    expect(all.at(-1)).toMatchObject({ type: 'entry', entry: 0, missing: [] });
  });

  it.each([
    ['DNS', 53, '8.8.8.8'],
    ['mDNS', 5353, '224.0.0.251'],
    ['LLMNR', 5355, '224.0.0.252'],
  ])('of %s that asks for a name is a look-up, for whoever has the name', async (_what, port, to) => {
    const all = await read(pcap([datagram(port, question(`${IMEI}.t.example`), to)], { link: 101 }));
    expect(flowIn(all)).toMatchObject({ protocol: 'dns', destination: { host: `${IMEI}.t.example`, ip: null } });
    expect(sent(all)).toBe(`${IMEI}.t.example`);
  });

  it('that answers a look-up names the server that is called after it', async () => {
    const asked = question('vendor.example');
    const reply = Buffer.concat([
      asked,
      Buffer.from('c00c000100010000003c0004', 'hex'),
      Buffer.from(SERVER.split('.').map(Number)),
    ]);
    reply.writeUInt16BE(0x8180, 2);
    reply.writeUInt16BE(1, 6);
    const all = await read(
      pcap(
        [
          datagram(53, asked, '8.8.8.8'),
          ipv4('8.8.8.8', CLIENT, 17, udp(53, 5000, reply)),
          datagram(8821, `imei=${IMEI}`),
          ...segments(
            { server: { ip: SERVER, port: 5222 }, parts: [{ up: true, bytes: Buffer.from('hello') }] },
            41_000,
          ),
          ...posting(BODY),
        ],
        { link: 101 },
      ),
    );
    const called = eventsOf(all).flatMap((event) => (event.type === 'flow-opened' ? [event.flow.destination] : []));
    expect(called.map(({ host }) => host)).toEqual([
      'vendor.example',
      'vendor.example',
      'vendor.example',
      'zzhc.example',
    ]);
    // The datagram and the first connection said no name themselves.
    expect(called.map(({ guessed }) => guessed)).toEqual([undefined, true, true, undefined]);
    expect(eventsOf(all)).toContainEqual(
      expect.objectContaining({ type: 'flow-closed', detail: text('ended.dns.addresses', { addresses: SERVER }) }),
    );
  });

  it('announced to everybody (mDNS) is searched as bytes', async () => {
    const head = Buffer.from('000084000000000100000000', 'hex');
    const record = Buffer.concat([
      Buffer.from([IMEI.length]),
      Buffer.from(IMEI),
      Buffer.from('056c6f63616c00000100010000007800040a4d0002', 'hex'),
    ]);
    const all = await read(pcap([datagram(5353, Buffer.concat([head, record]), '224.0.0.251')], { link: 101 }));
    expect(sent(all)).toContain(IMEI);
  });

  it('in fragments is put together', async () => {
    const whole = udp(5000, 8821, Buffer.from(`${'z'.repeat(1990)} imei=${IMEI}`));
    const packets = [
      ipv4(CLIENT, SERVER, 17, whole.subarray(0, 1480), 0x2000),
      ipv4(CLIENT, SERVER, 17, whole.subarray(1480), 185),
    ];
    expect(sent(await read(pcap(packets, { link: 101 })))).toContain(`imei=${IMEI}`);
  });

  it('within one machine is searched too', async () => {
    const packet = ipv4('127.0.0.1', '127.0.0.1', 17, udp(5000, 8821, Buffer.from(`imei=${IMEI}`)));
    expect(sent(await read(pcap([packet], { link: 101 })))).toBe(`imei=${IMEI}`);
  });

  it('that the capture cut says so', async () => {
    const all = await read(pcap([datagram(8821, `${'z'.repeat(400)}${IMEI}`)], { link: 101, kept: 200 }));
    expect(missingIn(all)).toEqual(['datagrams that the capture cut: only their beginning was searched']);
  });

  it('of QUIC is a contact that nobody looked into', async () => {
    const initial = Buffer.concat([Buffer.from('c00000000108aabbccddeeff00110000449e', 'hex'), Buffer.alloc(1178, 7)]);
    const all = await read(pcap([datagram(443, initial)], { link: 101 }));
    expect(all).toMatchObject([
      { type: 'entry', missing: ['QUIC: not looked into'], contact: { host: SERVER, ip: SERVER } },
    ]);
    expect(flowIn(all)).toMatchObject({ protocol: 'quic', intercepted: false });
  });

  it('that gives addresses (DHCP) is the network\u2019s own', async () => {
    const asking = ipv4('0.0.0.0', '255.255.255.255', 17, udp(68, 67, Buffer.alloc(300)));
    const all = await read(pcap([asking, datagram(9999, 'hello')], { link: 101 }));
    expect(eventsOf(all).filter(({ type }) => type === 'flow-opened')).toHaveLength(1);
    expect(all).toContainEqual(
      expect.objectContaining({ type: 'skipped', entry: null, reason: '1 packet of DHCP: not looked into' }),
    );
  });

  it('of which a part is pings says how many were not looked into', async () => {
    const ping = ipv4(CLIENT, SERVER, 1, Buffer.from('08000000000000000000', 'hex'));
    const all = await read(pcap([ping, datagram(9999, 'hello'), ping], { link: 101 }));
    expect(eventsOf(all).filter(({ type }) => type === 'flow-opened')).toHaveLength(1);
    expect(all).toContainEqual(
      expect.objectContaining({ type: 'skipped', entry: null, reason: '2 packets of ICMP: not looked into' }),
    );
  });
});

describeWith(['tshark'], 'a capture', () => {
  it.each([
    ['no packets', [], 'no packet in this capture'],
    [
      'neither TCP nor UDP',
      [ipv4(CLIENT, SERVER, 1, Buffer.from('08000000000000000000', 'hex'))],
      'neither TCP nor UDP in this capture, only icmp',
    ],
    [
      'nothing but addresses asked for',
      [ipv4('0.0.0.0', '255.255.255.255', 17, udp(68, 67, Buffer.alloc(300)))],
      'nothing in this capture but DHCP: not looked into',
    ],
  ])('of %s says so', async (_what, packets, reason) => {
    expect(await read(pcap(packets, { link: 101 }))).toMatchObject([{ type: 'skipped', entry: null, reason }]);
  });
});

describeWith(['tshark'], 'TLS keys', () => {
  let tls: Awaited<ReturnType<typeof recordTls>>;
  const host = 'vendor.example';
  beforeAll(async () => {
    tls = await recordTls({
      ...selfSigned([host]),
      servername: host,
      request: Buffer.from(`POST /r HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`),
      answer: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
      place: { ip: SERVER, port: 443 },
    });
  });

  it.each([
    'phone.keys',
    'phone.pcapng.keys',
    'phone.keylog',
    'sslkeylogfile.txt',
    'sslkeylogfile.txt (18)',
    'sslkeylogfile (2).txt',
    'SSLKEYLOGFILE',
    'sslkeys.log',
    'keys.log',
    'premaster.txt',
    'PCAPdroid_22_Nov_12_00_00.txt',
    'tls-secrets',
  ])('in %s beside the capture are found', (name) => {
    const folder = `keys-${name.replace(/\W/g, '')}`;
    write(`${folder}/${name}`, `# made by a tool\n${tls.secrets}`);
    write(`${folder}/notes about the keys.txt`, 'CLIENT_RANDOM is what a line begins with\n');
    const keys = keysBeside(join(dir, folder, 'phone.pcapng'), undefined);
    expect(keys).toMatchObject({ file: join(dir, folder, name), names: [name] });
  });

  it('in two files are used together', async () => {
    const lines = tls.secrets.trim().split('\n');
    write('two/keys.log', `${lines.slice(0, 2).join('\n')}\n`);
    write('two/more-keys.log', `${lines.slice(2).join('\n')}\n`);
    expect(sent(await read(pcapng([tls.conversation]), 'two/phone.pcapng'))).toBe(BODY);
  });

  it('of other connections are named as such', async () => {
    write('other/keys.log', KEYS_OF_OTHERS);
    const [entry] = await read(pcapng([tls.conversation]), 'other/phone.pcapng');
    expect(entry).toMatchObject({
      missing: ['TLS whose keys are not in keys.log: not looked into'],
      contact: { host },
    });
  });

  it('open what goes through a proxy, as an instalment of the same connection', async () => {
    const connect = Buffer.from(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
    const parts = [
      { up: true, bytes: connect },
      { up: false, bytes: Buffer.from('HTTP/1.1 200 OK\r\n\r\n') },
      ...tls.conversation.parts,
    ];
    write('proxy/keys.log', tls.secrets);
    const all = await read(pcapng([{ server: { ip: '10.77.0.1', port: 8080 }, parts }]), 'proxy/phone.pcapng');
    const flows = eventsOf(all).flatMap((event) => (event.type === 'flow-opened' ? [event.flow] : []));
    expect(flows).toMatchObject([
      { arrival: 'http-connect', destination: { host, port: 443, ip: null } },
      { continues: true, encrypted: true, destination: { host } },
    ]);
    expect(sent(all)).toContain(BODY);
    expect(all.filter(({ type }) => type === 'entry')).toMatchObject([{ entry: 0, missing: [] }]);
  });

  it.each([
    [
      'none there',
      null,
      'TLS without its keys: not looked into (keys are read from a file beside the capture, e.g. phone.keys)',
    ],
    ['those of others', KEYS_OF_OTHERS, 'TLS whose keys are not in keys.log: not looked into'],
  ])('that are missing for what went through a proxy’s tunnel are told: %s', async (name, keys, why) => {
    const connect = Buffer.from(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
    const parts = [
      { up: true, bytes: connect },
      { up: false, bytes: Buffer.from('HTTP/1.1 200 OK\r\n\r\n') },
      ...tls.conversation.parts,
    ];
    const folder = `tunnel-${name.replaceAll(' ', '-')}`;
    if (keys) write(`${folder}/keys.log`, keys);
    const all = await read(pcapng([{ server: { ip: '10.77.0.1', port: 8080 }, parts }]), `${folder}/phone.pcapng`);
    const entries = all.filter(({ type }) => type === 'entry');
    expect(entries).toMatchObject([{ entry: 0, missing: [why], contact: { host, ip: null } }]);
    const flows = eventsOf(all).flatMap((event) => (event.type === 'flow-opened' ? [event.flow] : []));
    expect(flows).toMatchObject([{ encrypted: false }, { continues: true, encrypted: true, intercepted: false }]);
  });

  it('that are missing for what came after STARTTLS are told, and what came before is read', async () => {
    const talk: [boolean, string][] = [
      [false, '220 mail.example ESMTP\r\n'],
      [true, `EHLO phone-${IMEI}\r\n`],
      [false, '250-mail.example\r\n250 STARTTLS\r\n'],
      [true, 'STARTTLS\r\n'],
      [false, '220 go ahead\r\n'],
    ];
    const before = talk.map(([up, said]) => ({ up, bytes: Buffer.from(said) }));
    const parts = [...before, ...tls.conversation.parts];
    const all = await read(pcapng([{ server: { ip: '198.51.100.7', port: 25 }, parts }]), 'start-tls/phone.pcapng');
    const [entry, ...more] = all.filter(({ type }) => type === 'entry');
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ missing: [expect.stringMatching(/^TLS without its keys/)] });
    expect(entry).not.toHaveProperty('contact');
    expect(sent(all)).toContain(`EHLO phone-${IMEI}`);
  });

  it('show the certificate, as a live connection does', async () => {
    write('certificate/keys.log', tls.secrets);
    const all = await read(pcapng([tls.conversation]), 'certificate/phone.pcapng');
    expect(eventsOf(all).find(({ type }) => type === 'tls-established')).toMatchObject({
      certificate: { names: [host] },
    });
  });
});
