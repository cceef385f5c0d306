/**
 * Every protocol a phone's apps speak, by the client that really speaks it, in clear and under TLS, on either engine: the
 * server gets the bytes that were sent, and the one IMEI in them is found with the right place.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
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
import { startWebSocketH2, talkWebSocketH2 } from '../clients/websocket-h2.ts';
import { KNOWN } from '../engines/known-differences.ts';
import { ENGINE } from './engine.ts';
import { eventually } from './eventually.ts';
import { HOST, startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
/** A name of their own for those under TLS: the same leak to the same name would only raise a count. */
const GRPC = { host: HOST, port: 50051 };
const GRPC_TLS = { host: 'grpc-tls.example.com', port: 50051 };
const MQTT = { host: HOST, port: 1883 };
const MQTT_TLS = { host: 'mqtt-tls.example.com', port: 8883 };
/** Where http-mitm-proxy takes TLS without a protocol list for HTTP. */
const MQTT_443 = { host: 'mqtt-443.example.com', port: 443 };
const WS_H2 = { host: 'ws-h2.example.com', port: 443 };
/** What an app that offers HTTP/2 and HTTP/1.1 is seen to speak. */
const H2 = KNOWN['product: an alert about an app that offers HTTP/2 says'][ENGINE];

let world: World;
let okhttp: OkHttp | null = null;
const grpc: GrpcServer[] = [];
const brokers: Broker[] = [];
let webSocketH2: { port: number; stop(): void } | null = null;
beforeAll(async () => {
  world = await startWorld({
    otherHosts: [GRPC_TLS.host, MQTT_TLS.host],
    certified: [MQTT_443.host, WS_H2.host],
    async more(origin) {
      grpc.push(await startGrpc(null), await startGrpc(origin));
      if (findTool('mosquitto')) brokers.push(await startBroker(), await startBroker(origin));
      webSocketH2 = await startWebSocketH2(origin);
      const listening: [typeof GRPC, { port: number } | undefined][] = [
        [GRPC, grpc[0]],
        [GRPC_TLS, grpc[1]],
        [MQTT, brokers[0]],
        [MQTT_TLS, brokers[1]],
        [MQTT_443, brokers[1]],
        [WS_H2, webSocketH2],
      ];
      return listening.map(([at, server]) => ({ ...at, listensOn: server?.port ?? 1 }));
    },
  });
  if (findTool('javac') && findTool('okhttp')) okhttp = await compileOkHttp();
});
afterAll(async () => {
  for (const server of grpc) server.stop();
  webSocketH2?.stop();
  await Promise.all(brokers.map((broker) => broker.stop()));
  await okhttp?.remove();
  await world.end();
});

const JAVA: Tool[] = ['java', 'javac', 'okhttp'];
const MOSQUITTO: Tool[] = ['mosquitto', 'mosquitto_pub', 'mosquitto_sub'];
/** A place of its own per client and scheme: the same value in the same place would only raise a count. */
const bodyOf = (slug: string): Buffer => Buffer.from(JSON.stringify({ device: { [slug]: ['x', IMEI] } }));
const JSON_TYPE: [string, string][] = [['Content-Type', 'application/json']];

type Post = (url: string, body: Buffer) => Promise<Answer | undefined>;
const posts: { client: string; tools: Tool[]; schemes: ('http' | 'https')[]; protocol: string; post: Post }[] = [
  {
    client: 'curl HTTP/1.1',
    tools: ['curl'],
    schemes: ['http', 'https'],
    protocol: 'http/1.1',
    post: (url, body) => askCurl(world.lab.phone, { url, body, headers: JSON_TYPE }),
  },
  {
    client: 'curl HTTP/2',
    tools: ['curl'],
    schemes: ['https'],
    protocol: H2,
    post: (url, body) => askCurl(world.lab.phone, { url, body, headers: JSON_TYPE }, '2'),
  },
  {
    client: 'Python requests',
    tools: ['python', 'requests'],
    schemes: ['http', 'https'],
    protocol: 'http/1.1',
    post: (url, body) => askPython(world.lab.phone, { url, body, headers: JSON_TYPE }),
  },
  {
    client: 'Node fetch',
    tools: [],
    schemes: ['http', 'https'],
    protocol: H2,
    post: (url, body) => askNodeFetch(world.lab.phone, { url, body, headers: JSON_TYPE }),
  },
  {
    client: 'Node HTTP/2',
    tools: [],
    schemes: ['https'],
    protocol: 'h2',
    post: (url, body) => askNodeHttp2(world.lab.phone, { url, body, headers: [['content-type', 'application/json']] }),
  },
  {
    client: 'OkHttp HTTP/1.1',
    tools: JAVA,
    schemes: ['http', 'https'],
    protocol: 'http/1.1',
    post: async (url, body) => okhttp?.ask(world.lab.phone, { url, body, headers: JSON_TYPE }, { http: 'h1' }),
  },
  {
    client: 'OkHttp HTTP/2',
    tools: JAVA,
    schemes: ['https'],
    protocol: H2,
    post: async (url, body) => okhttp?.ask(world.lab.phone, { url, body, headers: JSON_TYPE }, { http: 'h2' }),
  },
];

describe.each(posts.flatMap((each) => each.schemes.map((scheme) => ({ ...each, scheme }))))(
  '$client over $scheme',
  ({ client, scheme, tools, protocol, post }) => {
    it('posts JSON: the same bytes arrive, and the IMEI is found by its path', async (context) => {
      requireTool(context, ...tools);
      const slug = `${client} ${scheme}`.replaceAll(/\W+/g, '_').toLowerCase();
      const body = bodyOf(slug);
      const answer = await post(`${world[scheme]}/echo/${slug}`, body);
      expect(answer?.stderr).toBe(answer?.ok ? answer.stderr : '');
      expect(answer).toMatchObject({ status: 200, body });
      expect(world.origin.received.find((one) => one.path === `/echo/${slug}`)).toMatchObject({ method: 'POST', body });
      const mine = (one: Alert): boolean => one.evidence?.path === `$.device.${slug}[1]`;
      const alerts = await world.lab.until(`leak of ${client}`, (all) => all.some(mine));
      expect(alerts.find(mine)).toMatchObject({
        type: 'leak',
        identifier: { kind: 'imei', known: true, confidence: 'certain' },
        evidence: { direction: 'request', where: 'body' },
        flow: { protocol: scheme === 'http' ? 'http/1.1' : protocol, encrypted: scheme === 'https', intercepted: true },
      });
    });
  },
);

describe.each(['http', 'https'] as const)('Chromium over %s', (scheme) => {
  it('loads a page: the IMEI in its query is found by its name', async (context) => {
    requireTool(context, 'chromium', 'certutil');
    const answer = await browse(world.lab.phone, `${world[scheme]}/page?a=1&chromium_${scheme}=${IMEI}`);
    expect(answer.body.toString()).toContain('the page of the lab');
    const mine = (one: Alert): boolean => one.evidence?.path === `chromium_${scheme}`;
    const alerts = await world.lab.until('leak of Chromium', (all) => all.some(mine));
    expect(alerts.find(mine)).toMatchObject({
      identifier: { kind: 'imei', known: true },
      evidence: { where: 'query' },
      flow: { protocol: scheme === 'http' ? 'http/1.1' : H2 },
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
    const slug = `${scheme}_${deflate}`;
    const messages = ['hello', JSON.stringify({ device: { [slug]: IMEI } }), Buffer.from([1, 2, 3])];
    const echoed = await talkWebSocket(world.lab.phone, `${scheme}://${world.host}/ws`, messages, { deflate });
    expect(echoed.messages).toEqual(messages);
    const mine = (one: Alert): boolean =>
      one.evidence?.direction === 'request' && one.evidence.path === `$.device.${slug}`;
    const alerts = await world.lab.until('leak in a message', (all) => all.some(mine));
    expect(alerts.find(mine)).toMatchObject({
      identifier: { kind: 'imei', known: true },
      evidence: { where: 'message' },
      flow: { protocol: 'websocket', method: 'GET', encrypted: scheme === 'wss' },
    });
  });
});

describe('a WebSocket on a stream of HTTP/2', () => {
  it('carries a message: its bytes come back unchanged, and the IMEI in it is found', async () => {
    const text = JSON.stringify({ device: { ws_h2: IMEI } });
    const { sent, back } = await talkWebSocketH2(world.lab.phone, WS_H2.host, WS_H2.port, text);
    expect(back).toEqual(sent);
    const mine = (one: Alert): boolean => one.evidence?.path === '$.device.ws_h2';
    const alerts = await world.lab.until('leak in a message', (all) => all.some(mine));
    expect(alerts.find(mine)).toMatchObject({
      identifier: { kind: 'imei', known: true },
      evidence: { direction: 'request', where: 'message' },
      flow: { protocol: 'websocket', url: `https://${WS_H2.host}:443/live` },
    });
  });
});

describe.each([
  { tls: false, server: GRPC },
  { tls: true, server: GRPC_TLS },
])('grpc-js, TLS $tls', ({ tls, server }) => {
  it('calls a method: the message comes back unchanged, and the IMEI in it is found', async () => {
    // Field 1 a long text, field 3 a message with the IMEI in its field 1 (length-delimited: protobuf wire type 2).
    const text = 'a text as long as the beginning of a message that is looked at to tell what it is';
    const message = Buffer.concat([
      Buffer.from([0x0a, text.length]),
      Buffer.from(text),
      Buffer.from([0x1a, IMEI.length + 2, 0x0a, IMEI.length]),
      Buffer.from(IMEI),
    ]);
    const answer = await callGrpc(world.lab.phone, `${server.host}:${server.port}`, message, { tls });
    expect(answer).toMatchObject({ ok: true, body: message });
    const mine = (one: Alert): boolean =>
      one.destination?.port === server.port && one.destination.host === server.host && one.type === 'leak';
    const alerts = await world.lab.until('leak over gRPC', (all) => all.some(mine));
    expect(alerts.find(mine)).toMatchObject({
      identifier: { kind: 'imei', known: true },
      evidence: { where: 'message', path: 'field 3.1', decoding: ['protobuf'] },
      flow: { protocol: 'grpc', method: 'POST', encrypted: tls },
    });
  });
});

describe.each([
  { tls: false, server: MQTT, version: 'mqttv311' },
  { tls: true, server: MQTT_TLS, version: 'mqttv5' },
] as const)('mosquitto $version through SOCKS5, TLS $tls', ({ tls, server, version }) => {
  it('publishes: the subscriber gets the bytes, and the IMEI is found', async (context) => {
    requireTool(context, ...MOSQUITTO);
    const at = { ...server, topic: `lab/${version}`, tls };
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
    const mine = (one: Alert): boolean =>
      one.destination?.port === server.port && one.destination.host === server.host && one.type === 'leak';
    const alerts = await world.lab.until('leak over MQTT', (all) => all.some(mine));
    expect(alerts.find(mine)).toMatchObject({
      identifier: { kind: 'imei', known: true },
      evidence: { where: 'message', path: '$.imei' },
      flow: { protocol: 'mqtt', encrypted: tls },
    });
  });
});

describe(`the lab on ${ENGINE}`, () => {
  const flows = async (): Promise<FlowRecord[]> =>
    ((await world.lab.api('/api/flows?limit=500')) as { flows: FlowRecord[] }).flows;
  const enginesTo = async ({ host, port }: { host: string; port: number }): Promise<string[]> => [
    ...new Set(
      (await flows())
        .filter((one) => one.destination.host === host && one.destination.port === port)
        .map(({ engine }) => engine),
    ),
  ];

  it('says at start what its engine cannot do', async () => {
    const said = () => world.lab.stderr().match(/^! http-mitm-proxy .*$/gm) ?? [];
    await eventually(
      'every limit is said',
      () => String(said().length) === KNOWN['product: limits said at start'][ENGINE],
    );
  });

  it('publishes over MQTT on the port of HTTPS where its engine takes that for MQTT', async (context) => {
    requireTool(context, ...MOSQUITTO);
    const answer = await publish(world.lab.phone, { ...MQTT_443, topic: 'lab/443', tls: true }, Buffer.from('x'));
    expect(answer.ok ? 'published' : 'refused').toBe(KNOWN['product: MQTT over TLS on port 443'][ENGINE]);
  });

  it.for([
    { what: 'gRPC', tools: [], servers: [GRPC, GRPC_TLS] },
    { what: 'MQTT on its own ports', tools: MOSQUITTO, servers: [MQTT, MQTT_TLS] },
  ])('leaves $what to the relay', async ({ tools, servers }, context) => {
    requireTool(context, ...tools);
    for (const server of servers) {
      await eventually('a flow is filed', async () => (await enginesTo(server)).length > 0);
      expect(await enginesTo(server)).toEqual(['wire']);
    }
  });

  it('files every flow with the engine that carried it, closed, its bytes counted', async () => {
    await eventually('every flow is closed', async () => (await flows()).every((flow) => flow.closedAt !== null));
    const engines = [...new Set((await flows()).map((flow) => flow.engine))].sort();
    expect(engines.join(', ')).toBe(KNOWN['product: flows are filed as carried by'][ENGINE]);
    for (const flow of await flows()) {
      if (flow.requests > 0) expect(Math.min(flow.bytesUp, flow.bytesDown), flow.id).toBeGreaterThan(20);
    }
  });
});
