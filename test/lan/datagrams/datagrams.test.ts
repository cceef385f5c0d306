/** Datagrams from a capture to the lab's road: pcap streams however cut, frames of every link type, flows with exact bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUdpFlows, type UdpFlowsOptions } from '../../../src/lan/datagrams/flows.ts';
import { createFragments } from '../../../src/lan/datagrams/fragments.ts';
import { type Datagram, datagramOf, readPacket } from '../../../src/lan/datagrams/packet.ts';
import { createPcapReader } from '../../../src/lan/datagrams/pcap.ts';
import type { FlowEvent } from '../../../src/model/flow.ts';

/** Of a frame that is not divided. */
function readDatagram(link: number, frame: Buffer, isWhole: boolean): Datagram | null {
  const packet = readPacket(link, frame, isWhole);
  return packet?.fragment === null ? datagramOf(packet) : null;
}
const PAYLOAD = Buffer.from('imei=490154203237518');

function udp(payload = PAYLOAD): Buffer {
  const header = Buffer.from('b26a163300000000', 'hex'); // 45674 → 5683
  header.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([header, payload]);
}
function ipv4(inner = udp(), { fragment = 0, protocol = 17, options = 0 } = {}): Buffer {
  const header = Buffer.alloc(20 + options);
  header[0] = 0x45 + options / 4;
  header.writeUInt16BE(header.length + inner.length, 2);
  header.writeUInt16BE(fragment, 6);
  header[9] = protocol;
  header.set([10, 77, 0, 2, 42, 62, 48, 10], 12);
  return Buffer.concat([header, inner]);
}
function ipv6(inner = udp(), next = 17): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(inner.length, 4);
  header[6] = next;
  Buffer.from('fd770000000000000000000000000002', 'hex').copy(header, 8);
  Buffer.from('2400da00000000000000000000006666', 'hex').copy(header, 24);
  return Buffer.concat([header, inner]);
}
const ethernet = (type: string, ip: Buffer, mac = '02005e100001'): Buffer =>
  Buffer.concat([Buffer.alloc(6), Buffer.from(mac + type, 'hex'), ip]);
const nflog = (ip: Buffer): Buffer => {
  const header = Buffer.from('0200000508000a00aabbccdd', 'hex'); // one attribute before the payload
  const length = Buffer.from('00000900', 'hex');
  length.writeUInt16LE(4 + ip.length, 0);
  return Buffer.concat([header, length, ip]);
};

describe('a frame', () => {
  const FOUR = { from: { ip: '10.77.0.2', port: 45674 }, to: { ip: '42.62.48.10', port: 5683 }, payload: PAYLOAD };
  const SIX = { from: { ip: 'fd77::2', port: 45674 }, to: { ip: '2400:da00::6666', port: 5683 }, payload: PAYLOAD };

  it.each<[string, number, Buffer, object]>([
    ['Ethernet, IPv4', 1, ethernet('0800', ipv4()), FOUR],
    ['Ethernet, IPv6', 1, ethernet('86dd', ipv6()), SIX],
    ['Ethernet with padding', 1, Buffer.concat([ethernet('0800', ipv4()), Buffer.alloc(9)]), FOUR],
    ['two VLAN tags', 1, ethernet('88a8000a810000140800', ipv4()), FOUR],
    ['IPv4 with options', 1, ethernet('0800', ipv4(udp(), { options: 8 })), FOUR],
    [
      'IPv6 behind extension headers',
      101,
      ipv6(Buffer.concat([Buffer.from('3c00000000000000', 'hex'), Buffer.from('1100000000000000', 'hex'), udp()]), 0),
      SIX,
    ],
    ['a tunnel (raw IP)', 101, ipv4(), FOUR],
    ['cooked', 113, Buffer.concat([Buffer.alloc(14), Buffer.from('0800', 'hex'), ipv4()]), FOUR],
    ['cooked, version 2', 276, Buffer.concat([Buffer.from('86dd', 'hex'), Buffer.alloc(18), ipv6()]), SIX],
    ['NFLOG', 239, nflog(ipv4()), FOUR],
  ])('%s gives the datagram', (_what, link, frame, expected) => {
    const mac = link === 1 ? '02:00:5e:10:00:01' : null;
    expect(readDatagram(link, frame, true)).toEqual({ ...expected, whole: true, mac });
  });

  it.each<[string, number, Buffer]>([
    ['of TCP', 1, ethernet('0800', ipv4(udp(), { protocol: 6 }))],
    ['of ARP', 1, ethernet('0806', ipv4())],
    ['that is a later fragment', 1, ethernet('0800', ipv4(udp(), { fragment: 0x0010 }))],
    ['cut in its header', 1, ethernet('0800', ipv4()).subarray(0, 30)],
    ['of an unknown link', 999, ipv4()],
    ['of IPv6 with endless extensions', 101, ipv6(Buffer.alloc(200), 0)],
  ])('%s gives none', (_what, link, frame) => {
    expect(readDatagram(link, frame, true)).toBeNull();
  });

  it('that the capture cut is not whole', () => {
    expect(readDatagram(1, ethernet('0800', ipv4()).subarray(0, 50), false)).toMatchObject({ whole: false });
  });

  it('of garbage never throws', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 101, 113, 228, 239, 276, 7), fc.uint8Array({ maxLength: 200 }), (link, bytes) => {
        const packet = readPacket(link, Buffer.from(bytes), true);
        if (packet) datagramOf(packet);
      }),
    );
  });
});

describe('a datagram in fragments', () => {
  const LONG = Buffer.from(`${'x'.repeat(2990)}imei=490154203237518`);
  /** Cut at these places of the whole: multiples of eight. */
  const cut4 = (at: number[], mac?: string): Buffer[] => {
    const whole = udp(LONG);
    return [0, ...at].map((from, index) => {
      const to = at[index];
      const flags = (to === undefined ? 0 : 0x2000) | (from / 8);
      return ethernet('0800', ipv4(whole.subarray(from, to), { fragment: flags }), mac);
    });
  };
  const cut6 = (at: number[]): Buffer[] => {
    const whole = udp(LONG);
    return [0, ...at].map((from, index) => {
      const to = at[index];
      const header = Buffer.from('1100000012345678', 'hex');
      header.writeUInt16BE(from | (to === undefined ? 0 : 1), 2);
      return ethernet('86dd', ipv6(Buffer.concat([header, whole.subarray(from, to)]), 44));
    });
  };
  const read = (frames: Buffer[], late = 0) => {
    const fragments = createFragments();
    const taken = frames.flatMap((frame) => {
      const packet = readPacket(1, frame, true);
      return (packet && fragments.take(packet, 0)) ?? [];
    });
    return [...taken, ...fragments.tick(late)].map(({ payload, whole }) => ({ text: payload.toString(), whole }));
  };
  const WHOLE = [{ text: LONG.toString(), whole: true }];

  it.each<[string, Buffer[]]>([
    ['IPv4', cut4([1480, 2960])],
    ['IPv4, the value on an edge', cut4([3008])],
    ['IPv4, backwards', cut4([1480, 2960]).reverse()],
    [
      'IPv4, each twice',
      cut4([1480, 2960])
        .flatMap((one) => [one, one])
        .slice(0, -1),
    ],
    ['IPv6', cut6([1232, 2464])],
    ['IPv6, the last first', cut6([1232, 2464]).toReversed()],
  ])('of %s is put together', (_what, frames) => {
    expect(read(frames)).toEqual(WHOLE);
  });

  it('of which one is lost is given as far as it came, when it is clear that no more comes', () => {
    const [first, , last] = cut4([1480, 2960]) as [Buffer, Buffer, Buffer];
    expect(read([first, last], 10)).toEqual([]);
    expect(read([first, last], 30_000)).toEqual([
      { text: LONG.toString().slice(0, 1472) + LONG.toString().slice(2952), whole: false },
    ]);
    expect(read([last], 30_000)).toEqual([]);
  });

  it('of two senders who use one address is not mixed', () => {
    const [mine] = cut4([1480]) as [Buffer, Buffer];
    const [, theirs] = cut4([1480], '02005e100009') as [Buffer, Buffer];
    expect(read([mine, theirs])).toEqual([]);
  });

  it('among endless others is given up for the newest, the oldest first', () => {
    const fragments = createFragments({ maxWaiting: 2 });
    const first = (mac: string) => readPacket(1, cut4([1480], mac)[0] as Buffer, true);
    for (const mac of ['020000000001', '020000000002', '020000000003']) {
      const packet = first(mac);
      if (packet) fragments.take(packet, 0);
    }
    expect(fragments.tick(0).map(({ mac }) => mac)).toEqual(['02:00:00:00:00:01']);
  });
});

function pcap(frames: Buffer[], { little = true, magic = 0xa1b2c3d4, link = 1 } = {}): Buffer {
  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    if (little) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const header = Buffer.concat([u32(magic), Buffer.alloc(12), u32(262144), u32(link)]);
  return Buffer.concat([
    header,
    ...frames.flatMap((frame) => [u32(1), u32(2), u32(frame.length), u32(frame.length), frame]),
  ]);
}

describe('a pcap stream', () => {
  const frames = [ethernet('0800', ipv4()), Buffer.from('x'), ethernet('86dd', ipv6())];
  const packetsOf = (chunks: Buffer[]) => {
    const packets: string[] = [];
    const read = createPcapReader(({ link, bytes }) => packets.push(`${link} ${bytes.toString('hex')}`));
    return { packets, said: chunks.map(read) };
  };
  const expected = frames.map((frame) => `1 ${frame.toString('hex')}`);

  it.each([
    ['little-endian', {}],
    ['big-endian', { little: false }],
    ['with nanoseconds', { magic: 0xa1b23c4d }],
  ])('%s is read', (_what, how) => {
    expect(packetsOf([pcap(frames, how)])).toEqual({ packets: expected, said: [null] });
  });

  it('gives the same packets however it is cut', () => {
    const stream = pcap(frames);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const chunks = at.map((start, index) => stream.subarray(start, at[index + 1] ?? stream.length));
        expect(packetsOf(chunks).packets).toEqual(expected);
      }),
    );
  });

  it('that is none is said, and nothing more is read', () => {
    const { packets, said } = packetsOf([Buffer.from('tcpdump: lan0: no such device exists'), pcap(frames)]);
    expect(said).toEqual([expect.stringContaining('no pcap'), expect.stringContaining('no pcap')]);
    expect(packets).toEqual([]);
  });
});

describe('datagrams of a phone', () => {
  function flows(over: Partial<UdpFlowsOptions> = {}) {
    const events: FlowEvent[] = [];
    let ids = 0;
    const made = createUdpFlows({
      isPhone: (ip) => ip.startsWith('10.77.'),
      emit: (event) => events.push(event),
      newId: () => `u${++ids}`,
      identify: () => 'phone',
      nameOf: () => 'telemetry.example',
      ...over,
    });
    return { events, ...made };
  }
  const up = (port = 45674, payload = PAYLOAD): Datagram => ({
    from: { ip: '10.77.0.2', port },
    to: { ip: '42.62.48.10', port: 5683 },
    payload,
    whole: true,
    mac: null,
  });
  const down = (payload = PAYLOAD): Datagram => ({ ...up(), from: up().to, to: up().from, payload });

  it('are one flow, by name, both ways, closed after a silence', () => {
    const { datagram, tick, events, has } = flows();
    datagram(up(), 1000, 0);
    datagram(down(Buffer.from('ok')), 1001, 1);
    datagram(up(), 1002, 2);
    tick(2000, 59_000);
    expect(events.at(-1)?.type).toBe('raw-bytes');
    tick(90_000, 60_002);
    expect(events.map(({ type }) => type)).toEqual([
      'flow-opened',
      'raw-bytes',
      'raw-bytes',
      'raw-bytes',
      'flow-closed',
    ]);
    expect(events[0]).toMatchObject({
      flow: { protocol: 'udp', destination: { host: 'telemetry.example', ip: '42.62.48.10' } },
    });
    expect(events.at(-1)).toMatchObject({ bytesUp: 40, bytesDown: 2, reason: 'ended' });
    expect(has({ client: up().from, destination: up().to })).toBe(true);
    expect(has({ client: { ip: '10.77.0.2', port: 1 }, destination: up().to })).toBe(false);
  });

  it('of another machine with the same address and ports are another flow, by who sent them', () => {
    const { datagram, events } = flows({ identify: (ip, mac) => `${ip} ${mac}` });
    for (const mac of ['02:00:00:00:00:01', '02:00:00:00:00:01', '02:00:00:00:00:02']) datagram({ ...up(), mac }, 0, 0);
    datagram(down(), 0, 0);
    const opened = events.flatMap((event) => (event.type === 'flow-opened' ? [event.flow.deviceId] : []));
    expect(opened).toEqual(['10.77.0.2 02:00:00:00:00:01', '10.77.0.2 02:00:00:00:00:02']);
    expect(events.at(-1)).toMatchObject({ flowId: 'u2', direction: 'response' });
  });

  it('between two phones, or of none, are not followed', () => {
    const { datagram, events } = flows();
    datagram({ ...up(), to: { ip: '10.77.0.3', port: 5683 } }, 0, 0);
    datagram({ ...up(), from: { ip: '198.18.0.2', port: 5683 } }, 0, 0);
    expect(events).toEqual([]);
  });

  it('beyond the limit of a flow are counted, not searched, and said so once', () => {
    const { datagram, events, close } = flows({ maxSearched: 50 });
    for (let index = 0; index < 5; index++) datagram(up(), 0, index);
    close(9);
    expect(events.filter(({ type }) => type === 'raw-bytes')).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'unreadable')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'flow-closed', bytesUp: 100 });
  });

  it('of too many flows end the one that was silent longest', () => {
    const { datagram, events, open } = flows({ maxFlows: 2 });
    datagram(up(1), 0, 0);
    datagram(up(2), 0, 1);
    datagram(up(1), 0, 2);
    datagram(up(3), 0, 3);
    expect(open()).toBe(2);
    expect(events.find(({ type }) => type === 'flow-closed')).toMatchObject({ flowId: 'u2' });
  });
});
