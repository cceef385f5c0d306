/**
 * Apps that pin, that have a root or a certificate of their own, or that speak a narrow TLS, against a lab as a user
 * starts it: they work as without it, what passes unread is told with its reason, and nothing passes that need not.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { FlowRecord } from '../../src/model/flow.ts';
import { type Ran, run } from '../clients/process.ts';
import { requireTool, toolPath } from '../clients/tools.ts';
import { eventually } from './eventually.ts';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const PROBED = 'probed.example.com';
const PINNED = 'pinned.example.com';
const STRANGE = 'strange.example.com';
const NARROW = 'narrow.example.com';
let world: World;
let trustsBoth: string;
beforeAll(async () => {
  world = await startWorld({ otherHosts: [PROBED, PINNED, STRANGE, NARROW] });
  trustsBoth = path.join(world.lab.dataDir, 'both.pem');
  await writeFile(trustsBoth, (await readFile(world.lab.ready.ca.pem, 'utf8')) + world.origin.caPem);
});
afterAll(() => world.end());

const proxy = () => `127.0.0.1:${world.lab.phone.proxy.port}`;
const curl = (...args: string[]): Promise<Ran> =>
  run(toolPath('curl'), ['-sS', '--max-time', '60', '--noproxy', '', '-x', `http://${proxy()}`, ...args]);
const sClient = (host: string, args: string[], said = ''): Promise<Ran> => {
  const asked = ['s_client', '-proxy', proxy(), '-connect', `${host}:443`, '-CAfile', trustsBoth];
  const named = args.includes('-noservername') || args.includes('-servername') ? [] : ['-servername', host];
  return run(toolPath('openssl'), [...asked, '-verify_return_error', ...named, ...args], { input: Buffer.from(said) });
};
const flowsTo = async (host: string): Promise<FlowRecord[]> =>
  ((await world.lab.api(`/api/flows?host=${host}`)) as { flows: FlowRecord[] }).flows.toSorted(
    (a, b) => a.openedAt - b.openedAt,
  );
const alertsOf = (type: Alert['type'], host: string) => (all: Alert[]) =>
  all.filter((one) => one.type === type && one.destination?.host === host);

describe('pass-through by proof', () => {
  it('thirty bare handshakes that verify, then a POST with the IMEI: alerted at the first or second', async (context) => {
    requireTool(context, 'curl', 'openssl');
    for (let n = 0; n < 30; n++) expect((await sClient(PROBED, [])).code).toBe(0);
    const post = () => curl('--cacert', trustsBoth, '-d', `imei=${IMEI}`, `https://${PROBED}/page`);
    for (let n = 0; n < 2; n++) expect((await post()).code).toBe(0);
    const leaks = (all: Alert[]) => alertsOf('leak', PROBED)(all).filter((one) => one.identifier?.kind === 'imei');
    await world.lab.until('an alert of the IMEI', (all) => leaks(all).length > 0);
    expect(alertsOf('pinned', PROBED)(world.lab.alerts())).toEqual([]);
  });

  it('an app that checks a pin after a whole handshake works at the second try, and is told as pinned with the proof', async (context) => {
    requireTool(context, 'curl');
    const spki = new X509Certificate(world.origin.certPem).publicKey.export({ type: 'spki', format: 'der' });
    const pin = `sha256//${createHash('sha256').update(spki).digest('base64')}`;
    const ask = () => curl('--cacert', trustsBoth, '--pinnedpubkey', pin, `https://${PINNED}/page`);
    const codes: (number | null)[] = [];
    for (let n = 0; n < 10; n++) codes.push((await ask()).code);
    // 90: the pin did not match. Silence, data, silence, data: proof. Passed twice, tried again, passed four times.
    expect(codes).toEqual([90, 0, 90, 0, 0, 0, 90, 0, 0, 0]);
    const [alert, ...more] = alertsOf(
      'pinned',
      PINNED,
    )(await world.lab.until('pinned', (all) => alertsOf('pinned', PINNED)(all).length > 0));
    expect(more).toEqual([]);
    expect(alert?.message).toContain('silent when intercepted, with data when passed through, 2 times running');
    // Another app of the phone that takes the lab's certificate ends it.
    const other = () => curl('--cacert', trustsBoth, `https://${PINNED}/page`);
    for (let n = 0; n < 6; n++) await other();
    await eventually('the last one is read again', async () => (await flowsTo(PINNED)).at(-1)?.requests === 1);
  });

  it('a phone without the certificate lacks it: it works after three tries, and no app is called pinned', async (context) => {
    requireTool(context, 'curl');
    const worldOnly = ['--cacert', world.originCaFile, `https://${STRANGE}/page`, '-U', 'stranger:'];
    const codes: (number | null)[] = [];
    for (let n = 0; n < 4; n++) codes.push((await curl(...worldOnly)).code);
    expect(codes).toEqual([60, 60, 60, 0]);
    await eventually('the last flow is filed', async () =>
      (await flowsTo(STRANGE)).some((flow) => flow.treatment === 'passthrough'),
    );
    const last = (await flowsTo(STRANGE)).at(-1);
    expect(last?.treatmentReason).toContain('alert unknown_ca 3 times');
  });
});

describe('a leaf that this client can verify', () => {
  const kinds: [string, string[]][] = [
    ['RSA-only suites of TLS 1.2', ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256']],
    ['RSA key exchange', ['-tls1_2', '-cipher', 'AES128-GCM-SHA256']],
    ['X25519 only on TLS 1.2', ['-tls1_2', '-groups', 'X25519']],
    ['P-384 only on TLS 1.2', ['-tls1_2', '-groups', 'P-384']],
    ['RSA-only signatures on TLS 1.3', ['-tls1_3', '-sigalgs', 'RSA-PSS+SHA256:RSA-PSS+SHA384']],
    ['RSA-only signatures on TLS 1.2', ['-tls1_2', '-sigalgs', 'RSA+SHA256:RSA-PSS+SHA256']],
    ['P-384 only on TLS 1.3', ['-tls1_3', '-groups', 'P-384']],
  ];
  it.each(kinds)('%s: read at the first try', async (kind, args) => {
    const request = `GET /page?${encodeURIComponent(kind)} HTTP/1.1\r\nHost: ${NARROW}\r\nConnection: close\r\n\r\n`;
    const { stdout, stderr } = await sClient(NARROW, [...args, '-ign_eof', '-quiet'], request);
    expect(stdout.toString(), stderr).toContain('the page of the lab');
    await eventually('it is filed as read', async () => (await flowsTo(NARROW)).at(-1)?.requests === 1);
    expect((await flowsTo(NARROW)).filter((flow) => flow.treatment !== 'intercept')).toEqual([]);
  });

  it('what no certificate of the lab fits is passed through at once, and told', async (context) => {
    requireTool(context, 'openssl');
    const only = ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256', '-groups', 'X25519'];
    await sClient(PINNED, only);
    await eventually('it is filed', async () => (await flowsTo(PINNED)).at(-1)?.passCause === 'phone-tls');
    const told = alertsOf('coverage', PINNED);
    const alerts = told(await world.lab.until('it is told', (all) => told(all).length > 0));
    expect(alerts[0]?.message).toContain('cannot agree on TLS');
  });
});
