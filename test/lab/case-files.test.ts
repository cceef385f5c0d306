/** What the API makes of a stored case, over real HTTP: by whom, what it holds, what is refused, and that it stands in the audit. */
import { readdirSync, writeFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCaseFiles } from '../../src/lab/case-files.ts';
import { openRecorded } from '../../src/lab/evidence.ts';
import { verifyPackage } from '../../src/lab/package-check.ts';
import { IMEI } from '../sinks/lab-alert.ts';
import { labDependencies, startLab, type TestLab, TOKENS } from '../sinks/live/lab-dependencies.ts';
import { type PackedCase, packedCase } from './packed-case.ts';

let packed: PackedCase;
let lab: TestLab;
const noted: string[] = [];
let canAudit = true;
beforeAll(async () => {
  packed = packedCase([], '<img src=x onerror=alert(1)>');
  const store = openRecorded(packed.data);
  const all = store.cases();
  store.close();
  lab = await startLab({
    services: {
      ...labDependencies(),
      ...createCaseFiles({
        data: packed.data,
        devicesFile: null,
        passphrase: null,
        flush() {},
        sign() {},
        maxBytes: 4_000_000,
      }),
      case: (id) => all.find((one) => one.id === id) ?? null,
      audit(action, subject, who) {
        if (canAudit) noted.push(`${action} ${subject} ${who}`);
        return canAudit;
      },
    },
  });
});
afterAll(async () => {
  await lab.close();
  packed.end();
});

const ask = (path: string, role: keyof typeof TOKENS = 'operator', init: RequestInit = {}) =>
  fetch(`${lab.url}${path}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${TOKENS[role]}` } });

it('gives the report as a page that can do nothing, masked, in both languages', async () => {
  const answer = await ask('/api/cases/c1/report?language=vi');
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('content-security-policy')).toMatch(
    /^sandbox; default-src 'none'; .*frame-ancestors 'self'$/,
  );
  const page = await answer.text();
  expect(page).toContain('<html lang="vi">');
  expect(page).toContain('&#60;img src=x');
  expect(page).not.toContain('<img src=x');
  expect(page).not.toContain(IMEI);
  expect(await (await ask('/api/cases/c1/report')).text()).toContain('<html lang="en">');
  expect(noted).toEqual(['report case c1 127.0.0.1', 'report case c1 127.0.0.1']);
});

it('gives it as a PDF', async () => {
  const answer = await ask('/api/cases/c1/report?format=pdf');
  expect(answer.headers.get('content-type')).toBe('application/pdf');
  expect(
    Buffer.from(await answer.arrayBuffer())
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-');
});

it('refuses a report to a viewer, of no case, in no language, and without an audit', async () => {
  const before = noted.length;
  expect((await ask('/api/cases/c1/report', 'viewer')).status).toBe(403);
  expect((await ask('/api/cases/nothing/report')).status).toBe(404);
  const wrong = await ask('/api/cases/c1/report?language=fr');
  expect([wrong.status, await wrong.json()]).toMatchObject([
    400,
    { error: 'language: give one of en, vi', text: { key: 'input.one-of' } },
  ]);
  canAudit = false;
  expect((await ask('/api/cases/c1/report')).status).toBe(409);
  canAudit = true;
  expect(noted).toHaveLength(before);
});

it('holds two against each other in sentences, in either language, and says what it cannot', async () => {
  const answer = await ask('/api/compare?a=c1&b=c1:before-consent');
  const said = (await answer.json()) as { sides: string[]; changes: string[]; limit: string };
  expect(said.sides).toHaveLength(2);
  expect(said.sides[0]).toContain('<img src=x onerror=alert(1)>');
  expect(said.changes.length).toBeGreaterThan(0);
  expect(JSON.stringify(said)).not.toContain(IMEI);
  const vietnamese = (await (await ask('/api/compare?a=c1&b=c1:before-consent&language=vi')).json()) as typeof said;
  expect(vietnamese.limit).not.toBe(said.limit);
  expect(noted.at(-1)).toBe('compare c1 with c1:before-consent 127.0.0.1');
  const unknown = await ask('/api/compare?a=c1&b=nothing');
  expect(unknown.status).toBe(409);
  expect(((await unknown.json()) as { error: string }).error).toContain('"nothing" is neither a case nor a phone');
  expect((await ask('/api/compare?a=c1')).status).toBe(400);
  expect((await ask('/api/compare?a=c1&b=c1', 'viewer')).status).toBe(403);
});

const exported = (body: object, role: keyof typeof TOKENS = 'operator') =>
  ask('/api/cases/c1/export', role, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

it.each([true, false])(
  'gives the package that verify finds intact, and keeps nothing of it (redacted: %s)',
  async (redact) => {
    const answer = await exported({ redact });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
    const zip = Buffer.from(await answer.arrayBuffer());
    expect(zip).toHaveLength(Number(answer.headers.get('content-length')));
    const file = packed.out('sent.zip');
    writeFileSync(file, zip);
    const verdict = await verifyPackage(file);
    expect(verdict).toMatchObject({ isIntact: true, fingerprint: answer.headers.get('x-signed-with') });
    const clear = Object.values(unzipSync(zip)).some((one) => Buffer.from(one).includes(IMEI));
    expect(clear).toBe(!redact);
    expect(noted.at(-1)).toBe(`${redact ? 'export redacted' : 'export'} case c1 127.0.0.1`);
    expect(readdirSync(packed.data).filter((name) => name.startsWith('export-'))).toEqual([]);
  },
);

it('makes one package at a time, for nobody below the operator', async () => {
  expect((await exported({ redact: true }, 'viewer')).status).toBe(403);
  expect((await exported({})).status).toBe(400);
  const both = await Promise.all([exported({ redact: true }), exported({ redact: true })]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  await Promise.all(both.map((answer) => answer.arrayBuffer()));
});

it('checks a package that is sent to it, finds one changed byte, and keeps nothing', async () => {
  const zip = Buffer.from(await (await exported({ redact: true })).arrayBuffer());
  const check = async (body: Buffer) =>
    ask('/api/packages/verify', 'operator', { method: 'POST', body: new Uint8Array(body) });
  expect(await (await check(zip)).json()).toMatchObject({ isIntact: true, problem: null, isOwn: true });
  const changed = Buffer.from(zip);
  changed[Math.floor(zip.length / 2)] = (changed[Math.floor(zip.length / 2)] ?? 0) ^ 1;
  expect(await (await check(changed)).json()).toMatchObject({ isIntact: false, problem: expect.any(String) });
  expect(await (await check(Buffer.from('no zip at all'))).json()).toMatchObject({ isIntact: false, isOwn: false });
  expect((await check(Buffer.alloc(4_000_001))).status).toBe(413);
  expect(noted.at(-1)).toBe('verify a package 127.0.0.1');
  expect(readdirSync(packed.data).filter((name) => name.startsWith('upload-'))).toEqual([]);
});

it('makes few at a time: more than those are refused, and afterwards there is room again', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => ask('/api/cases/c1/report')));
  const count = (status: number): number => all.filter((answer) => answer.status === status).length;
  expect([count(200), count(409)]).toEqual([4, 4]);
  await Promise.all(all.map((answer) => answer.arrayBuffer()));
  expect((await ask('/api/cases/c1/report')).status).toBe(200);
});
