/**
 * Captures by the forms that recorders write: byte orders, resolutions, sections and interfaces, link layers and tunnels.
 * Each holds the same connection, which is read or named. Lab addresses and values only.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../clients/tools.ts';
import { segments } from './capture-file.ts';
import { CLIENT, ethernet, ipv4, pcap, posting, SERVER, udp } from './frames.ts';
import { type Read, readAll } from './recording.ts';

const BODY = '{"imei":"490154203237518"}';
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'capture-links-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

async function read(bytes: Buffer): Promise<Read[]> {
  const file = join(dir, 'one.pcap');
  writeFileSync(file, bytes);
  return await readAll(file);
}
const eventsOf = (all: Read[]) =>
  all.flatMap((each) => (each.type === 'entry' || each.type === 'part' ? each.events : []));
const bodies = (all: Read[]): string =>
  eventsOf(all)
    .flatMap((event) =>
      event.type === 'body-chunk' && event.direction === 'request' ? [event.bytes.toString('latin1')] : [],
    )
    .join('');
const told = (all: Read[]): string[] =>
  all.flatMap((each) => (each.type === 'skipped' ? [each.reason] : each.type === 'entry' ? each.missing : []));

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const before = (head: string) => (packet: Buffer) => Buffer.concat([hex(head), packet]);
/** In an IPv4 packet between two routers. */
const carried = (protocol: number, payload: Buffer): Buffer =>
  ethernet(ipv4('192.0.2.1', '192.0.2.2', protocol, payload));
const pppoe = (packet: Buffer): Buffer => {
  const head = hex('1100000100000021');
  head.writeUInt16BE(packet.length + 2, 4);
  return Buffer.concat([head, packet]);
};

/** IPv6 around something, between addresses for documentation. */
function ipv6(next: number, payload: Buffer): Buffer {
  const head = hex(`6000000000000040${'20010db8000000000000000000000001'}${'20010db8000000000000000000000002'}`);
  head.writeUInt16BE(payload.length, 4);
  head[6] = next;
  return Buffer.concat([head, payload]);
}

/** Data from a station to its access point (IEEE 802.11-2020 9.3.2), open or encrypted. */
function wifi(packet: Buffer, { isQos = false, isLocked = false } = {}): Buffer {
  const control = hex(`${isQos ? '88' : '08'}${isLocked ? '41' : '01'}0000`);
  const addresses = hex('02112233445502005e1000010211223344560000');
  const inside = isLocked ? [hex('0000000020000000'), Buffer.alloc(80, 7)] : [hex('aaaa030000000800'), packet];
  return Buffer.concat([control, addresses, hex(isQos ? '0000' : ''), ...inside]);
}
const radiotap = before('0000080000000000');

type Form = [how: string, link: number, wrap: (packet: Buffer) => Buffer];
const FORMS: Form[] = [
  ['Ethernet', 1, (packet) => ethernet(packet)],
  ['two VLAN tags (802.1ad)', 1, (packet) => ethernet(before('000a8100000b0800')(packet), 0x88a8)],
  ['two VLAN tags of the old kind', 1, (packet) => ethernet(before('000a8100000b0800')(packet), 0x8100)],
  ['a VLAN of priority 0', 1, (packet) => ethernet(before('00000800')(packet), 0x8100)],
  ['PPPoE in a VLAN', 1, (packet) => ethernet(Buffer.concat([hex('00078864'), pppoe(packet)]), 0x8100)],
  ['GRE with key and number', 1, (packet) => carried(47, before('300008000000000700000001')(packet))],
  ['Ethernet in GRE', 1, (packet) => carried(47, before('00006558')(ethernet(packet)))],
  [
    'ERSPAN, as switches mirror',
    1,
    (packet) => carried(47, before('100088be000000011001000100000000')(ethernet(packet))),
  ],
  ['IPv4 in IPv6', 1, (packet) => ethernet(ipv6(4, packet), 0x86dd)],
  ['L2TP', 1, (packet) => carried(17, udp(1701, 1701, before('000200010001ff030021')(packet)))],
  ['Linux cooked', 113, before('00000001000602005e10000100000800')],
  ['Linux cooked, second version', 276, before('08000000000000020001000602005e1000010000')],
  ['IP without a link', 101, (packet) => packet],
  ['IPv4 without a link', 228, (packet) => packet],
  ['IP as OpenBSD numbers it', 12, (packet) => packet],
  ['BSD loopback', 0, before('02000000')],
  ['OpenBSD loopback', 108, before('00000002')],
  ['PPP', 9, before('ff030021')],
  ['802.11', 105, (packet) => wifi(packet)],
  ['802.11 with quality of service', 105, (packet) => wifi(packet, { isQos: true })],
  ['802.11 with radiotap', 127, (packet) => radiotap(wifi(packet))],
  ['802.11 with PPI', 192, (packet) => before('0000080069000000')(wifi(packet))],
];

/** The packets of a connection from this port. */
function from(port: number): Buffer[] {
  const body = JSON.stringify({ imei: '490154203237518', port });
  const head = `POST /${port} HTTP/1.1\r\nHost: zzhc.example\r\nContent-Length: ${body.length}\r\n\r\n`;
  const answer = { up: false, bytes: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok') };
  return segments(
    { server: { ip: SERVER, port: 80 }, parts: [{ up: true, bytes: Buffer.from(head + body) }, answer] },
    port,
  );
}

/** A section of pcapng (draft-ietf-opsawg-pcapng 4) with an interface for each form; numbers in this byte order. */
function section(forms: Form[], firstPort: number, { isBig = false, nanoseconds = false } = {}): Buffer {
  const u16 = (value: number): Buffer => {
    const bytes = Buffer.alloc(2);
    if (isBig) bytes.writeUInt16BE(value);
    else bytes.writeUInt16LE(value);
    return bytes;
  };
  const u32 = (...values: number[]): Buffer =>
    Buffer.concat(
      values.flatMap((value) =>
        isBig ? [u16(value >>> 16), u16(value & 0xffff)] : [u16(value & 0xffff), u16(value >>> 16)],
      ),
    );
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    return Buffer.concat([u32(type, padded.length + 12), padded, u32(padded.length + 12)]);
  };
  const resolution = nanoseconds ? Buffer.concat([u16(9), u16(1), hex('09000000'), u32(0)]) : Buffer.alloc(0);
  const perSecond = nanoseconds ? 1_000_000_000n : 1_000_000n;
  const interfaces = forms.map(([, link]) => block(1, Buffer.concat([u16(link), u16(0), u32(0), resolution])));
  let time = BigInt(Date.UTC(2026, 10, 22) / 1000) * perSecond;
  const packets = forms.flatMap(([, , wrap], index) =>
    from(firstPort + index).map((packet) => {
      time += perSecond / 1000n;
      const bytes = wrap(packet);
      const at = [Number(time >> 32n), Number(time & 0xffffffffn)];
      return block(6, Buffer.concat([u32(index, ...at, bytes.length, bytes.length), bytes]));
    }),
  );
  const header = block(0x0a0d0d0a, Buffer.concat([u32(0x1a2b3c4d), u16(1), u16(0), Buffer.alloc(8, 0xff)]));
  return Buffer.concat([header, ...interfaces, ...packets]);
}

/** What was sent from which port; from when on, by the phone of the lab to its server. */
function connections(all: Read[]): Record<string, string> {
  const flows = eventsOf(all).flatMap((event) => (event.type === 'flow-opened' ? [event] : []));
  return Object.fromEntries(
    flows.map(({ flow, time }) => {
      const { ip, port } = flow.client;
      const isRight = ip === CLIENT && flow.destination.ip === SERVER && flow.destination.host === 'zzhc.example';
      const own = eventsOf(all).filter((event) => 'flowId' in event && event.flowId === flow.id);
      const body = bodies([{ type: 'part', file: '', entry: 0, events: own }]);
      return [port, `${new Date(time).toISOString().slice(0, 10)} ${isRight ? body : JSON.stringify(flow)}`];
    }),
  );
}
const expected = (forms: Form[], firstPort: number): [string, string][] =>
  forms.map((_form, index) => [
    String(firstPort + index),
    `2026-11-22 {"imei":"490154203237518","port":${firstPort + index}}`,
  ]);

describeWith(['tshark'], 'a capture', () => {
  it('of many interfaces gives the connection of each, whatever link or tunnel it came through', async () => {
    const all = await read(section(FORMS, 40_000));
    const got = connections(all);
    const lost = expected(FORMS, 40_000).flatMap(([port, said], index) =>
      got[port] === said ? [] : [[FORMS[index]?.[0], got[port]]],
    );
    expect(lost).toEqual([]);
    expect(told(all)).toEqual([]);
  });

  it('of several sections, of either byte order and resolution of time, gives those of all', async () => {
    const two = FORMS.slice(0, 1);
    const all = await read(
      Buffer.concat([
        section(two, 41_000),
        section(two, 42_000, { isBig: true }),
        section(two, 43_000, { nanoseconds: true }),
        section(two, 44_000, { isBig: true, nanoseconds: true }),
      ]),
    );
    expect(connections(all)).toEqual(
      Object.fromEntries([41_000, 42_000, 43_000, 44_000].flatMap((port) => expected(two, port))),
    );
    expect(told(all)).toEqual([]);
  });

  it.each<[string, boolean, number]>([
    ['the other byte order', true, 0xa1b2c3d4],
    ['nanoseconds', false, 0xa1b23c4d],
    ['nanoseconds, the other byte order', true, 0xa1b23c4d],
  ])('of the old form with %s is read', async (_how, isBig, magic) => {
    const plain = pcap(from(45_000), { link: 101 });
    const other = Buffer.from(plain);
    other.writeUInt32LE(magic, 0);
    if (isBig) {
      for (const at of [0, 8, 12, 16, 20]) other.subarray(at, at + 4).swap32();
      for (const at of [4, 6]) other.subarray(at, at + 2).swap16();
      for (let at = 24; at < other.length; at += 16 + plain.readUInt32LE(at + 8)) other.subarray(at, at + 16).swap32();
    }
    const all = await read(other);
    expect(Object.values(connections(all))).toEqual(['2026-11-18 {"imei":"490154203237518","port":45000}']);
    expect(told(all)).toEqual([]);
  });

  it('with packets in fragments, which come in the wrong order, puts them together', async () => {
    const cut = from(46_000).flatMap((packet, index) => {
      const payload = packet.subarray(20);
      if (payload.length < 100) return [packet];
      const [sender, receiver] = [12, 16].map((at) => packet.subarray(at, at + 4).join('.'));
      return [payload.subarray(0, 40), payload.subarray(40, 80), payload.subarray(80)]
        .map((part, at) => {
          const whole = ipv4(String(sender), String(receiver), 6, part, (at < 2 ? 0x2000 : 0) | (at * 5));
          whole.writeUInt16BE(100 + index, 4);
          return whole;
        })
        .reverse();
    });
    const all = await read(pcap(cut, { link: 101 }));
    expect(Object.values(connections(all))).toEqual(['2026-11-18 {"imei":"490154203237518","port":46000}']);
    expect(told(all)).toEqual([]);
  });

  it('with fragments whose other parts are missing says so', async () => {
    const whole = udp(5000, 9999, Buffer.from(`imei=490154203237518&${'x'.repeat(300)}`));
    const first = ipv4(CLIENT, SERVER, 17, whole.subarray(0, 160), 0x2000);
    const all = await read(pcap([...posting(BODY), first], { link: 101 }));
    expect(bodies(all)).toBe(BODY);
    expect(told(all)).toEqual(['1 fragment of packets whose other parts are missing: not looked into']);
  });

  it('of Wi-Fi of which some is encrypted says so', async () => {
    const locked = wifi(Buffer.alloc(0), { isLocked: true });
    const all = await read(
      pcap([locked, ...posting(BODY).map((each) => wifi(each)), locked].map(radiotap), { link: 127 }),
    );
    expect(bodies(all)).toBe(BODY);
    expect(told(all)).toEqual(['2 packets of encrypted Wi-Fi: not looked into']);
  });
});
