/**
 * Reads MQTT 3.1, 3.1.1 and 5 (OASIS MQTT 5.0, 2 and 3) passively, both directions, over TCP, TLS or WebSocket.
 * Promise: every byte of every packet's body comes out once as a `message` part: CONNECT and what else names things,
 * field by field (`CONNECT clientId`, `PUBLISH topic`…); the payload of a PUBLISH labelled with its topic, never
 * collected; the other packets whole, labelled with their name. What is no MQTT makes the rest of the direction raw.
 * Memory: one variable header (bounded) and the topic aliases of MQTT 5 (bounded).
 */
import type { Direction, FlowEvent } from '../model/flow.ts';
import { Carry } from './carry.ts';
import type { Layer, ReaderContext } from './layer.ts';
import { FIELD_PACKETS, type MqttFields, PACKET_NAMES, parsePublishHeader, readFields } from './mqtt-fields.ts';

const PUBLISH = 3;
const CONNECT = 1;
/** MQTT 5.0 1.5.5: a remaining length has at most four bytes. */
const MAX_FIXED_HEADER_BYTES = 5;
const EMPTY = Buffer.alloc(0);
const NOT_MQTT = 'unheard.mqtt';

interface Side {
  readonly direction: Direction;
  readonly header: Carry;
  readonly fields: Carry;
  readonly aliases: Map<number, string>;
  raw: boolean;
  inPacket: boolean;
  type: number;
  flags: number;
  left: number;
  /** Fields are being collected; else the rest of the packet streams out under `label`. */
  collecting: boolean;
  label: string;
}

export class MqttLayer implements Layer {
  readonly #context: ReaderContext;
  readonly #exchange: number;
  readonly #request = newSide('request');
  readonly #response = newSide('response');
  /** Protocol level of CONNECT: 3 (3.1), 4 (3.1.1) or 5. */
  #level = 4;

  constructor(context: ReaderContext, exchange: number) {
    this.#context = context;
    this.#exchange = exchange;
  }

  push(direction: Direction, chunk: Buffer, time: number, out: FlowEvent[]): void {
    const side = direction === 'request' ? this.#request : this.#response;
    for (let at = 0; at < chunk.length; ) {
      if (side.raw) {
        this.#context.raw(direction, chunk.subarray(at), time, out);
        return;
      }
      if (!side.inPacket) at = this.#readFixedHeader(side, chunk, at, time, out);
      else if (side.collecting) at = this.#collect(side, chunk, at, time, out);
      else at = this.#stream(side, chunk, at, time, out);
    }
  }

  end(direction: Direction, time: number, out: FlowEvent[]): void {
    const side = direction === 'request' ? this.#request : this.#response;
    if (side.raw) return;
    this.#context.raw(direction, side.header.take(), time, out);
    this.#context.raw(direction, side.fields.take(), time, out);
    if (side.inPacket && !side.collecting) this.#message(side, side.label, EMPTY, true, time, out);
    side.raw = true;
  }

  close(time: number, out: FlowEvent[]): void {
    this.end('request', time, out);
    this.end('response', time, out);
  }

  #readFixedHeader(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    side.header.add(chunk, at, at + 1);
    const header = side.header.view();
    const byte = chunk[at]!;
    if (header.length === 1 || (byte & 0x80 && header.length < MAX_FIXED_HEADER_BYTES)) {
      if (PACKET_NAMES[header[0]! >> 4] === undefined) this.#fail(side, time, out);
      return at + 1;
    }
    if (byte & 0x80) {
      this.#fail(side, time, out);
      return at + 1;
    }
    side.type = header[0]! >> 4;
    side.flags = header[0]! & 15;
    side.left = 0;
    for (let index = header.length - 1; index > 0; index -= 1) side.left = side.left * 128 + (header[index]! & 127);
    side.header.clear();
    side.label = PACKET_NAMES[side.type]!;
    side.collecting = side.left > 0 && (side.type === PUBLISH || FIELD_PACKETS.has(side.type));
    side.inPacket = side.left > 0;
    return at + 1;
  }

  /** Gathers a packet that consists of fields, or the part of a PUBLISH before its payload. */
  #collect(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    const { maxMqttHeaderBytes } = this.#context.limits;
    if (side.type !== PUBLISH && side.left > maxMqttHeaderBytes && side.fields.length === 0) {
      this.#context.unreadable(side.direction, 'unheard.mqtt.long', time, out);
      side.collecting = false;
      return at;
    }
    if (side.type === PUBLISH) return this.#collectPublish(side, chunk, at, time, out);
    const end = Math.min(chunk.length, at + side.left);
    side.left -= end - at;
    side.fields.add(chunk, at, end);
    if (side.left > 0) return end;
    side.inPacket = false;
    const fields = readFields(side.type, side.fields.view(), this.#level);
    if (fields === null) {
      this.#fail(side, time, out);
      return end;
    }
    if (side.type === CONNECT) this.#level = fields.level;
    this.#emitFields(side, fields, time, out);
    side.fields.take();
    return end;
  }

  #collectPublish(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    const { maxMqttHeaderBytes } = this.#context.limits;
    const before = side.fields.length;
    const total = before + side.left;
    const end = Math.min(chunk.length, at + side.left, at + maxMqttHeaderBytes - before);
    side.fields.add(chunk, at, end);
    const header = parsePublishHeader(side.fields.view(), side.flags, this.#level, total);
    if (header === 'broken' || (header === 'more' && side.fields.length >= maxMqttHeaderBytes)) {
      this.#fail(side, time, out);
      return end;
    }
    if (header === 'more') {
      side.left -= end - at;
      return end;
    }
    if (header.alias !== null && header.topic === '')
      side.label = side.aliases.get(header.alias) ?? 'unknown topic alias';
    else side.label = header.topic;
    const { maxMqttAliases } = this.#context.limits;
    if (
      header.alias !== null &&
      header.topic !== '' &&
      (side.aliases.has(header.alias) || side.aliases.size < maxMqttAliases)
    )
      side.aliases.set(header.alias, header.topic);
    this.#emitFields(side, header, time, out);
    side.left = total - header.end;
    side.collecting = false;
    side.fields.take();
    if (side.left === 0) this.#endPublish(side, time, out);
    return at + header.end - before;
  }

  #endPublish(side: Side, time: number, out: FlowEvent[]): void {
    this.#message(side, side.label, EMPTY, true, time, out);
    side.inPacket = false;
  }

  #stream(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    const end = Math.min(chunk.length, at + side.left);
    side.left -= end - at;
    side.inPacket = side.left > 0;
    this.#message(side, side.label, chunk.subarray(at, end), side.left === 0, time, out);
    return end;
  }

  #emitFields(side: Side, fields: MqttFields, time: number, out: FlowEvent[]): void {
    const packet = PACKET_NAMES[side.type]!;
    // The collected bytes are given away, so that the views in the events stay.
    for (const [name, bytes] of fields.fields) {
      if (bytes.length > 0) this.#message(side, `${packet} ${name}`, bytes, true, time, out);
    }
  }

  #message(side: Side, label: string, bytes: Buffer, final: boolean, time: number, out: FlowEvent[]): void {
    const { direction } = side;
    const flowId = this.#context.flow.id;
    const exchange = this.#exchange;
    out.push({ type: 'message', flowId, exchange, direction, time, protocol: 'mqtt', label, bytes, final });
  }

  #fail(side: Side, time: number, out: FlowEvent[]): void {
    this.#context.unreadable(side.direction, NOT_MQTT, time, out);
    this.#context.raw(side.direction, side.header.take(), time, out);
    this.#context.raw(side.direction, side.fields.take(), time, out);
    side.raw = true;
  }
}

/** Whether the phone's first bytes are a CONNECT (MQTT 5.0 3.1): fixed header, then the name `MQTT` or `MQIsdp`. */
export function looksLikeMqtt(bytes: Buffer): 'yes' | 'no' | 'more' {
  if (bytes[0] !== CONNECT << 4) return 'no';
  let at = 1;
  while (at < MAX_FIXED_HEADER_BYTES && at < bytes.length && bytes[at]! & 0x80) at += 1;
  if (at === MAX_FIXED_HEADER_BYTES) return 'no';
  const body = bytes.subarray(at + 1);
  for (const name of ['\0\x04MQTT', '\0\x06MQIsdp']) {
    if (body.length >= name.length && body.toString('latin1', 0, name.length) === name) return 'yes';
    if (body.length < name.length && name.startsWith(body.toString('latin1'))) return 'more';
  }
  return 'no';
}

function newSide(direction: Direction): Side {
  return {
    direction,
    header: new Carry(),
    fields: new Carry(),
    aliases: new Map(),
    raw: false,
    inPacket: false,
    type: 0,
    flags: 0,
    left: 0,
    collecting: false,
    label: '',
  };
}
