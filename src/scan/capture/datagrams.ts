/**
 * The packets of a capture that are not TCP: datagrams take the live lab's road; what cannot be looked into (QUIC, DTLS,
 * IPsec, …) is shown as a contact, or counted and named.
 */
import { LRUCache } from 'lru-cache';
import type { FlowEvent } from '../../model/flow.ts';
import type { RecordingReaders } from '../../model/recording.ts';
import type { Recorded, RecordedContact } from '../../model/scan.ts';
import { type Text, text } from '../../model/text.ts';
import { contactEvents } from '../contact.ts';
import { skipped } from '../told.ts';
import type { Packet } from './packets.ts';
import { callerOf } from './who-calls.ts';

/** Of tshark's layers, the closed ones, and what their connections are called. */
const CLOSED: [layer: string, what: string | Text][] = [
  ['quic', 'QUIC'],
  ['gquic', 'QUIC'],
  ['dtls', 'DTLS'],
  ['wg', text('unread.tunnel.wg')],
  ['openvpn', text('unread.tunnel.openvpn')],
];
/** Seen as packets only. */
const PACKETS: [layer: string, what: string][] = [
  ['esp', 'IPsec'],
  ['sctp', 'SCTP'],
  ['dccp', 'DCCP'],
];
const LOCKED = text('unread.wifi');
const LOOK_UPS = ['dns', 'mdns', 'llmnr'];
/** Addresses are given by the network's own (DHCP). */
const OWN_PORTS = [67, 68, 546, 547];
/** An address asked for or given: it goes to no server, and is not looked into. */
export const isAddressing = ({ transport, from, to }: Packet): boolean =>
  transport === 'udp' && OWN_PORTS.includes(to.port) && OWN_PORTS.includes(from.port);
const MAX_STREAMS = 100_000;

interface ClosedStream {
  what: string | Text;
  client: Packet['from'];
  server: Packet['to'];
  host: string | null;
  app: string | null;
  time: number;
  bytesUp: number;
  bytesDown: number;
}

export interface Datagrams {
  packet(packet: Packet): Generator<Recorded>;
  nameOf(clientIp: string, address: string): string | null;
  end(time: number): Generator<Recorded>;
}

export function createDatagrams(options: { path: string; prefix: string; readers: RecordingReaders }): Datagrams {
  const { path: file, prefix } = options;
  const callers = new LRUCache<number, Packet['from']>({ max: MAX_STREAMS });
  const closed = new Map<number, ClosedStream>();
  const counted = new Map<string | Text, number>();
  /** Of the flows that are open: the entry they belong to. */
  const entries = new Map<string, { entry: number; app: string | null; isWhole: boolean }>();
  let events: FlowEvent[] = [];
  let current = { entry: 0, app: null as string | null, isWhole: true };
  let flows = 0;
  const reader = options.readers.openDatagrams({
    emit: (event) => events.push(event),
    newId() {
      const id = `${prefix}u${flows++}`;
      entries.set(id, current);
      return id;
    },
  });

  function* handOn(): Generator<Recorded> {
    const ready = events;
    events = [];
    for (const event of ready) {
      const flowId = event.type === 'flow-opened' ? event.flow.id : event.flowId;
      const { entry, app, isWhole } = entries.get(flowId) ?? current;
      if (event.type !== 'flow-closed') yield { type: 'part', file, entry, events: [event], app };
      else {
        entries.delete(flowId);
        const missing = isWhole ? [] : [{ why: text('unread.cut-datagrams') }];
        yield { type: 'entry', file, entry, events: [event], missing, app };
      }
    }
  }

  function callerIn(packet: Packet): Packet['from'] {
    let caller = callers.get(packet.stream);
    if (!caller) {
      caller = callerOf(packet) === 'from' ? packet.from : packet.to;
      callers.set(packet.stream, caller);
    }
    return caller;
  }

  function close(packet: Packet, what: string | Text): void {
    const caller = callerIn(packet);
    const isUp = caller.ip === packet.from.ip && caller.port === packet.from.port;
    const [client, server] = isUp ? [packet.from, packet.to] : [packet.to, packet.from];
    const { time, app } = packet;
    const stream = closed.get(packet.stream) ?? {
      what,
      client,
      server,
      host: null,
      app,
      time,
      bytesUp: 0,
      bytesDown: 0,
    };
    stream.host ??= packet.sni;
    if (isUp) stream.bytesUp += packet.payloadBytes;
    else stream.bytesDown += packet.payloadBytes;
    if (closed.has(packet.stream) || closed.size < MAX_STREAMS) closed.set(packet.stream, stream);
    else counted.set(what, (counted.get(what) ?? 0) + 1);
  }

  return {
    *packet(packet) {
      const [, known] = PACKETS.find(([layer]) => packet.layers.includes(layer)) ?? [];
      const packets = packet.isLocked ? LOCKED : known;
      if (packets) counted.set(packets, (counted.get(packets) ?? 0) + 1);
      if (packet.transport !== 'udp' || packets) return;
      const [layer, what] = CLOSED.find(([name]) => packet.layers.includes(name)) ?? [];
      if (what && (closed.has(packet.stream) || mayBeClosed(layer, packet.payload))) return close(packet, what);
      if (isAddressing(packet)) return;
      const caller = callerIn(packet);
      const isUp = caller.ip === packet.from.ip && caller.port === packet.from.port;
      const isWhole = packet.payload.length >= packet.payloadBytes;
      current = { entry: packet.stream, app: packet.app, isWhole };
      reader.datagram({
        client: isUp ? packet.from : packet.to,
        server: isUp ? packet.to : packet.from,
        direction: isUp ? 'request' : 'response',
        payload: packet.payload,
        isWhole,
        isLookUp: LOOK_UPS.some((layer) => packet.layers.includes(layer)),
        time: packet.time,
      });
      yield* handOn();
    },
    nameOf: reader.nameOf,
    *end(time) {
      reader.close(time);
      yield* handOn();
      for (const [entry, stream] of closed) {
        const { what, client, server, app, bytesUp, bytesDown } = stream;
        const lookedUpAs = reader.nameOf(client.ip, server.ip);
        const host = stream.host ?? lookedUpAs ?? server.ip;
        const isGuessed = stream.host === null && lookedUpAs !== null;
        const contact: RecordedContact = { host, ip: server.ip, app, count: 1, ...(isGuessed && { guessed: true }) };
        const about = { port: server.port, time: stream.time, encrypted: true, bytesUp, bytesDown, client };
        yield {
          type: 'entry',
          file,
          entry,
          events: contactEvents(
            { ...contact, ...about, protocol: what === 'QUIC' ? 'quic' : 'udp' },
            `${prefix}q${entry}`,
          ),
          missing: [{ why: text('unread.protocol', { protocol: what }) }],
          app,
          contact,
        };
      }
      for (const [protocol, count] of counted) yield skipped(file, null, text('unread.packets', { count, protocol }));
    },
  };
}

/** tshark takes whatever goes to their ports for DTLS or OpenVPN: what is plain text, or no DTLS record, is searched. */
function mayBeClosed(layer: string | undefined, payload: Buffer): boolean {
  if (layer === 'dtls' && !isDtlsRecord(payload)) return false;
  return payload.some((byte) => byte < 0x20 || byte > 0x7e);
}

/** RFC 6347 4.1, RFC 9146 4: a content type, and version 1.0 or 1.2. A connection of DTLS 1.3 begins with one, too. */
function isDtlsRecord(bytes: Buffer): boolean {
  const [type = 0, major, minor] = bytes;
  return type >= 20 && type <= 26 && major === 0xfe && (minor === 0xff || minor === 0xfd);
}
