/**
 * Takes MQTT packets apart that consist of named fields (MQTT 3.1.1 and 5.0, chapter 3). Pure; the fields are views of
 * the packet. Numbers the standard defines (flags, keep-alive, packet ids, lengths, QoS) are dropped; all text and
 * binary data, MQTT 5 properties included, comes out. Null or `broken`: this is no such packet.
 */

export const PACKET_NAMES: Record<number, string> = {
  1: 'CONNECT',
  2: 'CONNACK',
  3: 'PUBLISH',
  4: 'PUBACK',
  5: 'PUBREC',
  6: 'PUBREL',
  7: 'PUBCOMP',
  8: 'SUBSCRIBE',
  9: 'SUBACK',
  10: 'UNSUBSCRIBE',
  11: 'UNSUBACK',
  12: 'PINGREQ',
  13: 'PINGRESP',
  14: 'DISCONNECT',
  15: 'AUTH',
};

/** CONNECT, SUBSCRIBE, UNSUBSCRIBE: what phones name things in. The others stream out whole. */
export const FIELD_PACKETS: ReadonlySet<number> = new Set([1, 8, 10]);

export interface MqttFields {
  fields: [name: string, bytes: Buffer][];
  /** Protocol level a CONNECT states. */
  level: number;
}

export interface PublishHeader extends MqttFields {
  topic: string;
  alias: number | null;
  /** Offset of the payload. */
  end: number;
}

/** Walks a packet; running out of bytes makes it `short`, and everything read after that empty. */
class Walk {
  readonly bytes: Buffer;
  at = 0;
  short = false;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  take(length: number): Buffer {
    if (this.at + length > this.bytes.length) {
      this.short = true;
      return this.bytes.subarray(0, 0);
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  number(bytes: 1 | 2 | 4): number {
    const taken = this.take(bytes);
    return taken.length === 0 ? 0 : taken.readUIntBE(0, bytes);
  }

  /** Length-prefixed text or binary data. */
  data(): Buffer {
    return this.take(this.number(2));
  }

  variableNumber(): number {
    let value = 0;
    for (let scale = 1; scale <= 128 ** 3; scale *= 128) {
      const byte = this.number(1);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    this.short = true;
    return 0;
  }
}

/** MQTT 5.0 2.2.2.2: how each property is written, and the name of those that carry text or data. */
const PROPERTIES: Record<number, 1 | 2 | 4 | 'variable' | 'pair' | string> = {
  1: 1,
  2: 4,
  3: 'contentType',
  8: 'responseTopic',
  9: 'correlationData',
  11: 'variable',
  17: 4,
  18: 'assignedClientId',
  19: 2,
  21: 'authenticationMethod',
  22: 'authenticationData',
  23: 1,
  24: 4,
  25: 1,
  26: 'responseInformation',
  28: 'serverReference',
  31: 'reason',
  33: 2,
  34: 2,
  35: 2,
  36: 1,
  37: 1,
  38: 'pair',
  39: 4,
  40: 1,
  41: 1,
  42: 1,
};
const TOPIC_ALIAS = 35;

/** Appends the properties' texts; returns the topic alias if there is one. Marks the walk short when they are malformed. */
function readProperties(walk: Walk, fields: MqttFields['fields'], prefix = ''): number | null {
  const length = walk.variableNumber();
  const end = walk.at + length;
  let alias: number | null = null;
  if (end > walk.bytes.length) walk.short = true;
  while (!walk.short && walk.at < end) {
    const id = walk.variableNumber();
    const form = PROPERTIES[id];
    if (form === undefined) walk.short = true;
    else if (form === 'pair') {
      fields.push([`${prefix}userProperty name`, walk.data()]);
      fields.push([`${prefix}userProperty value`, walk.data()]);
    } else if (form === 'variable') walk.variableNumber();
    else if (typeof form === 'string') fields.push([prefix + form, walk.data()]);
    else {
      const value = walk.number(form as 1 | 2 | 4);
      if (id === TOPIC_ALIAS) alias = value;
    }
  }
  if (walk.at !== end) walk.short = true;
  return alias;
}

/** A whole CONNECT, SUBSCRIBE or UNSUBSCRIBE. */
export function readFields(type: number, bytes: Buffer, level: number): MqttFields | null {
  const walk = new Walk(bytes);
  const fields: MqttFields['fields'] = [];
  if (type === 1) {
    const stated = readConnect(walk, fields);
    return walk.short || walk.at !== bytes.length ? null : { fields, level: stated };
  }
  walk.number(2);
  if (level === 5) readProperties(walk, fields);
  while (!walk.short && walk.at < bytes.length) {
    fields.push(['topic', walk.data()]);
    if (type === 8) walk.number(1);
  }
  return walk.short ? null : { fields, level };
}

function readConnect(walk: Walk, fields: MqttFields['fields']): number {
  const name = walk.data().toString('latin1');
  if (name !== 'MQTT' && name !== 'MQIsdp') walk.short = true;
  const level = walk.number(1) & 127;
  const flags = walk.number(1);
  walk.number(2);
  if (level === 5) readProperties(walk, fields);
  fields.push(['clientId', walk.data()]);
  if (flags & 4) {
    if (level === 5) readProperties(walk, fields, 'will ');
    fields.push(['willTopic', walk.data()], ['willPayload', walk.data()]);
  }
  if (flags & 128) fields.push(['userName', walk.data()]);
  if (flags & 64) fields.push(['password', walk.data()]);
  return level;
}

/** What stands before the payload of a PUBLISH. `total` is the packet's whole remaining length. */
export function parsePublishHeader(
  bytes: Buffer,
  flags: number,
  level: number,
  total: number,
): PublishHeader | 'more' | 'broken' {
  const walk = new Walk(bytes);
  const fields: MqttFields['fields'] = [];
  const topic = walk.data();
  fields.push(['topic', topic]);
  if (flags & 6) walk.number(2);
  if (level === 5 && !walk.short) {
    const start = walk.at;
    const length = walk.variableNumber();
    if (!walk.short && walk.at + length > total) return 'broken';
    if (walk.short || walk.at + length > bytes.length) return bytes.length < total ? 'more' : 'broken';
    walk.at = start;
  }
  const alias = level === 5 && !walk.short ? readProperties(walk, fields) : null;
  if (walk.short) return bytes.length < total ? 'more' : 'broken';
  return { fields, level, topic: topic.toString('utf8'), alias, end: walk.at };
}
