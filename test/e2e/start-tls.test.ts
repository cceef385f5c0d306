/**
 * Mail and chat begin in clear and go on under TLS (STARTTLS). With the lab's CA on the phone the lab reads on; every byte
 * of both parts arrives as sent. An app that refuses the lab's certificate is counted and passed through like any other.
 */
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { sendMail } from '../clients/mail.ts';
import { type Dialect, type StartTlsServer, startStartTlsServer } from '../clients/start-tls-server.ts';
import { requireTool, type Tool } from '../clients/tools.ts';
import { openTunnel } from '../clients/tunnel.ts';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const REFUSED = 'mail-of-a-stranger.example.com';
const CLEAR = 'no-tls.example.com';
const EAGER = 'eager.example.com';
const talks: { dialect: Dialect; host: string; port: number; tools: Tool[]; text: string }[] = [
  {
    dialect: 'smtp',
    host: 'smtp.example.com',
    port: 587,
    tools: ['python'],
    text: `Subject: status\r\n\r\nimei=${IMEI}\r\n`,
  },
  {
    dialect: 'imap',
    host: 'imap.example.com',
    port: 143,
    tools: ['python'],
    text: `Subject: status\r\nX-Device: ${IMEI}\r\n`,
  },
  { dialect: 'pop3', host: 'pop3.example.com', port: 110, tools: ['python'], text: IMEI },
  {
    dialect: 'xmpp',
    host: 'xmpp.example.com',
    port: 5222,
    tools: ['openssl'],
    text: `<message to='b@a'><body>${IMEI}</body></message>`,
  },
];

let world: World;
const servers = new Map<Dialect | 'clear', StartTlsServer>();
beforeAll(async () => {
  world = await startWorld({
    certified: [...talks.map(({ host }) => host), REFUSED, EAGER],
    async more(origin) {
      for (const { dialect } of talks) servers.set(dialect, await startStartTlsServer(dialect, origin));
      servers.set('clear', await startStartTlsServer('smtp', origin, { refuses: true }));
      const at = (dialect: Dialect | 'clear') => servers.get(dialect)?.port ?? 1;
      return [
        ...talks.map(({ dialect, host, port }) => ({ host, port, listensOn: at(dialect) })),
        { host: REFUSED, port: 587, listensOn: at('smtp') },
        { host: EAGER, port: 587, listensOn: at('smtp') },
        { host: CLEAR, port: 587, listensOn: at('clear') },
      ];
    },
  });
});
afterAll(async () => {
  await world.end();
  await Promise.all([...servers.values()].map((server) => server.stop()));
});

const flowsTo = async (host: string): Promise<FlowRecord[]> =>
  ((await world.lab.api(`/api/flows?host=${host}`)) as { flows: FlowRecord[] }).flows.toSorted((a, b) =>
    a.id < b.id ? -1 : 1,
  );

describe.each(talks)('$dialect', ({ dialect, host, port, tools, text }) => {
  it('reads on under TLS: one IMEI found, the bytes of both parts as sent without the lab', async (context) => {
    requireTool(context, ...tools);
    const { heard } = servers.get(dialect)!;
    const own = { ...world.lab.phone, caFile: world.originCaFile };
    const direct = await sendMail(own, { dialect, host, port, text, direct: servers.get(dialect)!.port });
    expect(direct).toMatchObject({ ok: true });
    const answer = await sendMail(world.lab.phone, { dialect, host, port, text });
    expect(answer.stderr).toBe(answer.ok ? answer.stderr : '');
    const [without, through] = heard.slice(-2);
    expect(through?.secured.toString()).toContain(IMEI);
    expect(through).toEqual(without);

    // The sender's and the receiver's address in the envelope are findings of their own.
    const mine = (one: Alert) => one.identifier?.kind === 'imei' && one.destination?.host === host;
    const alerts = await world.lab.until('leak', (all) => all.some(mine));
    expect(alerts.filter(mine)).toHaveLength(1);
    expect(alerts.find(mine)).toMatchObject({
      count: 1,
      identifier: { kind: 'imei', known: true, confidence: 'certain' },
      evidence: { direction: 'request', where: 'raw' },
      flow: { encrypted: true, intercepted: true },
      destination: { port, location: { country: 'CN' } },
    });
    const flows = await eventually('both parts are filed', async () => {
      const all = await flowsTo(host);
      return all.length === 2 && all.every((flow) => flow.closedAt !== null) && all;
    });
    expect(flows.map(({ encrypted, reason, treatment }) => ({ encrypted, reason, treatment }))).toEqual([
      { encrypted: false, reason: 'ended', treatment: 'intercept' },
      { encrypted: true, reason: 'ended', treatment: 'intercept' },
    ]);
  });
});

describe('an app without the CA', () => {
  it('is counted when it refuses, and passed through after the third time', async (context) => {
    requireTool(context, 'python');
    const ask = async (caFile: string) =>
      sendMail({ ...world.lab.phone, caFile }, { dialect: 'smtp', host: REFUSED, port: 587, text: 'hello\r\n' });
    const caFile = world.originCaFile;
    for (let time = 0; time < 3; time++) {
      const answer = await ask(caFile);
      expect(answer.ok).toBe(false);
      expect(answer.stderr).toContain('CERTIFICATE_VERIFY_FAILED');
    }
    expect(await ask(caFile)).toMatchObject({ ok: true });
    expect(servers.get('smtp')?.heard.at(-1)?.secured.toString()).toContain('hello');
    const flows = await eventually('the last one is filed', async () => {
      const all = await flowsTo(REFUSED);
      return all.length === 8 && all.every((flow) => flow.closedAt !== null) && all;
    });
    const secured = flows.filter((flow) => flow.encrypted);
    expect(secured.map(({ reason, treatment }) => `${treatment} ${reason}`)).toEqual([
      ...Array.from({ length: 3 }, () => 'intercept client-rejected-certificate'),
      'passthrough ended',
    ]);
    const pinned = (one: Alert) => one.type === 'pinned' && one.destination?.host === REFUSED;
    expect((await world.lab.until('pinned', (all) => all.some(pinned))).filter(pinned)).toHaveLength(1);
  });
});

describe('what is no clean start of TLS is relayed as it is', () => {
  it('a server that refuses: the phone goes on in clear, and is read', async () => {
    const socket = await openTunnel(world.lab.phone, CLEAR, 587);
    let got = '';
    socket.on('data', (chunk: Buffer) => {
      got += chunk;
    });
    const turns: [string, string][] = [
      ['', '220 mail'],
      ['EHLO phone\r\n', '250 STARTTLS'],
      ['STARTTLS\r\n', '454 not now'],
      [`MAIL FROM:<${IMEI}@example.com>\r\n`, '250 ok'],
      ['QUIT\r\n', '221 bye'],
    ];
    for (const [say, hear] of turns) {
      if (say) socket.write(say);
      await eventually(hear, () => got.includes(hear));
    }
    socket.end();
    expect(servers.get('clear')?.heard.at(-1)).toEqual({
      clear: Buffer.from(turns.map(([say]) => say).join('')),
      secured: Buffer.alloc(0),
    });
    const mine = (one: Alert) => one.type === 'leak' && one.destination?.host === CLEAR;
    expect((await world.lab.until('leak', (all) => all.some(mine))).find(mine)).toMatchObject({
      flow: { encrypted: false },
      evidence: { where: 'raw' },
    });
  });

  it('a phone that says more before it is answered: its TLS is with the server itself', async () => {
    const socket = await openTunnel(world.lab.phone, EAGER, 587);
    let got = '';
    const listen = (chunk: Buffer) => {
      got += chunk;
    };
    socket.on('data', listen);
    await eventually('greeted', () => got.includes('220 mail'));
    socket.write('STARTTLS\r\nRSET\r\n');
    await eventually('go-ahead', () => got.includes('220 go'));
    socket.off('data', listen);
    const secured = await new Promise<TLSSocket>((resolve, reject) => {
      const tls = connectTls({ socket, servername: EAGER, ca: [world.origin.caPem] }, () => resolve(tls));
      tls.once('error', reject);
    });
    secured.write('EHLO again\r\n');
    secured.end();
    await eventually(
      'the server heard it',
      () => servers.get('smtp')?.heard.at(-1)?.secured.toString() === 'EHLO again\r\n',
    );
    expect(servers.get('smtp')?.heard.at(-1)?.clear.toString()).toBe('STARTTLS\r\nRSET\r\n');
    secured.destroy();
    const [flow] = await eventually('the flow is filed', async () => {
      const all = await flowsTo(EAGER);
      return all.length > 0 && all.every((one) => one.closedAt !== null) && all;
    });
    expect(flow).toMatchObject({ encrypted: false, treatment: 'intercept' });
    expect(await flowsTo(EAGER)).toHaveLength(1);
  });
});
