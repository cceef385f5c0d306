/**
 * What goes through a lab as gRPC, MQTT and raw TCP, in clear and under TLS, gives the same findings as a capture of it with its
 * keys, field by field; only ids and times differ.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { Lab } from '../clients/client.ts';
import { callGrpc, type GrpcServer, startGrpc } from '../clients/grpc.ts';
import { askNodeHttp2 } from '../clients/node-http2.ts';
import type { Origin } from '../clients/origin.ts';
import { describeWith } from '../clients/tools.ts';
import { openTls, openTunnel } from '../clients/tunnel.ts';
import { tapWire, type Wire } from '../clients/wire-tap.ts';
import { ANY_PHONE, phonehome } from './lab-process.ts';
import { captureOf, essence, type Told } from './same-findings.ts';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const OTHER = '356938035643809';
/** Asked for by its address where no protocol says a name: a capture beyond the proxy has none either. */
const SERVER = '42.62.48.10';

/** A broker that takes everything: CONNACK, PUBACK. */
const MQTT_ANSWERS = Buffer.from('200200004002000a', 'hex');

const mqttString = (text: string): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
};
const mqttPacket = (type: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const head = body.length < 128 ? [type, body.length] : [type, (body.length & 127) | 128, body.length >> 7];
  return Buffer.concat([Buffer.from(head), body]);
};
/** MQTT 3.1.1: CONNECT with a client id, PUBLISH, DISCONNECT. */
const mqtt = (clientId: string, topic: string, message: string): Buffer =>
  Buffer.concat([
    mqttPacket(0x10, mqttString('MQTT'), Buffer.from([4, 2, 0, 60]), mqttString(clientId)),
    mqttPacket(0x32, mqttString(topic), Buffer.from([0, 10]), Buffer.from(message)),
    Buffer.from([0xe0, 0]),
  ]);

/** Protobuf: field 1 holds text. */
const message = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x0a, Buffer.byteLength(text)]), Buffer.from(text)]);
const grpcFrame = (body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
};

interface Case {
  name: string;
  send(lab: Lab): Promise<void>;
}

/** Sends all of it, and waits until the server has answered and closed. */
async function through(socket: Socket, bytes: Buffer): Promise<void> {
  socket.on('error', () => undefined);
  socket.write(bytes);
  await new Promise<void>((resolve) => socket.once('data', resolve).once('close', resolve));
  socket.end();
  await new Promise<void>((resolve) => (socket.closed ? resolve() : socket.once('close', resolve)));
}

const CASES: Case[] = [
  {
    name: 'gRPC in clear',
    send: async (lab) => void (await callGrpc(lab, `${SERVER}:50051`, message(`imei=${IMEI}`), { tls: false })),
  },
  {
    name: 'gRPC in clear, another phone, in metadata',
    send: async (lab) =>
      void (await callGrpc(lab, `${SERVER}:50051`, message('nothing'), {
        tls: false,
        headers: [['x-imei', OTHER]],
      })),
  },
  {
    name: 'gRPC under TLS',
    send: async (lab) =>
      void (await askNodeHttp2(lab, {
        url: 'https://grpc-tls.example.com/lab.Echo/Echo',
        method: 'POST',
        headers: [
          [':authority', 'grpc-tls.example.com'],
          ['content-type', 'application/grpc'],
          ['te', 'trailers'],
        ],
        body: grpcFrame(message(`imei=${IMEI}`)),
      })),
  },
  {
    name: 'MQTT in clear',
    send: async (lab) =>
      through(await openTunnel(lab, SERVER, 1883), mqtt(`phone-${IMEI}`, `up/${IMEI}`, `{"imei":"${IMEI}"}`)),
  },
  {
    name: 'MQTT in clear, another phone',
    send: async (lab) =>
      through(await openTunnel(lab, SERVER, 1883), mqtt('client', 'devices/up', `{"imei":"${OTHER}"}`)),
  },
  {
    name: 'MQTT under TLS',
    send: async (lab) =>
      through(
        await openTls(lab, 'mqtt-tls.example.com', 8883, []),
        mqtt('client', `up/${IMEI}`, `{"imsi":"001010123456789"}`),
      ),
  },
  {
    name: 'raw TCP',
    send: async (lab) =>
      through(
        await openTunnel(lab, SERVER, 7001),
        Buffer.from(`\x01\x02hello ${IMEI}\x00\x00mac=02:00:5e:10:00:01\x00`),
      ),
  },
  {
    name: 'raw TCP, another phone',
    send: async (lab) =>
      through(await openTunnel(lab, SERVER, 7001), Buffer.from(`LOGIN imei=${OTHER};lat=21.02785;lon=105.83420\n`)),
  },
  {
    name: 'raw bytes under TLS',
    send: async (lab) =>
      through(await openTls(lab, 'raw-tls.example.com', 7002, []), Buffer.from(`\x01\x02\x7f${IMEI}\x00`)),
  },
];

let dir = '';
let world: World;
let wire: Wire;
const grpc: GrpcServer[] = [];
const servers: Server[] = [];

async function answering(answer: Buffer, tls: Origin | null): Promise<number> {
  const answers = (socket: Socket): void => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(answer));
  };
  const server = tls ? createTlsServer({ cert: tls.certPem, key: tls.keyPem }, answers) : createServer(answers);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'same-protocols-'));
  world = await startWorld({
    otherHosts: ['grpc-tls.example.com'],
    certified: ['mqtt-tls.example.com', 'raw-tls.example.com'],
    async more(origin) {
      grpc.push(await startGrpc(null));
      return [
        { host: SERVER, port: 50051, listensOn: grpc[0]?.port ?? 0 },
        { host: SERVER, port: 1883, listensOn: await answering(MQTT_ANSWERS, null) },
        { host: 'mqtt-tls.example.com', port: 8883, listensOn: await answering(MQTT_ANSWERS, origin) },
        { host: SERVER, port: 7001, listensOn: await answering(Buffer.from('OK'), null) },
        { host: 'raw-tls.example.com', port: 7002, listensOn: await answering(Buffer.from('OK'), origin) },
      ];
    },
  });
  wire = await tapWire(world.lab.phone);
});
afterAll(async () => {
  wire.close();
  for (const server of grpc) server.stop();
  for (const server of servers) server.close();
  await world.end();
  await rm(dir, { recursive: true });
});

async function alerts(): Promise<Alert[]> {
  const all: Alert[] = [];
  for (;;) {
    const more = (await world.lab.api(`/api/alerts?since=${all.at(-1)?.seq ?? 0}&limit=500`)) as { alerts: Alert[] };
    if (more.alerts.length === 0) return all;
    all.push(...more.alerts);
  }
}

/** Findings of each connection, in the order of the connections; a case is one connection, in a test run of its own. */
async function live(): Promise<string[][]> {
  const token = (await import('node:fs')).readFileSync(world.lab.ready.token, 'utf8').trim();
  const ask = async (method: string, target: string, body: object): Promise<{ id: string }> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(new URL(target, world.lab.ready.ui.url), {
      method,
      headers,
      body: JSON.stringify(body),
    });
    return (await answer.json()) as { id: string };
  };
  const runs: string[] = [];
  for (const { name, send } of CASES) {
    const { id } = await ask('POST', '/api/cases', { title: name, deviceId: 'phone-1' });
    await send(wire.lab);
    await expect
      .poll(async () => ((await world.lab.api('/api/stats')) as { openFlows: number }).openFlows, { timeout: 60_000 })
      .toBe(0);
    await ask('PATCH', `/api/cases/${id}`, { closed: true });
    runs.push(id);
  }
  const all = (await alerts()).filter(({ identifier }) => identifier);
  return runs.map((id) =>
    all
      .filter((alert) => alert.case?.id === id)
      .map((alert) => essence(alert as Told))
      .sort(),
  );
}

describeWith(['tshark'], 'gRPC, MQTT and raw TCP', () => {
  it('give the same findings live and as a capture with its keys, field by field', async () => {
    const fromLive = await live();
    expect(wire.connections).toHaveLength(CASES.length);
    const file = path.join(dir, 'all.pcapng');
    await writeFile(file, captureOf(wire, SERVER));
    await writeFile(path.join(dir, 'phones.yaml'), ANY_PHONE);
    const { stdout } = await phonehome(['scan', file, '--json', '--devices', path.join(dir, 'phones.yaml')]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as Told & { type: string; entry: number });
    for (const [index, { name }] of CASES.entries()) {
      const told = lines.filter((line) => line.type === 'finding' && line.entry === index).map(essence);
      expect([name, [...new Set(told)].sort()]).toEqual([name, fromLive[index]]);
      expect([name, fromLive[index]?.length]).not.toEqual([name, 0]);
    }
  }, 240_000);
});
