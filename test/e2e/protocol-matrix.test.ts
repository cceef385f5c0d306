/**
 * Every protocol a phone's apps speak, by the client that really speaks it, in clear and under TLS: the server gets the
 * bytes that were sent, and the one IMEI in them is found with the right place.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browse } from '../clients/chromium.ts';
import type { Answer } from '../clients/client.ts';
import { askCurl } from '../clients/curl.ts';
import { callGrpc, type GrpcServer, startGrpc } from '../clients/grpc.ts';
import { type Broker, publish, startBroker, subscribe } from '../clients/mosquitto.ts';
import { askNodeFetch } from '../clients/node-fetch.ts';
import { askNodeHttp2 } from '../clients/node-http2.ts';
import { compileOkHttp, type OkHttp } from '../clients/okhttp.ts';
import { askPython } from '../clients/python.ts';
import { findTool, requireTool, type Tool } from '../clients/tools.ts';
import { talkWebSocket } from '../clients/websocket.ts';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const PORTS = { grpc: 50051, grpcTls: 50052, mqtt: 1883, mqttTls: 8883 };

let world: World;
let okhttp: OkHttp | null = null;
const grpc: GrpcServer[] = [];
const brokers: Broker[] = [];
beforeAll(async () => {
  world = await startWorld({
    async more(origin) {
      grpc.push(await startGrpc(null), await startGrpc(origin));
      const servers = [
        { port: PORTS.grpc, listensOn: grpc[0]?.port ?? 0 },
        { port: PORTS.grpcTls, listensOn: grpc[1]?.port ?? 0 },
      ];
      if (!findTool('mosquitto')) return servers;
      brokers.push(await startBroker(), await startBroker(origin));
      servers.push({ port: PORTS.mqtt, listensOn: brokers[0]?.port ?? 0 });
      servers.push({ port: PORTS.mqttTls, listensOn: brokers[1]?.port ?? 0 });
      return servers;
    },
  });
  if (findTool('javac') && findTool('okhttp')) okhttp = await compileOkHttp();
});
afterAll(async () => {
  for (const server of grpc) server.stop();
  await Promise.all(brokers.map((broker) => broker.stop()));
  await okhttp?.remove();
  await world.end();
});

const JAVA: Tool[] = ['java', 'javac', 'okhttp'];
const body = Buffer.from(JSON.stringify({ device: { ids: ['x', IMEI] } }));

type Post = (url: string) => Promise<Answer | undefined>;
const posts: { client: string; tools: Tool[]; schemes: ('http' | 'https')[]; protocol: string; post: Post }[] = [
  {
    client: 'curl HTTP/1.1',
    tools: ['curl'],
    schemes: ['http', 'https'],
    protocol: 'http/1.1',
    post: (url) => askCurl(world.lab.phone, { url, body, headers: [['Content-Type', 'application/json']] }),
  },
  {
    client: 'curl HTTP/2',
    tools: ['curl'],
    schemes: ['https'],
    protocol: 'h2',
    post: (url) => askCurl(world.lab.phone, { url, body, headers: [['Content-Type', 'application/json']] }, '2'),
  },
  {
    client: 'Python requests',
    tools: ['python'],
    schemes: ['http', 'https'],
    protocol: 'http/1.1',
    post: (url) => askPython(world.lab.phone, { url, body, headers: [['Content-Type', 'application/json']] }),
  },
  {
    client: 'Node fetch',
    tools: [],
    schemes: ['http', 'https'],
    protocol: 'http/1.1',
    post: (url) => askNodeFetch(world.lab.phone, { url, body, headers: [['Content-Type', 'application/json']] }),
  },
  {
    client: 'Node HTTP/2',
    tools: [],
    schemes: ['https'],
    protocol: 'h2',
    post: (url) => askNodeHttp2(world.lab.phone, { url, body, headers: [['content-type', 'application/json']] }),
  },
  {
    client: 'OkHttp HTTP/1.1',
    tools: JAVA,
    schemes: ['http', 'https'],
    protocol: 'http/1.1',
    post: async (url) => okhttp?.ask(world.lab.phone, { url, body }, { http: 'h1' }),
  },
  {
    client: 'OkHttp HTTP/2',
    tools: JAVA,
    schemes: ['https'],
    protocol: 'h2',
    post: async (url) => okhttp?.ask(world.lab.phone, { url, body }, { http: 'h2' }),
  },
];

describe.each(posts.flatMap((each) => each.schemes.map((scheme) => ({ ...each, scheme }))))(
  '$client over $scheme',
  ({ client, scheme, tools, protocol, post }) => {
    it('posts JSON: the same bytes arrive, and the IMEI is found by its path', async (context) => {
      requireTool(context, ...tools);
      const target = `/echo/${client.replaceAll(/\W+/g, '-').toLowerCase()}/${scheme}`;
      const answer = await post(world[scheme] + target);
      expect(answer?.stderr).toBe(answer?.ok ? answer.stderr : '');
      expect(answer).toMatchObject({ status: 200, body });
      expect(world.origin.received.find((one) => one.path === target)).toMatchObject({ method: 'POST', body });
      const alerts = await world.lab.until(`leak of ${client}`, (all) =>
        all.some((one) => one.flow?.url?.endsWith(target)),
      );
      expect(alerts.find((one) => one.flow?.url?.endsWith(target))).toMatchObject({
        type: 'leak',
        identifier: { kind: 'imei', known: true, confidence: 'certain' },
        evidence: { direction: 'request', where: 'body', path: '$.device.ids[1]' },
        flow: { protocol, encrypted: scheme === 'https', intercepted: true },
      });
    });
  },
);

describe.each(['http', 'https'] as const)('Chromium over %s', (scheme) => {
  it('loads a page: the IMEI in its query is found by its name', async (context) => {
    requireTool(context, 'chromium', 'certutil');
    const answer = await browse(world.lab.phone, `${world[scheme]}/page/chromium/${scheme}?a=1&device=${IMEI}`);
    expect(answer.body.toString()).toContain('the page of the lab');
    const mine = `/page/chromium/${scheme}`;
    const alerts = await world.lab.until('leak of Chromium', (all) => all.some((one) => one.flow?.url?.includes(mine)));
    expect(alerts.find((one) => one.flow?.url?.includes(mine))).toMatchObject({
      identifier: { kind: 'imei', known: true },
      evidence: { where: 'query', path: expect.stringContaining('device') },
      flow: { protocol: scheme === 'http' ? 'http/1.1' : 'h2' },
    });
  });
});

describe.each([
  { scheme: 'ws', deflate: false },
  { scheme: 'ws', deflate: true },
  { scheme: 'wss', deflate: false },
  { scheme: 'wss', deflate: true },
])('ws over $scheme, compression $deflate', ({ scheme, deflate }) => {
  it('sends messages: they come back unchanged, and the IMEI in one is found', async () => {
    const target = `/ws/${scheme}/${deflate}`;
    const messages = ['hello', JSON.stringify({ device: { imei: IMEI } }), Buffer.from([1, 2, 3])];
    const echoed = await talkWebSocket(world.lab.phone, `${scheme}://${world.host}${target}`, messages, { deflate });
    expect(echoed.messages).toEqual(messages);
    const alerts = await world.lab.until('leak in a message', (all) =>
      all.some((one) => one.flow?.url?.endsWith(target) && one.evidence?.direction === 'request'),
    );
    expect(
      alerts.find((one) => one.flow?.url?.endsWith(target) && one.evidence?.direction === 'request'),
    ).toMatchObject({
      identifier: { kind: 'imei', known: true },
      evidence: { where: 'message', path: '$.device.imei' },
      flow: { protocol: 'websocket' },
    });
  });
});

describe.each([
  { tls: false, port: PORTS.grpc },
  { tls: true, port: PORTS.grpcTls },
])('grpc-js, TLS $tls', ({ tls, port }) => {
  it('calls a method: the message comes back unchanged, and the IMEI is found by its field', async () => {
    // Field 2, length-delimited (protobuf wire type 2).
    const message = Buffer.concat([Buffer.from([0x08, 0x01, 0x12, IMEI.length]), Buffer.from(IMEI)]);
    const answer = await callGrpc(world.lab.phone, `${world.host}:${port}`, message, { tls });
    expect(answer).toMatchObject({ ok: true, body: message });
    const mine = (one: { destination: { port: number } | null; evidence: { direction: string } | null }): boolean =>
      one.destination?.port === port && one.evidence?.direction === 'request';
    const alerts = await world.lab.until('leak over gRPC', (all) => all.some(mine));
    expect(alerts.find(mine)).toMatchObject({
      identifier: { kind: 'imei', known: true },
      evidence: { where: 'message', path: 'field 2' },
    });
  });
});

describe.each([
  { tls: false, port: PORTS.mqtt, version: 'mqttv311' },
  { tls: true, port: PORTS.mqttTls, version: 'mqttv5' },
] as const)('mosquitto $version through SOCKS5, TLS $tls', ({ tls, port, version }) => {
  it('publishes: the subscriber gets the bytes, and the IMEI is found', async (context) => {
    requireTool(context, 'mosquitto', 'mosquitto_pub', 'mosquitto_sub');
    const at = { host: world.host, port, topic: `lab/${version}`, tls };
    const message = Buffer.from(JSON.stringify({ imei: IMEI }));
    const got = subscribe(world.lab.phone, at, 1);
    // Retained by nobody: publish until the subscriber, who needs a moment to subscribe, has one.
    const { promise: done, resolve } = Promise.withResolvers<Answer>();
    void got.then(resolve);
    let answered: Answer | null = null;
    void done.then((answer) => {
      answered = answer;
    });
    while (!answered) expect(await publish(world.lab.phone, at, message, version)).toMatchObject({ ok: true });
    expect((await done).body.toString().trimEnd()).toBe(message.toString());
    const mine = (one: { destination: { port: number } | null; evidence: { direction: string } | null }): boolean =>
      one.destination?.port === port && one.evidence?.direction === 'request';
    const alerts = await world.lab.until('leak over MQTT', (all) => all.some(mine));
    expect(alerts.find(mine)).toMatchObject({
      identifier: { kind: 'imei', known: true },
      evidence: { where: 'message', path: '$.imei' },
    });
  });
});
