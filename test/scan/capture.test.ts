import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClientHello } from '../../src/formats/client-hello.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import { phonehome } from '../cli/phonehome.ts';
import { describeWith, requireTool } from '../clients/tools.ts';
import { selfSigned } from '../wire/certificates.ts';
import { type Conversation, pcapng, recordTls } from './capture-file.ts';
import { type Read, readAll } from './recording.ts';

const IMEI = '490154203237518';
const VENDOR = { ip: '42.62.48.10', port: 443 };
const post = (host: string, body: string) =>
  Buffer.from(`POST /report HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
const OK = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');

let dir = '';
let tls: { conversation: Conversation; secrets: string };
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'phonehome-capture-'));
  tls = await recordTls({
    ...selfSigned(['api.account.xiaomi.com']),
    servername: 'api.account.xiaomi.com',
    request: post('api.account.xiaomi.com', `imei=${IMEI}`),
    answer: OK,
    place: VENDOR,
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const write = (name: string, bytes: Buffer) => {
  const file = join(dir, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
};
/** All events of each entry, its parts included. */
function entries(all: Read[]): { entry: number; events: FlowEvent[]; missing: string[] }[] {
  const out: ReturnType<typeof entries> = [];
  let events: FlowEvent[] = [];
  for (const each of all) {
    if (each.type !== 'part' && each.type !== 'entry') continue;
    events.push(...each.events);
    if (each.type === 'entry') out.push({ entry: each.entry, events: events.splice(0), missing: each.missing });
    events = [...events];
  }
  return out;
}
const bodyOf = (events: FlowEvent[], direction: string) =>
  Buffer.concat(
    events.flatMap((event) => (event.type === 'body-chunk' && event.direction === direction ? [event.bytes] : [])),
  ).toString();

describeWith(['tshark'], 'a capture', () => {
  const plain: Conversation = {
    server: { ip: '42.62.48.11', port: 80 },
    parts: [
      { up: true, bytes: post('zzhc.vnet.cn', `{"IMEI1":"${IMEI}"}`) },
      { up: false, bytes: OK },
    ],
  };

  it('gives each connection as a flow with client, server, name, request and answer', async () => {
    const [flow] = entries(await readAll(write('plain.pcapng', pcapng([plain]))));
    const [opened] = flow?.events ?? [];
    expect(opened).toMatchObject({
      type: 'flow-opened',
      flow: {
        client: { ip: '10.77.0.2', port: 40_000 },
        destination: { host: 'zzhc.vnet.cn', ip: '42.62.48.11', port: 80 },
        encrypted: false,
      },
    });
    expect(flow?.events.find((event) => event.type === 'request-head')).toMatchObject({
      method: 'POST',
      target: '/report',
      authority: 'zzhc.vnet.cn',
    });
    expect([bodyOf(flow?.events ?? [], 'request'), bodyOf(flow?.events ?? [], 'response')]).toEqual([
      `{"IMEI1":"${IMEI}"}`,
      'ok',
    ]);
    expect(flow?.events.at(-1)).toMatchObject({
      type: 'flow-closed',
      bytesUp: plain.parts[0]?.bytes.length,
      bytesDown: OK.length,
    });
  });

  it('opens TLS with the secrets embedded in it', async () => {
    const [flow] = entries(await readAll(write('embedded.pcapng', pcapng([tls.conversation], tls.secrets))));
    expect(flow?.missing).toEqual([]);
    expect(flow?.events[0]).toMatchObject({
      flow: {
        encrypted: true,
        intercepted: true,
        destination: { host: 'api.account.xiaomi.com', ip: '42.62.48.10' },
        hello: { sni: 'api.account.xiaomi.com' },
      },
    });
    expect(bodyOf(flow?.events ?? [], 'request')).toBe(`imei=${IMEI}`);
  });

  it('opens TLS with a key log that lies beside it', async () => {
    const file = write('beside.pcapng', pcapng([tls.conversation]));
    write('beside.pcapng.keys', Buffer.from(tls.secrets));
    const [flow] = entries(await readAll(file));
    expect(bodyOf(flow?.events ?? [], 'request')).toBe(`imei=${IMEI}`);
  });

  it('gives the fingerprint of what the phone offered, with keys and without, and inside of a tunnel', async () => {
    const [{ bytes: first } = { bytes: Buffer.alloc(0) }] = tls.conversation.parts;
    const hello = readClientHello(first);
    const ja4 = hello.state === 'hello' ? hello.facts.ja4 : 'unread';
    expect(ja4).toMatch(/^t13d\d{4}00_[0-9a-f]{12}_[0-9a-f]{12}$/);
    const inTunnel: Conversation = {
      server: { ip: '10.0.0.1', port: 8080 },
      parts: [
        { up: true, bytes: Buffer.from('CONNECT api.account.xiaomi.com:443 HTTP/1.1\r\n\r\n') },
        { up: false, bytes: Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n') },
        ...tls.conversation.parts,
      ],
    };
    const helloIn = async (name: string, bytes: Buffer): Promise<unknown[]> =>
      entries(await readAll(write(name, bytes)))
        .flatMap(({ events }) => events)
        .flatMap((event) => (event.type === 'flow-opened' ? [event.flow.hello?.ja4 ?? null] : []));
    expect(await helloIn('fingerprint/opened.pcapng', pcapng([tls.conversation], tls.secrets))).toEqual([ja4]);
    expect(await helloIn('fingerprint/closed.pcapng', pcapng([tls.conversation]))).toEqual([ja4]);
    // The tunnel itself is no TLS.
    expect(await helloIn('fingerprint/tunnel.pcapng', pcapng([inTunnel], tls.secrets))).toEqual([null, ja4]);
  });

  it('says of TLS without keys that nobody looked into it, and still by which name it went', async () => {
    const [flow] = entries(await readAll(write('closed/phone.pcapng', pcapng([tls.conversation]))));
    expect(flow?.missing).toEqual([
      'TLS without its keys: not looked into (keys are read from a file beside the capture, e.g. phone.keys)',
    ]);
    expect(flow?.events).toMatchObject([
      { type: 'flow-opened', flow: { intercepted: false, destination: { host: 'api.account.xiaomi.com' } } },
      { type: 'flow-closed', bytesUp: expect.any(Number) },
    ]);
  });

  it('keeps hundreds of connections apart, in their own order', async () => {
    const many = Array.from(
      { length: 250 },
      (_, index): Conversation => ({
        server: { ip: '42.62.48.11', port: 80 },
        parts: [
          { up: true, bytes: post(`h${index}.example`, `n=${index}`) },
          { up: false, bytes: OK },
        ],
      }),
    );
    const flows = entries(await readAll(write('many.pcapng', pcapng(many))));
    expect(flows.map(({ entry, events }) => [entry, bodyOf(events, 'request')])).toEqual(
      many.map((_, index) => [index, `n=${index}`]),
    );
  });

  it('hands a large upload on in parts', async () => {
    const body = 'x'.repeat(1_000_000);
    const all = await readAll(
      write('large.pcapng', pcapng([{ ...plain, parts: [{ up: true, bytes: post('zzhc.vnet.cn', body) }] }])),
    );
    expect(all.filter((each) => each.type === 'part').length).toBeGreaterThan(5);
    expect(bodyOf(entries(all)[0]?.events ?? [], 'request')).toBe(body);
  });

  it.each([
    ['ends in the middle of a packet', (whole: Buffer) => whole.subarray(0, -30), /^the capture ends in the middle/],
    [
      'has a damaged end',
      (whole: Buffer) => Buffer.concat([whole, Buffer.alloc(64)]),
      /^the capture is damaged \([^\n]+\)/,
    ],
  ])('that %s gives what is whole, and says so', async (_how, damage, reason) => {
    const all = await readAll(write('damaged.pcapng', damage(pcapng([plain]))));
    expect(bodyOf(entries(all)[0]?.events ?? [], 'request')).toBe(`{"IMEI1":"${IMEI}"}`);
    expect(all.at(-1)).toMatchObject({ type: 'skipped', entry: null, reason: expect.stringMatching(reason) });
  });
});

describe('scan of a capture', () => {
  it('finds what went out under TLS, with the stream as entry', async (context) => {
    requireTool(context, 'tshark');
    const file = write('scan.pcapng', pcapng([tls.conversation], tls.secrets));
    const { code, stdout } = await phonehome(['scan', file, '--json']);
    const [finding, summary] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(finding).toMatchObject({
      type: 'finding',
      entry: 0,
      identifier: { kind: 'imei' },
      evidence: { where: 'body' },
      flow: { encrypted: true },
      destination: { host: 'api.account.xiaomi.com', owner: { name: 'Xiaomi' } },
    });
    expect(summary).toMatchObject({ type: 'summary', entries: 1, findings: 1 });
    expect(code).toBe(0);
  });

  it('without tshark says what to install', async () => {
    const file = write('no-tshark.pcapng', pcapng([tls.conversation]));
    const { code, stderr } = await phonehome(['scan', file], { env: { PATH: '/nowhere' } });
    expect(stderr).toContain(
      'phonehome: nothing could be read: captures are read through tshark, which is not installed: apt install tshark\n',
    );
    expect(code).toBe(1);
  });
});
