/**
 * The product itself on either engine, with the clients phones really use: the same bytes reach the server, the same
 * leak is found in the same place. What http-mitm-proxy cannot carry goes through the wire and is found all the same.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MITM_LIMITS } from '../../src/mitm/limits.ts';
import type { Alert } from '../../src/model/alert.ts';
import { ENGINES } from '../../src/model/lab.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { browse } from '../clients/chromium.ts';
import type { Answer, Lab } from '../clients/client.ts';
import { askCurl } from '../clients/curl.ts';
import { callGrpc, type GrpcServer, startGrpc } from '../clients/grpc.ts';
import { askNodeFetch } from '../clients/node-fetch.ts';
import { askNodeHttp2 } from '../clients/node-http2.ts';
import { compileOkHttp, type OkHttp } from '../clients/okhttp.ts';
import { askPython } from '../clients/python.ts';
import { findTool, requireTool, type Tool } from '../clients/tools.ts';
import { talkWebSocket } from '../clients/websocket.ts';
import { eventually } from '../e2e/eventually.ts';
import { HOST, startWorld, type World } from '../e2e/world.ts';

const IMEI = '490154203237518';
const JAVA: Tool[] = ['java', 'javac', 'okhttp'];
const JSON_TYPE: [string, string][] = [['Content-Type', 'application/json']];
let okhttp: OkHttp | null = null;

interface Post {
  client: string;
  tools: Tool[];
  schemes: ('http' | 'https')[];
  /** What http-mitm-proxy carries it as; null: the wire does. */
  carried: 'http/1.1' | null;
  protocol: 'http/1.1' | 'h2';
  post(lab: Lab, url: string, body: Buffer): Promise<Answer | undefined>;
}

const POSTS: Post[] = [
  {
    client: 'curl HTTP/1.1',
    tools: ['curl'],
    schemes: ['http', 'https'],
    carried: 'http/1.1',
    protocol: 'http/1.1',
    post: (lab, url, body) => askCurl(lab, { url, body, headers: JSON_TYPE }),
  },
  {
    client: 'curl HTTP/2',
    tools: ['curl'],
    schemes: ['https'],
    carried: 'http/1.1',
    protocol: 'h2',
    post: (lab, url, body) => askCurl(lab, { url, body, headers: JSON_TYPE }, '2'),
  },
  {
    client: 'Python requests',
    tools: ['python'],
    schemes: ['http', 'https'],
    carried: 'http/1.1',
    protocol: 'http/1.1',
    post: (lab, url, body) => askPython(lab, { url, body, headers: JSON_TYPE }),
  },
  {
    client: 'Node fetch',
    tools: [],
    schemes: ['http', 'https'],
    carried: 'http/1.1',
    protocol: 'h2',
    post: (lab, url, body) => askNodeFetch(lab, { url, body, headers: JSON_TYPE }),
  },
  {
    client: 'Node HTTP/2',
    tools: [],
    schemes: ['https'],
    carried: null,
    protocol: 'h2',
    post: (lab, url, body) => askNodeHttp2(lab, { url, body, headers: [['content-type', 'application/json']] }),
  },
  {
    client: 'OkHttp',
    tools: JAVA,
    schemes: ['http', 'https'],
    carried: 'http/1.1',
    protocol: 'h2',
    post: async (lab, url, body) => okhttp?.ask(lab, { url, body, headers: JSON_TYPE }, { http: 'h2' }),
  },
];

beforeAll(async () => {
  if (findTool('javac') && findTool('okhttp')) okhttp = await compileOkHttp();
});
afterAll(() => okhttp?.remove());

describe.each(ENGINES)('the lab on %s', (engine) => {
  let world: World;
  let grpc: GrpcServer;
  beforeAll(async () => {
    world = await startWorld({
      args: ['--engine', engine],
      async more() {
        grpc = await startGrpc(null);
        return [{ host: HOST, port: 50051, listensOn: grpc.port }];
      },
    });
  });
  afterAll(async () => {
    grpc?.stop();
    await world?.end();
  });
  const leakAt = async (path: string, where: string): Promise<Alert> => {
    const mine = (one: Alert) => one.evidence?.path === path && one.evidence.where === where;
    const alerts = await world.lab.until(`leak at ${path}`, (all) => all.some(mine));
    return alerts.find(mine)!;
  };

  it('says what it cannot do, and only then', async () => {
    const said = () => world.lab.stderr().match(/^! http-mitm-proxy .*$/gm) ?? [];
    if (engine === 'wire') expect(said()).toEqual([]);
    else await eventually('every limit is said', async () => said().length === MITM_LIMITS.length);
  });

  it.each(POSTS.flatMap((each) => each.schemes.map((scheme) => ({ ...each, scheme }))))(
    '$client over $scheme: the same bytes arrive, and the IMEI is found by its path',
    async ({ client, scheme, tools, carried, protocol, post }, context) => {
      requireTool(context as never, ...tools);
      const slug = `${client} ${scheme}`.replaceAll(/\W+/g, '_').toLowerCase();
      const body = Buffer.from(JSON.stringify({ device: { [slug]: ['x', IMEI] } }));
      const answer = await post(world.lab.phone, `${world[scheme]}/echo/${slug}`, body);
      expect(answer?.stderr).toBe(answer?.ok ? answer.stderr : '');
      expect(answer).toMatchObject({ status: 200, body });
      expect(world.origin.received.find((one) => one.path === `/echo/${slug}`)).toMatchObject({ body });
      const wired = engine === 'wire' || carried === null;
      expect(await leakAt(`$.device.${slug}[1]`, 'body')).toMatchObject({
        type: 'leak',
        identifier: { kind: 'imei', known: true, confidence: 'certain' },
        flow: { protocol: scheme === 'https' && wired ? protocol : 'http/1.1', encrypted: scheme === 'https' },
        destination: { location: { country: 'CN' } },
      });
    },
  );

  it('Chromium loads a page, and the IMEI in its query is found', async (context) => {
    requireTool(context, 'chromium', 'certutil');
    const answer = await browse(world.lab.phone, `${world.https}/page?chromium=${IMEI}`);
    expect(answer.body.toString()).toContain('the page of the lab');
    expect(await leakAt('chromium', 'query')).toMatchObject({ identifier: { kind: 'imei', known: true } });
  });

  it.each(['ws', 'wss'])('messages over %s come back unchanged, and the IMEI in one is found', async (scheme) => {
    const messages = ['hello', JSON.stringify({ device: { [scheme]: IMEI } }), Buffer.from([1, 2, 3])];
    const echoed = await talkWebSocket(world.lab.phone, `${scheme}://${HOST}/ws`, messages, { deflate: true });
    expect(echoed.messages).toEqual(messages);
    expect(await leakAt(`$.device.${scheme}`, 'message')).toMatchObject({ identifier: { kind: 'imei' } });
  });

  it('gRPC in clear comes back unchanged, and the IMEI in it is found', async () => {
    const message = Buffer.concat([Buffer.from([0x08, 0x01, 0x12, IMEI.length]), Buffer.from(IMEI)]);
    const answer = await callGrpc(world.lab.phone, `${HOST}:50051`, message, { tls: false });
    expect(answer).toMatchObject({ ok: true, body: message });
    const mine = (one: Alert) => one.destination?.port === 50051 && one.type === 'leak';
    await world.lab.until('leak over gRPC', (all) => all.some(mine));
  });

  it('files every flow with the engine that carried it, closed, its bytes counted', async () => {
    const flows = async () => ((await world.lab.api('/api/flows?limit=500')) as { flows: FlowRecord[] }).flows;
    await eventually('every flow is closed', async () => (await flows()).every((flow) => flow.closedAt !== null));
    const engines = new Set((await flows()).map((flow) => flow.engine));
    expect([...engines].sort()).toEqual(engine === 'wire' ? ['wire'] : ['http-mitm-proxy', 'wire']);
    for (const flow of await flows()) {
      if (flow.requests > 0) expect(Math.min(flow.bytesUp, flow.bytesDown), flow.id).toBeGreaterThan(20);
    }
  });
});
