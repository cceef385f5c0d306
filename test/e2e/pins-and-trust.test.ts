/**
 * Pinned and careless apps from end to end: what the operator is told, what the operator may decide, and that the lab
 * remembers it.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { DeviceCoverage } from '../../src/model/coverage.ts';
import type { TrustTestState } from '../../src/model/trust-test.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { askCurl } from '../clients/curl.ts';
import { compileOkHttp } from '../clients/okhttp.ts';
import { run } from '../clients/process.ts';
import { requireTool, toolPath } from '../clients/tools.ts';
import { eventually } from './eventually.ts';
import { phonehome, startLab } from './lab-process.ts';
import { startWorld, type World } from './world.ts';

/** A name whose owner is in the table, filed under an address in China. */
const PINNED = 'app.chat.xiaomi.net';
const RULED = 'ruled.example.com';
const CARELESS = 'careless.example.com';
let world: World;
beforeAll(async () => {
  world = await startWorld({ otherHosts: [PINNED, RULED, CARELESS] });
});
afterAll(() => world.end());

const cli = (...args: string[]) => phonehome([...args, '--data', world.lab.dataDir]);
const flowsTo = async (host: string): Promise<FlowRecord[]> =>
  ((await world.lab.api(`/api/flows?host=${host}`)) as { flows: FlowRecord[] }).flows;
const lastTreatment = async (host: string, flows: number): Promise<string | undefined> => {
  await eventually(`${flows} flows to ${host} are filed`, async () => (await flowsTo(host)).length === flows);
  return (await flowsTo(host)).toSorted((a, b) => a.openedAt - b.openedAt).at(-1)?.treatment;
};

describe('an app with a certificate pin', () => {
  it('is told once, with country and owner; its bytes stand in the coverage with a sentence', async (context) => {
    requireTool(context, 'java', 'javac', 'okhttp');
    const okhttp = await compileOkHttp();
    const both = path.join(world.lab.dataDir, 'both.pem');
    await writeFile(both, (await readFile(world.lab.ready.ca.pem, 'utf8')) + world.origin.caPem);
    const spki = new X509Certificate(world.origin.certPem).publicKey.export({ type: 'spki', format: 'der' });
    const pin = `${PINNED}=sha256/${createHash('sha256').update(spki).digest('base64')}`;
    const phone = { ...world.lab.phone, caFile: both };
    const ask = () => okhttp.ask(phone, { url: `https://${PINNED}/page` }, { pin, times: 3 });
    // Each start of the app is silence, then data: after two it is proven.
    for (let starts = 0; starts < 2; starts++) expect(await ask()).toMatchObject({ ok: true, status: 200 });
    const answer = await ask();
    await okhttp.remove();
    expect(answer).toMatchObject({ ok: true, status: 200 });

    const of = (all: Alert[]) => all.filter((one) => one.type === 'pinned' && one.destination?.host === PINNED);
    const alerts = of(await world.lab.until('pinned alert', (all) => of(all).length > 0));
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({
      destination: { location: { country: 'CN' }, owner: { name: 'Xiaomi', country: 'CN' } },
      message: expect.stringMatching(
        /insists on a certificate of its own for Xiaomi \(China\) \(silent when intercepted/,
      ),
    });
    await eventually('the coverage counts it', async () => {
      const { coverage } = (await world.lab.api('/api/coverage')) as { coverage: DeviceCoverage[] };
      const row = coverage[0]?.rows.find((each) => each.class === 'pinned');
      return row !== undefined && row.bytesUp > 0 && row.bytesDown > 0;
    });
    const { coverage } = (await world.lab.api('/api/coverage')) as { coverage: DeviceCoverage[] };
    expect(coverage[0]?.sentence).toMatch(/Xiaomi \(CN, (?:passed through unread|the app lets nobody look)\)/);
    const listed = await cli('pins', 'list');
    expect(listed.stdout).toMatch(new RegExp(`phone-1 +${PINNED.replaceAll('.', '\\.')} +passed through +`));
  });
});

describe('the operator', () => {
  it('passes a name through, takes that back, and forbids it, with `pins set`', async (context) => {
    requireTool(context, 'curl');
    const ask = () => askCurl(world.lab.phone, { url: `https://${RULED}/page` });
    const set = (rule: string) => cli('pins', 'set', RULED, rule, '--device', 'phone-1');
    expect((await set('always')).stdout).toContain('always passed through');
    // The lab's CA is no use now: the phone meets the server's own certificate.
    expect((await ask()).ok).toBe(false);
    expect(await lastTreatment(RULED, 1)).toBe('passthrough');
    await set('never');
    for (let time = 0; time < 4; time++) await askCurl(world.lab.stranger, { url: `https://${RULED}/page` });
    expect(await ask()).toMatchObject({ ok: true, status: 200 });
    expect(await lastTreatment(RULED, 6)).toBe('intercept');
    expect((await cli('pins', 'set', RULED, 'sometimes')).code).toBe(1);
  });

  it('finds the rules again after the lab was restarted', async () => {
    const dataDir = path.join(world.lab.dataDir, 'second');
    const first = await startLab({ dataDir });
    const own = (...args: string[]) => phonehome([...args, '--data', dataDir]);
    await own('pins', 'set', RULED, 'always', '--device', '10.0.0.9');
    await first.stop();
    const second = await startLab({ dataDir });
    const listed = await own('pins', 'list', '--json');
    await second.stop();
    expect(JSON.parse(listed.stdout)).toMatchObject({ device: '10.0.0.9', name: RULED, override: 'always' });
  });
});

describe('a trust test', () => {
  const curl = (...args: string[]) =>
    run(toolPath('curl'), [
      '-sS',
      '-x',
      `http://127.0.0.1:${world.lab.phone.proxy.port}`,
      ...args,
      `https://${CARELESS}/page`,
    ]);
  const state = async () =>
    ((await world.lab.api('/api/trust-tests')) as { trustTests: TrustTestState[] }).trustTests[0]?.state;
  const waiting = async () => (await state()) === 'waiting';
  const undecided = async () => ['waiting', 'running'].includes((await state()) ?? '');

  it('finds an app that does not check: a critical alert, and the command says so', async (context) => {
    requireTool(context, 'curl');
    const asked = cli('trust-test', 'start', CARELESS, '--device', 'phone-1', '--wait');
    await eventually('the test waits', waiting);
    expect((await curl('-k')).stdout.toString()).toContain('the page of the lab');
    expect(await asked).toMatchObject({ code: 1, stdout: expect.stringContaining('ACCEPTED') });
    const mine = (one: Alert) => one.type === 'weak-tls' && one.destination?.host === CARELESS;
    const alerts = await world.lab.until('weak-tls alert', (all) => all.some(mine));
    expect(alerts.find(mine)).toMatchObject({
      severity: 'critical',
      message: expect.stringContaining('anyone on the way who shows such a one can read what it sends there'),
    });
  });

  it('clears an app that checks', async (context) => {
    requireTool(context, 'curl');
    const asked = cli('trust-test', 'start', CARELESS, '--device', 'phone-1', '--test', 'wrong-name', '--wait');
    await eventually('the test waits', waiting);
    expect((await curl('--cacert', world.lab.ready.ca.pem)).code).toBe(60);
    // curl's reset may overtake its alert; the test then waits for the app's next try. 0: it was over by then.
    while (await undecided()) expect([60, 0]).toContain((await curl('--cacert', world.lab.ready.ca.pem)).code);
    expect(await asked).toMatchObject({ code: 0, stdout: expect.stringContaining('the app noticed') });
    const passed = (one: Alert) => one.message.startsWith('Trust test passed');
    expect((await world.lab.until('passed', (all) => all.some(passed))).find(passed)?.severity).toBe('info');
    expect((await cli('trust-test', 'list')).stdout).toMatch(/wrong-name +refused/);
  });
});
