/**
 * The dashboard over all labs in Debian's Chromium: fifty shops with twenty phones each publish through a real broker and a hub of
 * its own process into a real database. What a person sees, live, in both languages and themes; held against WCAG AA by axe.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openHub } from '../../src/hub/commands.ts';
import { type Database, openDatabase } from '../../src/hub/database.ts';
import { STREAM } from '../../src/hub/stream.ts';
import { describeWith, toolPath } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { freePort, type Nats, openNats, openPostgres, type Postgres, writeHubConfig } from './engines.ts';
import { type HubProcess, startHubProcess } from './hub-process.ts';
import { openShop, PHONES, SHOPS, type Shop } from './many-labs.ts';

const PATIENT = 120_000;
const EVIL = '<img src=x onerror="document.title=1">\u202e';
/** Where the looks are kept for somebody to look at: SCREENS=DIRECTORY. */
const SCREENS = process.env.SCREENS;

describeWith(['nats-server', 'postgres', 'chromium'], 'the page over fifty labs', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'fleet-'));
  const shops = new Map<string, Shop>();
  const tokens: Record<string, string> = {};
  let nats: Nats;
  let postgres: Postgres;
  let database: Database;
  let hub: HubProcess | null = null;
  let browser: Browser;
  let hubFile = '';
  let session: BrowserContextOptions['storageState'];

  async function startHub(): Promise<string> {
    hub = await startHubProcess(hubFile);
    return hub.url;
  }
  async function endHub(): Promise<void> {
    hub?.child.kill('SIGTERM');
    await hub?.ended;
    hub = null;
  }
  const ask = <T>(sql: string, values: unknown[] = []): Promise<T[]> =>
    database.transact(async (client) => (await client.query(sql, values)).rows as T[]);

  /** Messages of a lab that the stream holds. */
  async function waitingOf(lab: string): Promise<number> {
    const connection = await connect({
      servers: nats.url.slice('nats://'.length),
      authenticator: nkeyAuthenticator(Buffer.from(nats.seeds.hub ?? '')),
    });
    try {
      const manager = await jetstreamManager(connection);
      const { state } = await manager.streams.info(STREAM, { subjects_filter: `phonehome.alpha.${lab}.*` });
      return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
    } finally {
      await connection.close();
    }
  }

  interface Look {
    locale?: string;
    colorScheme?: 'dark' | 'light';
    width?: number;
    organisation?: string;
  }
  async function open(hash = '', { locale = 'en-GB', colorScheme = 'light', width = 1280, organisation }: Look = {}) {
    const known = organisation === undefined ? session : undefined;
    const context = await browser.newContext({
      ...{ locale, colorScheme, viewport: { width, height: 800 } },
      ...(known ? { storageState: known } : {}),
    });
    context.setDefaultTimeout(PATIENT);
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(`${hub?.url}/${hash}`);
    if (!known) {
      await page.fill('input[name=token]', tokens[organisation ?? 'alpha'] ?? '');
      await page.keyboard.press('Enter');
    }
    await page.waitForSelector('.state.live');
    if (organisation === undefined) session ??= await context.storageState();
    return { page, faults, end: () => context.close() };
  }
  /** Of docs/pictures/many-labs.png. */
  async function picture(page: Page): Promise<void> {
    await page.setViewportSize({ width: 1280, height: 1500 });
    await page.screenshot({ path: path.join(SCREENS ?? '', 'many-labs.png') });
    await page.setViewportSize({ width: 1280, height: 800 });
  }
  async function violations(page: Page): Promise<string[]> {
    const found = (await page.evaluate(
      `${axe.source}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })`,
    )) as axe.AxeResults;
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  }

  beforeAll(async () => {
    postgres = await openPostgres(directory);
    nats = await openNats(directory, SHOPS);
    await Promise.all([postgres.start(), nats.start()]);
    database = openDatabase({ url: postgres.url, password: null }, 1);
    hubFile = writeHubConfig(directory, nats, postgres);
    // The page stays at its address when the hub is started again.
    const port = await freePort();
    writeFileSync(hubFile, readFileSync(hubFile, 'utf8').replace('port: 0', `port: ${port}`));
    const commands = openHub(hubFile);
    await commands.migrate();
    for (const name of ['alpha', 'beta']) tokens[name] = (await commands.addOrganisation(name)).token;
    await startHub();
    for (const name of SHOPS) {
      shops.set(name, openShop(directory, nats, name));
      // All of them are this process: who is called by the broker meanwhile answers before the next one opens.
      await setTimeout(1);
    }
    browser = await chromium.launch({ executablePath: toolPath('chromium'), args: ['--no-sandbox'] });
    await eventually(
      'every phone is in the hub',
      async () => {
        const [row] = await ask<{ phones: number }>('SELECT count(DISTINCT unit)::integer AS phones FROM hub.units');
        return row?.phones === SHOPS.length * PHONES;
      },
      // Of a machine with one twentieth of its time to give; the hook itself has no more.
      4 * PATIENT,
    );
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([...shops.values()].map((shop) => shop.stop()));
    hub?.child.kill('SIGKILL');
    await hub?.ended;
    await nats?.end();
    await database?.close();
    await postgres?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  it('asks for an organisation’s token, and answers nothing without; the browser holds a cookie no script reads', async () => {
    const url = hub?.url;
    const index = await fetch(`${url}/`);
    expect(index.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(index.headers.get('content-security-policy')).not.toContain('unsafe');
    for (const asset of ['/assets/../hub.yaml', '/assets/..%2fhub.yaml', '/index.html', '/api/overview', '/api/live'])
      expect((await fetch(`${url}${asset}`)).status).toBeGreaterThanOrEqual(401);
    const signIn = (token: string, headers: Record<string, string>) =>
      fetch(`${url}/api/session`, { method: 'POST', headers, body: JSON.stringify({ token }) });
    expect((await signIn('wrong', { 'x-phonehome': '1' })).status).toBe(403);
    expect((await signIn(tokens.alpha ?? '', {})).status).toBe(403);
    const right = await signIn(tokens.alpha ?? '', { 'x-phonehome': '1' });
    expect(right.headers.get('set-cookie')).toMatch(/HttpOnly.*SameSite=Strict/);
    const cookie = right.headers.get('set-cookie')?.split(';')[0] ?? '';
    const own = { cookie, 'x-phonehome': '1' };
    expect((await fetch(`${url}/api/overview`, { headers: own })).status).toBe(200);
    expect((await fetch(`${url}/api/session`, { method: 'DELETE', headers: { cookie } })).status).toBe(403);
    expect((await fetch(`${url}/api/session`, { method: 'DELETE', headers: own })).status).toBe(204);
    expect((await fetch(`${url}/api/overview`, { headers: own })).status).toBe(401);
    expect(
      await ask("SELECT 1 FROM hub.sessions WHERE length(hash) <> 32 OR ends > now() + interval '13 hours'"),
    ).toEqual([]);
  });

  it('says of fifty labs how they stand, of models what leaves them, and shows a finding as it comes', async () => {
    const { page, faults, end } = await open();
    await page.getByText('All 50 labs are live.').waitFor();
    await page.getByText('1,000 phones', { exact: true }).waitFor();
    expect(await page.locator('.labs .row').count()).toBe(50);
    const card = page.locator('.card', { hasText: 'Nokia 7 Plus' });
    expect(await card.locator('.verdict').textContent()).toMatch(
      /^On \d+ of 250 phones in \d+ labs: IMEI, advertising id$/,
    );
    expect(await card.textContent()).toContain('Firmware: ');
    await page.locator('.card', { hasText: 'Lab Phone C3' }).getByText('“So far” is not “never”.').waitFor();
    await page
      .locator('.row', { hasText: /IMEI: Nokia 7 Plus tells China Telecom \(China\).*in \d+ labs/ })
      .first()
      .waitFor();
    const masks = await page.content();
    expect(masks).not.toContain('490154203237518');
    shops.get('alpha/hue-3')?.find(4);
    const line = page.locator('.latest .alert.critical', { hasText: 'hue-3' }).first();
    await line.getByText('The IMEI of Nokia 7 Plus went to China Telecom (China), unencrypted').waitFor();
    if (SCREENS) await picture(page);
    await line.locator('summary').click();
    expect(await line.locator('.three').textContent()).toMatch(/Server in\s*China.*Network.*Company/);
    expect(await line.textContent()).toMatch(/Record \d+ of the lab’s chain, hash [0-9a-f]{16}/);
    expect(faults).toEqual([]);
    await end();
  });

  it('says which lab is silent and which offline, and what is wrong with one', async () => {
    await shops.get('alpha/vinh-1')?.stop();
    await shops.get('alpha/vinh-2')?.stop();
    shops.delete('alpha/vinh-1');
    shops.delete('alpha/vinh-2');
    await eventually(
      'all of both was taken in',
      async () => (await waitingOf('vinh-1')) + (await waitingOf('vinh-2')) === 0,
    );
    await ask("UPDATE hub.labs SET heard = now() - interval '10 minutes' WHERE name = 'vinh-1'");
    await ask("UPDATE hub.labs SET heard = now() - interval '3 days' WHERE name = 'vinh-2'");
    const [lab] = await ask<{ id: number; organisation_id: number; history: string }>(
      "SELECT id, organisation_id, history FROM hub.labs WHERE name = 'vinh-2'",
    );
    await ask(
      "INSERT INTO hub.faults (organisation_id, lab_id, history, position, what) VALUES ($1, $2, $3, 7, 'it is another record than came before')",
      [lab?.organisation_id, lab?.id, lab?.history],
    );
    await ask(
      "INSERT INTO hub.forged (organisation_id, lab_id, history, position, why) VALUES ($1, $2, $3, 9, 'key')",
      [lab?.organisation_id, lab?.id, lab?.history],
    );
    const { page, faults, end } = await open();
    await page
      .locator('.summary', { hasText: '48 of 50 labs are live. 1 is silent. 1 is offline. 1 lab needs' })
      .waitFor();
    // Who needs somebody stands first.
    expect(await page.locator('.labs .row .what').first().textContent()).toBe('vinh-2');
    await page.getByRole('link', { name: '1 is silent.' }).click();
    await expect.poll(() => page.locator('.labs .row .what').allTextContents()).toEqual(['vinh-1']);
    await page.locator('.labs .row').click();
    await page.locator('.summary', { hasText: 'silent since' }).waitFor();
    await page.locator('.card').nth(19).waitFor();
    expect(await page.locator('.card').count()).toBe(PHONES);
    await page.evaluate("location.hash = '#/lab/vinh-2'");
    await page.getByText('Its record contradicts what it told before: record 7: it is another').waitFor();
    await page.getByText('It signed with another key than before (record 9).').waitFor();
    await page.getByText(/signed up to record 1 on .* \(key [0-9a-f]{16}\)/).waitFor();
    await page.evaluate("location.hash = '#/lab/nowhere'");
    await page.getByText('No lab of this name has published anything.').waitFor();
    expect(faults).toEqual([]);
    await end();
  });

  it('holds a ledger: filters in the address, firmware apart, what came with a version', async () => {
    const { page, faults, end } = await open('#/ledger');
    const rows = page.locator('tbody tr');
    await rows.first().waitFor();
    await page.getByLabel('What').selectOption({ label: 'IMSI' });
    await expect.poll(() => rows.allTextContents()).toHaveLength(1);
    expect(await rows.first().textContent()).toMatch(
      /IMSI.*Lab Phone B7.*Example Push.*Russia.*\d+ phones in \d+ labs/,
    );
    await page.getByLabel('Firmware').selectOption({ label: 'a line for each version' });
    await rows.getByText('B7-112').waitFor();
    expect(page.url()).toContain('kind=imsi&by=firmware');
    await page.getByLabel('Model').selectOption('Lab Phone B7');
    await page.getByText(/^came with B7-112: on \d+ phones in \d+ labs$/).waitFor();
    await page.reload();
    await rows.getByText('B7-112').waitFor();
    await page.getByLabel('Model').selectOption('Lab Phone A1');
    await page.getByText(/^An identifier of the phone: (\d+) values on \1 phones in \d+ labs$/).waitFor();
    await page.getByLabel('Model').selectOption('Lab Phone B7');
    await page.getByLabel('Order').selectOption({ label: 'last seen first' });
    expect(await page.getByLabel('Model').inputValue()).toBe('Lab Phone B7');
    expect(faults).toEqual([]);
    await end();
  });

  it('shows an organisation nothing of another one', async () => {
    const { page, end } = await open('', { organisation: 'beta' });
    await page.getByText('No lab has published anything yet.').waitFor();
    shops.get('alpha/hue-3')?.find(8);
    await page.evaluate("location.hash = '#/findings'");
    await page.getByText('No lab has found anything yet.').waitFor();
    expect(await page.content()).not.toContain('hue-3');
    await end();
  });

  it('takes what a hostile phone is called for text', async () => {
    const { page, faults, end } = await open('#/findings');
    shops.get('alpha/hue-3')?.find(0, { device: { id: 'alpha/hue-3-0', model: EVIL, ip: '10.77.0.2', mac: null } });
    await page.locator('.alert', { hasText: '<img src=x onerror="document.title=1">' }).first().waitFor();
    expect(await page.title()).toBe('Phonehome');
    expect(await page.locator('main img').count()).toBe(0);
    expect(faults).toEqual([]);
    await end();
  });

  it('says that broker or hub are away, and goes on when they are back', async () => {
    const { page, end } = await open();
    await page.getByText('1,000 phones', { exact: true }).waitFor();
    await nats.kill();
    await page.getByText('The hub has lost its broker').waitFor();
    await nats.start();
    await expect.poll(() => page.locator('.notice').count(), { timeout: PATIENT }).toBe(0);
    await endHub();
    await page.locator('.state.away').waitFor();
    shops.get('alpha/hue-5')?.find(12);
    await startHub();
    await page.locator('.latest .alert', { hasText: 'hue-5' }).first().waitFor();
    await page.locator('.state.live').waitFor();
    await end();
  });

  it('suffices with keys alone', async () => {
    const { page, end } = await open();
    await page.locator('.labs .row').first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await page.keyboard.press('/');
    await page.keyboard.type('dalat');
    await expect.poll(() => page.locator('.labs .row').count()).toBe(5);
    const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent');
    for (let tabs = 0; tabs < 10 && !(await focused()).startsWith('dalat-1'); tabs++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'dalat-1' }).waitFor();
    await end();
  });

  const looks = (['en-GB', 'vi-VN'] as const)
    .flatMap((locale) => (['light', 'dark'] as const).map((colorScheme) => ({ locale, colorScheme })))
    .flatMap((look) => [1280, 360].map((width) => ({ ...look, width })))
    .filter((_, index) => process.env.ALL_LOOKS || index === 0 || index === 7);
  it.each(looks)('breaks no rule of WCAG AA, and no page is wider than the screen: %o', async (look) => {
    const context = await browser.newContext({ locale: look.locale, colorScheme: look.colorScheme });
    const outside = await context.newPage();
    await outside.goto(`${hub?.url}/`);
    await outside.waitForSelector('input[name=token]');
    expect(await violations(outside)).toEqual([]);
    await context.close();
    const { page, faults, end } = await open('', look);
    for (const hash of ['#/fleet', '#/findings', '#/ledger?model=Nokia+7+Plus', '#/lab/hue-3']) {
      await page.evaluate(`location.hash = '${hash}'`);
      await page.locator('.alert, tbody tr').first().waitFor();
      if (hash === '#/fleet') await page.locator('.labs .row').nth(49).waitFor();
      if (hash.startsWith('#/findings')) await page.locator('.alert summary').first().click();
      expect(await violations(page), hash).toEqual([]);
      expect(await page.evaluate('document.scrollingElement.scrollWidth'), hash).toBeLessThanOrEqual(look.width);
      if (SCREENS) {
        const name = `${hash.replace(/[^a-z]+/g, '-')}-${look.locale}-${look.colorScheme}-${look.width}.png`;
        await page.screenshot({ path: path.join(SCREENS, name.slice(1)) });
      }
    }
    expect(faults).toEqual([]);
    await end();
  });
});
