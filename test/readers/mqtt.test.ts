import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FlowEvent } from '../../src/model/flow.ts';
import { describeWith, type Tool, toolPath } from '../clients/tools.ts';
import { byteByByte, cutAt, digest, inOrder, read, type Step } from './reading.ts';
import { closed, listening, portOf, recordTo, run } from './recording.ts';
import { frame, handshake } from './websocket-frames.ts';

const IMEI = '490154203237518';

function messages(events: FlowEvent[], direction = 'request'): string[] {
  const parts = new Map<string, string>();
  const whole: string[] = [];
  for (const event of events) {
    if (event.type !== 'message' || event.direction !== direction) continue;
    if (event.protocol !== 'mqtt') throw new Error(`a message of ${event.protocol}`);
    const text = (parts.get(event.label) ?? '') + event.bytes.toString('latin1');
    parts.set(event.label, text);
    if (event.final) whole.push(`${event.label}: ${text.length < 100 ? text : text.length}`);
    if (event.final) parts.delete(event.label);
  }
  return whole;
}

const MOSQUITTO: Tool[] = ['mosquitto', 'mosquitto_pub', 'mosquitto_sub'];

describeWith(MOSQUITTO, 'mosquitto speaks, the reader recovers every field', () => {
  const directory = mkdtempSync(join(tmpdir(), 'readers-mqtt-'));
  let broker: ChildProcess;
  let port = 0;

  beforeAll(async () => {
    const probe = net.createServer();
    await listening(probe);
    port = portOf(probe);
    await closed(probe);
    const config = join(directory, 'mosquitto.conf');
    writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
    broker = spawn(toolPath('mosquitto'), ['-c', config], { stdio: 'ignore' });
    await new Promise<void>((resolve, reject) => {
      broker.once('error', reject).once('exit', (code) => reject(new Error(`mosquitto ended with ${code}`)));
      const attempt = () => {
        const socket = net.connect(port, '127.0.0.1');
        socket.once('connect', () => {
          socket.destroy();
          resolve();
        });
        socket.once('error', () => setTimeout(attempt, 50));
      };
      attempt();
    });
  });

  afterAll(() => {
    broker.kill();
    rmSync(directory, { recursive: true });
  });

  for (const version of ['mqttv31', 'mqttv311', 'mqttv5']) {
    test(`mosquitto_pub ${version}: client id, user, password, will, topic and payload`, async () => {
      const recorder = await recordTo(port);
      const fields = [
        '-i',
        `client-${IMEI}`,
        '-u',
        'lab-user',
        '-P',
        'lab-password',
        '--will-topic',
        'gone/phone',
        '--will-payload',
        'bye',
      ];
      const properties =
        version === 'mqttv5'
          ? ['-D', 'publish', 'user-property', 'imei', IMEI, '-D', 'publish', 'content-type', 'text/plain']
          : [];
      const payload = ['-t', `devices/${IMEI}/state`, '-m', `{"imei":"${IMEI}"}`, '-q', '1'];
      await run('mosquitto_pub', [
        '-h',
        '127.0.0.1',
        '-p',
        String(recorder.port),
        '-V',
        version,
        ...fields,
        ...properties,
        ...payload,
      ]);
      await recorder.close();
      const steps = recorder.connections[0]!;
      const events = read(steps);
      const seen = messages(events);
      expect(seen.slice(0, 5)).toEqual([
        `CONNECT clientId: client-${IMEI}`,
        'CONNECT willTopic: gone/phone',
        'CONNECT willPayload: bye',
        'CONNECT userName: lab-user',
        'CONNECT password: lab-password',
      ]);
      expect(seen).toContain(`PUBLISH topic: devices/${IMEI}/state`);
      expect(seen).toContain(`devices/${IMEI}/state: {"imei":"${IMEI}"}`);
      if (version === 'mqttv5') {
        expect(seen).toContain('PUBLISH userProperty name: imei');
        expect(seen).toContain(`PUBLISH userProperty value: ${IMEI}`);
        expect(seen).toContain('PUBLISH contentType: text/plain');
      }
      expect(events.filter((event) => event.type === 'unreadable' || event.type === 'raw-bytes')).toEqual([]);
      expect(digest(read(steps, { cut: byteByByte }))).toEqual(digest(events));
      expect(digest(read(steps, { alpn: 'mqtt' }))).toEqual(digest(events));
    });
  }

  test('mosquitto_sub: what it subscribes to, and what the server sends it', async () => {
    await run('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(port), '-t', `to/${IMEI}`, '-m', 'hello phone', '-r']);
    const recorder = await recordTo(port);
    await run('mosquitto_sub', [
      '-h',
      '127.0.0.1',
      '-p',
      String(recorder.port),
      '-V',
      'mqttv5',
      '-t',
      `to/${IMEI}`,
      '-C',
      '1',
    ]);
    await recorder.close();
    const events = read(recorder.connections[0]!);
    expect(messages(events)).toContain(`SUBSCRIBE topic: to/${IMEI}`);
    expect(messages(events, 'response')).toContain(`to/${IMEI}: hello phone`);
  });
});

const string = (text: string) =>
  Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text, 'latin1')]);

function packet(type: number, flags: number, ...body: Buffer[]): Buffer {
  const all = Buffer.concat(body);
  const length: number[] = [];
  let left = all.length;
  do {
    length.push((left % 128) | (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from([(type << 4) | flags, ...length]), all]);
}

const connect = (level: number, clientId = 'phone') =>
  packet(1, 0, string('MQTT'), Buffer.from([level, 2, 0, 60]), Buffer.from(level === 5 ? [0] : []), string(clientId));
const publish = (topic: string, payload: string) => packet(3, 0, string(topic), Buffer.from(payload));
const publish5 = (topic: string, properties: number[], payload: string) =>
  packet(3, 0, string(topic), Buffer.from([properties.length, ...properties]), Buffer.from(payload));

/** [name, packets of the phone, messages, reason, raw] */
const shapes: [string, Buffer[], string[], string | null, string][] = [
  [
    'an empty payload',
    [connect(4), publish('t', '')],
    ['CONNECT clientId: phone', 'PUBLISH topic: t', 't: '],
    null,
    '',
  ],
  [
    'a large payload comes in parts',
    [connect(4), publish('photo', 'j'.repeat(30_000))],
    ['CONNECT clientId: phone', 'PUBLISH topic: photo', 'photo: 30000'],
    null,
    '',
  ],
  [
    'topic aliases of MQTT 5',
    [
      connect(5),
      publish5(`d/${IMEI}`, [35, 0, 7], 'one'),
      publish5('', [35, 0, 7], 'two'),
      publish5('', [35, 0, 9], 'three'),
    ],
    [
      'CONNECT clientId: phone',
      `PUBLISH topic: d/${IMEI}`,
      `d/${IMEI}: one`,
      `d/${IMEI}: two`,
      'unknown topic alias: three',
    ],
    null,
    '',
  ],
  [
    'a reason in DISCONNECT is handed on',
    [connect(5), packet(14, 0, Buffer.from([0x8e, 18, 31]), string(IMEI))],
    ['CONNECT clientId: phone', `DISCONNECT: \x8e\x12\x1f\x00\x0f${IMEI}`],
    null,
    '',
  ],
  ['pings say nothing', [connect(4), packet(12, 0)], ['CONNECT clientId: phone'], null, ''],
  [
    'a packet type that does not exist',
    [connect(4), Buffer.from(`\x01${IMEI}`)],
    ['CONNECT clientId: phone'],
    'not MQTT',
    `\x01${IMEI}`,
  ],
  [
    'a remaining length of five bytes',
    [connect(4), Buffer.from(`\x30\xff\xff\xff\xff\x01${IMEI}`, 'latin1')],
    ['CONNECT clientId: phone'],
    'not MQTT',
    `\x30\xff\xff\xff\xff\x01${IMEI}`,
  ],
  [
    'a topic longer than its packet',
    [connect(4), packet(3, 0, Buffer.from([255, 255]), Buffer.from(IMEI))],
    ['CONNECT clientId: phone'],
    'not MQTT',
    `\xff\xff${IMEI}`,
  ],
  [
    'a payload cut off by the end of the connection',
    [connect(4), publish('t', `${IMEI} and more`).subarray(0, -9)],
    ['CONNECT clientId: phone', 'PUBLISH topic: t', `t: ${IMEI}`],
    null,
    '',
  ],
  [
    'a CONNECT cut off',
    [connect(4, IMEI).subarray(0, -1)],
    [],
    null,
    connect(4, IMEI).subarray(2, -1).toString('latin1'),
  ],
];

describe('Packets of every shape', () => {
  for (const [name, up, expected, reason, raw] of shapes) {
    for (const [how, cut] of [
      ['whole', (all: Buffer) => [all]],
      ['one byte at a time', byteByByte],
    ] as const) {
      test(`${name} (${how})`, () => {
        const events = read([['request', Buffer.concat(up)]], { cut });
        expect(messages(events)).toEqual(expected);
        const told = digest(events);
        expect(told.unreadable).toEqual(reason ? [`request: ${reason}`] : []);
        expect(told.raw.request).toBe(raw);
      });
    }
  }

  test('over WebSocket (subprotocol mqtt), packets cut anywhere by its messages', () => {
    const bytes = Buffer.concat([connect(4), publish(`d/${IMEI}`, 'over ws')]);
    const [request, response] = handshake(null, 'mqtt');
    const mask = Buffer.from([9, 8, 7, 6]);
    const steps: Step[] = [
      ['request', request],
      ['response', response],
      [
        'request',
        Buffer.concat([
          frame({ opcode: 2, payload: bytes.subarray(0, 20), mask }),
          frame({ opcode: 2, payload: bytes.subarray(20), mask }),
        ]),
      ],
    ];
    for (const cut of [(all: Buffer) => [all], byteByByte]) {
      const events = read(steps, { cut });
      expect(messages(events)).toEqual(['CONNECT clientId: phone', `PUBLISH topic: d/${IMEI}`, `d/${IMEI}: over ws`]);
    }
  });

  test('packets damaged at any byte are cut-independent and never throw', () => {
    const any = fc.oneof(
      fc.constantFrom(
        publish('a/b', 'payload'),
        publish5('x', [35, 0, 1], 'p'),
        packet(12, 0),
        packet(8, 2, Buffer.from([0, 1]), string('s'), Buffer.from([0])),
      ),
      fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(4, 5),
        fc.array(any, { maxLength: 6 }),
        fc.nat(),
        fc.nat(255),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
        (level, packets, at, byte, fractions) => {
          const bytes = Buffer.concat([connect(level), ...packets]);
          bytes[at % bytes.length] = byte;
          const steps: Step[] = [
            ['request', bytes],
            ['response', bytes],
          ];
          const told = digest(read(steps));
          expect(digest(read(steps, { cut: byteByByte }))).toEqual(told);
          expect(digest(read(steps, { cut: cutAt(fractions) }))).toEqual(told);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a value in any field comes out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 14 }), fc.nat(15), fc.constantFrom(4, 5), (type, flags, level) => {
        const events = read([['request', Buffer.concat([connect(level), packet(type, flags, Buffer.from(IMEI))])]]);
        expect(inOrder(events, 'request')).toContain(IMEI);
      }),
    );
  });
});
