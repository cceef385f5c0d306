/**
 * The dashboard in Debian's Chromium, over a lab with a phone's traffic: what a person sees, in both languages and themes, held
 * against WCAG AA by axe; that an alert arrives without a reload; that a hostile phone changes nothing but text.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askCurl } from '../clients/curl.ts';
import { requireTool, toolPath } from '../clients/tools.ts';
import { writeMmdb } from '../enrich/mmdb-writer.ts';
import { type LabProcess, startLab } from './lab-process.ts';
import { startWorld, type World } from './world.ts';

/** A busy machine is waited for. */
const PATIENT = { timeout: 120_000 };
const IMEI = '490154203237518';
const EVIL = '<img src=x onerror="document.title=1">\u202e';

let world: World;
/** Whose phones are no file's: they can be changed; and which can be killed. */
let other: LabProcess;
let browser: Browser | null = null;
beforeAll(async () => {
  // Straight to the server on loopback: no replay, a phone's own traffic.
  [world, other] = await Promise.all([startWorld({ args: ['--allow-destinations', '127.0.0.0/8'] }), startLab()]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([world.end(), other.stop()]);
});

const token = async (role: string, lab = world.lab): Promise<string> =>
  (
    await readFile(lab.ready.token.replace(/token$/, role === 'administrator' ? 'token' : `token.${role}`), 'utf8')
  ).trim();

const real = (): string => `http://127.0.0.1:${world.origin.httpPort}`;
const send = (text: string, base = real()) =>
  askCurl(world.lab.phone, {
    method: 'POST',
    url: `${base}/plain`,
    headers: [['Content-Type', 'text/plain']],
    body: Buffer.from(text),
  });

type Session = NonNullable<BrowserContextOptions['storageState']>;
const sessions = new Map<string, Session>();

/** Signed in as a person signs in: with the token, on the lab's first page; once, as a browser keeps it. */
async function signIn(
  role: string,
  options: { locale?: string; colorScheme?: 'dark' | 'light'; width?: number } = {},
  lab = world.lab,
) {
  browser ??= await chromium.launch({ executablePath: toolPath('chromium'), args: ['--no-sandbox'] });
  const { locale = 'en-GB', colorScheme = 'light', width = 1280 } = options;
  const key = `${role} ${lab.pid}`;
  const known = sessions.get(key);
  const context = await browser.newContext({
    ...{ locale, colorScheme, viewport: { width, height: 800 } },
    ...(known ? { storageState: known } : {}),
  });
  context.setDefaultTimeout(PATIENT.timeout);
  const page = await context.newPage();
  await page.goto(`${lab.ready.ui.url}/`);
  if (!known) {
    await page.fill('input[name=token]', await token(role, lab));
    await page.click('button');
    sessions.set(key, await context.storageState());
  }
  await page.waitForSelector('#app');
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.waitForSelector('.state.live');
  return { page, faults, end: () => context.close() };
}

/** The address of a connection that was recorded. */
async function aFlow(): Promise<string> {
  const { flows } = (await world.lab.api('/api/flows?limit=1')) as { flows: { id: string }[] };
  return `#/flow/${flows[0]?.id}`;
}

/** The looks in which every page is judged; all eight with ALL_LOOKS=1, two opposite ones otherwise. */
const LOOKS = (['en-GB', 'vi-VN'] as const)
  .flatMap((locale) => (['light', 'dark'] as const).map((colorScheme) => ({ locale, colorScheme })))
  .flatMap((look) => [1280, 360].map((width) => ({ ...look, width })))
  .filter((_, index) => process.env.ALL_LOOKS || index === 0 || index === 7);

/** Each page there is, with something on it. */
const everyPage = async (): Promise<string[]> => {
  const { cases } = (await world.lab.api('/api/cases')) as { cases: { id: string }[] };
  return [
    ...['#/phones', '#/live', '#/wall', '#/flows', '#/flows?by=owner', await aFlow(), '#/phone/phone-1'],
    ...['#/companies?simulated=true', '#/settings', '#/recordings', '#/add', '#/bodies', '#/cases', '#/compare'],
    ...cases.slice(0, 1).map(({ id }) => `#/case/${id}`),
  ];
};

async function violations(page: Page): Promise<string[]> {
  const found = (await page.evaluate(
    `${axe.source}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })`,
  )) as axe.AxeResults;
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

describe('without a session', () => {
  it('nobody gets the dashboard or its files: the first page asks for the token', async () => {
    const page = await fetch(`${world.lab.ready.ui.url}/`);
    expect(await page.text()).toContain('name="token"');
    const asset = await fetch(`${world.lab.ready.ui.url}/assets/index.js`);
    expect(asset.status).toBe(404);
    const headers = { authorization: `Bearer ${await token('viewer')}` };
    const index = await fetch(`${world.lab.ready.ui.url}/`, { headers });
    expect(index.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await index.text();
    const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(html) ?? [];
    expect((await fetch(`${world.lab.ready.ui.url}${script}`)).status).toBe(404);
    expect((await fetch(`${world.lab.ready.ui.url}${script}`, { headers })).headers.get('content-type')).toContain(
      'javascript',
    );
    for (const path of ['/assets/../../package.json', '/assets/..%2f..%2fpackage.json', '/assets/'])
      expect((await fetch(`${world.lab.ready.ui.url}${path}`, { headers })).status).toBe(404);
  });
});

describe('in Chromium', () => {
  it('shows a leak as it happens: the card’s sentence, the line, and what it rests on', async (context) => {
    requireTool(context, 'chromium', 'curl');
    const { page, faults, end } = await signIn('operator');
    await send(`imei=${IMEI}`);
    const line = page.locator('.alert.critical', {
      hasText:
        /The IMEI of Lab phone went to 127\.0\.0\.1, unencrypted: anyone on the path can read it\..*490154\*{7}18/,
    });
    await line.first().waitFor();
    await page.locator('.card.critical', { hasText: 'Sends its IMEI in the clear to 127.0.0.1' }).waitFor();
    await line.first().locator('summary').click();
    expect(await line.first().locator('mark').textContent()).toBe('490154*******18');
    expect(await line.first().locator('.three').textContent()).toMatch(/Server in.*Network.*Company/);
    expect(await page.content()).not.toContain(IMEI);
    expect(faults).toEqual([]);
    await end();
  });

  it('keeps what was simulated of a phone on a card of its own, marked, with its three facts', async (context) => {
    requireTool(context, 'chromium', 'curl');
    const { page, end } = await signIn('viewer');
    await send('serial=1&imsi=001010123456789', world.http);
    const line = page.locator('.alert.replay', { hasText: 'The IMSI of Lab phone went to' }).first();
    await line.waitFor();
    await line.locator('summary').click();
    expect(await line.locator('.three').textContent()).toMatch(/Server in\s*China.*Network.*AS\d+ · China.*Company/);
    const replays = page.locator('.replays');
    if ((await replays.getAttribute('open')) === null) await replays.locator('summary').first().click();
    const card = replays.locator('.card.replay', { hasText: 'Lab phone' });
    expect(await card.locator('.verdict').textContent()).toContain('Sends its IMSI in the clear');
    await card.getByRole('link', { name: 'Open' }).click();
    await page.locator('.phone > header .badge.replay').waitFor();
    await end();
  });

  it('keeps filters in the address, finds by words, and survives a reload', async (context) => {
    requireTool(context, 'chromium', 'curl');
    const { page, end } = await signIn('viewer');
    await send(`imei=${IMEI}`);
    await send('imsi=001010123456789');
    await page.keyboard.press('/');
    await page.locator('#search').waitFor();
    await page.locator('.alert', { hasText: 'IMSI' }).first().waitFor();
    await page.fill('#search', 'imsi unencrypted');
    await expect.poll(() => page.url(), PATIENT).toContain('q=imsi+unencrypted');
    await expect.poll(() => page.locator('.alerts').textContent(), PATIENT).not.toContain('IMEI');
    await page.reload();
    await page.locator('.alert', { hasText: 'IMSI' }).first().waitFor();
    expect(await page.inputValue('#search')).toBe('imsi unencrypted');
    await page.fill('#search', 'no such thing');
    await page.getByText('No alert fits this filter.').waitFor();
    await end();
  });

  it('lists connections, put together by host too, and says of one what happened and what was found in it', async (context) => {
    requireTool(context, 'chromium', 'curl');
    const { page, faults, end } = await signIn('viewer');
    await send(`imei=${IMEI}`);
    await page.locator('.alert').first().waitFor();
    await page.getByRole('link', { name: 'Connections' }).click();
    // Its record is written soon after it ends.
    const group = page.locator('.row', { hasText: '127.0.0.1' }).first();
    await expect
      .poll(async () => {
        await page.selectOption('select >> nth=1', '');
        await page.selectOption('select >> nth=1', 'host');
        return group.textContent({ timeout: 500 }).catch(() => '');
      }, PATIENT)
      .toMatch(/finding/);
    await group.click();
    await page.getByRole('button', { name: 'host: 127.0.0.1' }).waitFor();
    expect(page.url()).toContain('host=127.0.0.1');
    await page.fill('#search', 'http/1.1');
    await expect.poll(() => page.url(), PATIENT).toContain('q=http');
    await page.locator('.row', { hasText: 'finding' }).first().click();
    await page.getByText('It was read: 1 request.').waitFor();
    // An alert names the connection in which it was seen first.
    await page
      .locator('.flow')
      .getByText('it is counted in an earlier alert')
      .or(page.locator('.flow .alert'))
      .first()
      .waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'host: 127.0.0.1' }).click();
    await expect.poll(() => page.url(), PATIENT).not.toContain('host=');
    expect(faults).toEqual([]);
    await end();
  });

  it('shows what was said, masked until it is asked for, opened layer in layer with the value marked; finds it in bodies', async (context) => {
    requireTool(context, 'chromium', 'curl');
    const { page, faults, end } = await signIn('operator');
    const inner = Buffer.from(JSON.stringify({ imei: IMEI, here: 'needle-in-a-body' })).toString('base64');
    await send(`{"data":"${inner}"}`);
    await page.evaluate("location.hash = '#/bodies'");
    await page.fill('#search', inner.slice(0, 30));
    const hit = page.locator('.row mark').first();
    await expect
      .poll(async () => {
        await page.getByRole('button', { name: 'Search' }).click();
        return hit.textContent({ timeout: 1000 }).catch(() => null);
      }, PATIENT)
      .toBe(inner.slice(0, 30));
    await page.locator('.row').first().click();
    await page.getByRole('button', { name: 'Show it as it stood there' }).waitFor();
    expect(await page.content()).not.toContain(IMEI);
    await page.getByRole('button', { name: 'Show it as it stood there' }).click();
    await page.locator('.layer', { hasText: 'body ▸ $.data base64' }).locator('mark').first().waitFor();
    expect(await page.locator('.layer mark').first().textContent()).toBe(IMEI);
    await page.locator('.layer', { hasText: '$.data base64' }).getByRole('button', { name: 'Hex' }).click();
    await page.locator('.layer pre', { hasText: '000000  7b 22 69 6d 65 69' }).waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export as HAR' }).click();
    expect(
      JSON.parse(await readFile(await (await saving).path(), 'utf8')).log.entries[0].request.postData.text,
    ).toContain(inner);
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);
    await end();
  });

  it('begins a test run, marks it, and ends it; a mute holds an alert back with its reason', async (context) => {
    requireTool(context, 'chromium', 'curl');
    const { page, faults, end } = await signIn('operator');
    await page.evaluate("location.hash = '#/cases'");
    await page.getByLabel('Name of the test run').fill('<b>First</b> boot');
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByRole('heading', { name: '<b>First</b> boot' }).waitFor();
    await page.getByRole('button', { name: 'Before consent' }).click();
    await page.locator('.case li', { hasText: 'Before consent' }).waitFor();
    await page.getByRole('button', { name: 'Unlocked' }).click();
    await page.locator('.case li', { hasText: 'unlock' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'End the test run' }).click();
    await page.getByText('over').first().waitFor();
    await send(`imei=${IMEI}`);
    await page.evaluate("location.hash = '#/live'");
    const line = page.locator('.alert.critical', { has: page.locator('details[open]') });
    // What was sent above may come while one clicks: then it stands at the top anew, folded.
    const unfold = async (): Promise<number> => {
      if ((await line.count()) === 0) await page.locator('.alert.critical summary').first().click();
      return line.count();
    };
    await expect.poll(unfold, { interval: 500 }).toBe(1);
    // It holds still under the hands of who reads it, whatever comes.
    await send(`imei=${IMEI}`);
    await page.locator('button.waiting').waitFor();
    await line.getByRole('button', { name: 'Known: do not tell anybody' }).click();
    await line.getByLabel('Reason').fill('a lab phone');
    await line.getByRole('button', { name: 'Save' }).click();
    await line.getByText('Held back from those who are told.').waitFor();
    const state = (await world.lab.api('/api/notify')) as object;
    expect(JSON.stringify(state)).toContain('a lab phone');
    expect(faults).toEqual([]);
    await end();
  });

  it('shows the report of a test run in a sandbox, in either language, and saves it', async (context) => {
    requireTool(context, 'chromium', 'curl');
    const { page, faults, end } = await signIn('operator');
    await page.evaluate("location.hash = '#/cases'");
    await page.getByLabel('Name of the test run').fill('<b>Reported</b> run');
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByRole('heading', { name: '<b>Reported</b> run' }).waitFor();
    const id = decodeURIComponent(page.url().split('#/case/')[1] ?? '');
    await page.getByRole('button', { name: 'Show it here' }).click();
    const report = page.frameLocator('iframe.report');
    await report.getByText('<b>Reported</b> run').first().waitFor();
    expect(await report.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.getAttribute('iframe.report', 'sandbox')).toBe('');
    await page.getByLabel('Language').last().selectOption('vi');
    await report.locator('html[lang=vi]').waitFor();
    for (const [format, begins] of [
      ['HTML', '<!doctype html>'],
      ['PDF', '%PDF-'],
    ] as const) {
      const saving = page.waitForEvent('download');
      await page.getByRole('button', { name: `Save as ${format}` }).click();
      const saved = await readFile(await (await saving).path());
      expect(saved.subarray(0, begins.length).toString('latin1').toLowerCase()).toBe(begins.toLowerCase());
    }
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the package' }).click();
    const zip = await readFile(await (await saving).path());
    expect(zip.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
    await page.getByText('Signed with this key').locator('code').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.evaluate("location.hash = '#/cases'");
    await page.getByLabel('Drop a package').setInputFiles({ name: 'a.zip', mimeType: 'application/zip', buffer: zip });
    await page.getByText('Signed with the key of this lab').waitFor();
    expect(await page.getByText(/^Intact: \d+ files/).count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);
    const { entries } = (await world.lab.api('/api/audit')) as { entries: { action: string; subject: string }[] };
    expect(entries.filter(({ action, subject }) => action === 'report' && subject === `case ${id}`)).toHaveLength(4);
    await end();
  });

  it('holds two test runs against each other, in sentences that the address holds', async (context) => {
    requireTool(context, 'chromium', 'curl');
    const { page, faults, end } = await signIn('operator');
    for (const title of ['Run before', 'Run after']) {
      await page.evaluate("location.hash = '#/cases'");
      await page.getByLabel('Name of the test run').fill(title);
      await page.getByRole('button', { name: 'Begin' }).click();
      await page.getByRole('heading', { name: title }).waitFor();
      if (title === 'Run after') await send(`imei=${IMEI}`);
      await page.getByRole('button', { name: 'End the test run' }).click();
      await page.getByText('over').first().waitFor();
    }
    await page.getByRole('link', { name: 'Compare with another one' }).click();
    await page.getByText('Choose two test runs.').waitFor();
    const before = page.getByLabel('B, after').locator('option', { hasText: 'Run before' });
    await before.waitFor({ state: 'attached' });
    await page.getByLabel('B, after').selectOption((await before.getAttribute('value')) ?? '');
    await page.locator('dd', { hasText: 'Run before' }).waitFor();
    expect(await page.locator('.changes li').count()).toBeGreaterThan(0);
    expect(await page.content()).not.toContain(IMEI);
    expect(await violations(page)).toEqual([]);
    await page.reload();
    await page.locator('dd', { hasText: 'Run before' }).waitFor();
    expect(faults).toEqual([]);
    await end();
  });

  it('flips whether an app is passed through, and asks for a test of trust and calls it off', async (context) => {
    requireTool(context, 'chromium');
    const { devices } = (await world.lab.api('/api/devices')) as { devices: { id: string }[] };
    const device = devices[0]?.id ?? '';
    const given = await fetch(`${world.lab.ready.ui.url}/api/pins`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${await token('operator')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ device, name: 'bank.example', override: 'always' }),
    });
    expect(given.status).toBe(200);
    const { page, faults, end } = await signIn('operator');
    await page.evaluate(`location.hash = '#/phone/${encodeURIComponent(device)}'`);
    const choice = page.getByLabel('What happens with bank.example');
    await expect.poll(() => choice.inputValue(), PATIENT).toBe('always');
    await choice.selectOption('never');
    const override = async (): Promise<string | undefined> => {
      const { pins } = (await world.lab.api('/api/pins')) as { pins: { name: string; override: string }[] };
      return pins.find(({ name }) => name === 'bank.example')?.override;
    };
    await expect.poll(override, PATIENT).toBe('never');
    await page.getByLabel('Server', { exact: true }).fill('shop.example');
    await page.locator('section[aria-labelledby=trust-title] select').selectOption('expired');
    await page.getByRole('button', { name: 'Test the next connection' }).click();
    await page.getByText('Waits for a connection.').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Call it off' }).click();
    await page.getByText('Called off.').waitFor();
    const apps = page.locator('[aria-labelledby=apps-title] li', { hasText: 'a script or tool' });
    await apps.getByText(/^all \d+ read$/).waitFor();
    expect(faults).toEqual([]);
    await end();
  });

  it('shows a phone that was registered meanwhile, its model as text', async (context) => {
    requireTool(context, 'chromium');
    const { page, end } = await signIn('operator');
    await page.evaluate("location.hash = '#/phone/nobody'");
    await page.getByText('No phone of this name is known to the lab.').waitFor();
    await page.evaluate("location.hash = '#/phones'");
    const answer = await page.evaluate(async () => {
      const body = JSON.stringify({
        id: 'shop-17',
        model: '<b>Redmi</b>',
        match: { ip: '10.9.8.7' },
        identifiers: { imei: ['490154203237518'] },
      });
      return (
        await fetch('/api/devices', {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json', 'x-phonehome': '1' },
        })
      ).status;
    });
    expect(answer).toBe(201);
    await page.reload();
    const card = page.locator('.card', { hasText: '<b>Redmi</b>' });
    await card.waitFor();
    expect(await card.locator('.verdict').textContent()).toBe('Has sent nothing yet');
    await end();
  });

  it('shows what a hostile phone sends as text', async (context) => {
    requireTool(context, 'chromium', 'curl');
    const { page, faults, end } = await signIn('viewer');
    await askCurl(world.lab.phone, {
      method: 'POST',
      url: `${real()}/${encodeURIComponent(EVIL)}`,
      headers: [
        ['Content-Type', 'text/plain'],
        ['X-Requested-With', EVIL.slice(0, -1)],
      ],
      body: Buffer.from(JSON.stringify({ [EVIL]: IMEI })),
    });
    await page.locator('.alert').first().waitFor();
    for (const summary of await page.locator('.alert summary').all()) await summary.click();
    expect(await page.title()).toBe('Phonehome');
    expect(await page.locator('main img').count()).toBe(0);
    expect(faults).toEqual([]);
    await end();
  });

  it('every page is worked by the keyboard alone: Tab comes to all that can be used, and shows where it is', async () => {
    toolPath('chromium');
    const { page, faults, end } = await signIn('operator');
    for (const hash of await everyPage()) {
      await page.evaluate(`location.hash = '${hash}'`);
      await page.locator('h1').waitFor();
      const count = await page.evaluate(`(async () => {
        document.activeElement.blur();
        const usable = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
          .filter((one) => !one.disabled && one.checkVisibility({ visibilityProperty: true }));
        globalThis.reached = new Set();
        globalThis.unseen = [];
        addEventListener('focusin', ({ target }) => {
          reached.add(target);
          if (getComputedStyle(target).outlineStyle === 'none') unseen.push(target.outerHTML.slice(0, 80));
        });
        globalThis.usable = usable;
        return usable.length;
      })()`);
      // What is on its way when Tab begins stands between others then; the last one is followed by the first.
      for (let presses = 0; presses < 3 * Number(count) + 20; presses++) {
        await page.keyboard.press('Tab');
        if (await page.evaluate('usable.every((one) => !one.isConnected || reached.has(one))')) break;
      }
      const left = await page.evaluate(
        '[...usable.filter((one) => one.isConnected && !reached.has(one)).map((one) => one.outerHTML.slice(0, 80)), ...unseen]',
      );
      expect([hash, left]).toEqual([hash, []]);
    }
    await page.evaluate("location.hash = '#/live'");
    await page.keyboard.press('/');
    await expect.poll(() => page.evaluate('document.activeElement.id'), PATIENT).toBe('search');
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('.alert details[open] .unfolded').first().waitFor();
    expect(faults).toEqual([]);
    await end();
  });

  it.each(LOOKS)('every page is WCAG AA by axe, and fits: $locale, $colorScheme, $width px', async (options) => {
    toolPath('chromium');
    const { page, end } = await signIn('operator', options);
    for (const hash of await everyPage()) {
      await page.evaluate(`location.hash = '${hash}'`);
      await page.locator('h1').waitFor();
      for (const summary of await page.locator('.alert summary').all()) await summary.click();
      expect([hash, ...(await violations(page))]).toEqual([hash]);
      expect([hash, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([hash, options.width]);
    }
    expect(await page.evaluate('document.documentElement.lang')).toBe(options.locale.slice(0, 2));
    await end();
  });

  it('says alerts, reasons and coverage in Vietnamese', async (context) => {
    requireTool(context, 'chromium', 'curl');
    await send(`imei=${IMEI}`);
    const { page, faults, end } = await signIn('viewer', { locale: 'vi-VN' });
    const line = page.locator('.alert.critical', {
      hasText: 'Số IMEI của Lab phone đã gửi đến 127.0.0.1, không mã hoá',
    });
    await line.first().locator('summary').click();
    await line.first().getByText('số IMEI đã đăng ký của điện thoại này').waitFor();
    await page.getByText('những gì điện thoại này gửi qua phòng thử').first().waitFor();
    expect(faults).toEqual([]);
    await end();
  });

  it('draws arcs to countries, each a filter, and says the same as tables', async (context) => {
    requireTool(context, 'chromium', 'curl');
    await send('imei=490154203237518', world.http);
    const { page, faults, end } = await signIn('viewer');
    await page.evaluate("location.hash = '#/companies?simulated=true'");
    const arc = page.locator('a.arc.critical');
    await arc.waitFor();
    expect(await arc.getAttribute('aria-label')).toMatch(/^China: .* connections?, .*, worst finding: critical$/);
    const rows = page.locator('[aria-labelledby=countries-title] tbody tr');
    expect(await rows.allTextContents()).toEqual([expect.stringMatching(/^China.*critical/)]);
    await arc.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Only China.').waitFor();
    expect(page.url()).toContain('country=CN');
    await page.goBack();
    await page.getByText('Only China.').waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
    await end();
  });

  it('reads a recording that is dropped, masked, and keeps nothing of it', async (context) => {
    requireTool(context, 'chromium');
    const { page, faults, end } = await signIn('operator');
    await page.evaluate("location.hash = '#/recordings'");
    const request = {
      method: 'GET',
      url: `https://a.example/x?imei=${IMEI}`,
      httpVersion: 'HTTP/1.1',
      headers: [],
      queryString: [],
    };
    const har = { log: { version: '1.2', entries: [{ startedDateTime: '2026-11-22T10:00:00.000Z', request }] } };
    await page.setInputFiles('input[type=file]', {
      name: 'phone.har',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(har)),
    });
    await page.getByText('phone.har: 1 finding in 1 entry.').waitFor();
    await page.locator('.alert', { hasText: 'IMEI went to a.example' }).locator('summary').click();
    expect(await page.locator('.alert mark').textContent()).toBe('490154*******18');
    expect(await page.content()).not.toContain(IMEI);
    await page.setInputFiles('input[type=file]', {
      name: 'no.har',
      mimeType: 'text/plain',
      buffer: Buffer.from('nothing'),
    });
    await page.locator('[role=status]', { hasText: 'no.har' }).waitFor();
    expect(faults).toEqual([]);
    await end();
  });

  it('shows settings as far as the role goes: a viewer replaces no token and reads no audit', async (context) => {
    requireTool(context, 'chromium');
    const viewer = await signIn('viewer');
    await viewer.page.evaluate("location.hash = '#/settings'");
    await viewer.page.getByText('dbip-country').waitFor();
    expect(await viewer.page.getByText('Only an administrator sees and changes this.').count()).toBe(2);
    expect(await viewer.page.getByRole('button', { name: /Replace|Remove/ }).count()).toBe(0);
    await viewer.page.evaluate("location.hash = '#/add'");
    await viewer.page.getByText('A viewer sees no passphrase').waitFor();
    await viewer.end();
    const { page, end } = await signIn('administrator');
    await page.evaluate("location.hash = '#/settings'");
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Replace the token: viewer' }).click();
    await page.getByText('The new token (viewer).').waitFor();
    sessions.delete(`viewer ${world.lab.pid}`);
    expect(await page.locator('#tokens-title ~ div code').textContent()).toBe(await token('viewer'));
    await page.reload();
    await page.locator('[aria-labelledby=audit-title]', { hasText: 'rotate-token' }).waitFor();
    await end();
  });

  it('takes a newer database of places that is handed in, refuses a damaged one in a line, and puts it aside again', async (context) => {
    requireTool(context, 'chromium');
    const { page, faults, end } = await signIn('administrator');
    await page.evaluate("location.hash = '#/settings'");
    const part = page.locator('[aria-labelledby=databases-title]');
    const handIn = async (name: string, buffer: Buffer): Promise<void> => {
      const mimeType = 'application/octet-stream';
      await part.getByLabel('A newer database').setInputFiles({ name, mimeType, buffer });
      await part.getByRole('button', { name: 'Hand in' }).click();
    };
    await handIn('broken.mmdb', Buffer.from('no database'));
    await part.locator('.refusal', { hasText: 'broken.mmdb' }).waitFor();
    const placedIn = (code: string) => ({ country: { iso_code: code } });
    const places = [
      ['193.0.6.0/24', placedIn('NL')],
      ['200.160.2.0/24', placedIn('BR')],
      ['42.62.48.0/24', placedIn('CN')],
    ] satisfies Parameters<typeof writeMmdb>[0];
    await handIn('mine.mmdb', writeMmdb(places, 4, Math.floor(Date.now() / 1000)));
    await part.getByText('Changed: mine.mmdb.').waitFor();
    await part.locator('tbody tr', { hasText: 'mine.mmdb' }).waitFor();
    expect(await part.locator('.refusal').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    page.on('dialog', (dialog) => void dialog.accept());
    await part.getByRole('button', { name: 'Back to those of the installation' }).click();
    await expect.poll(() => part.locator('tbody tr', { hasText: 'mine.mmdb' }).count(), PATIENT).toBe(0);
    // What the lab refused is no fault of the page.
    expect(faults.filter((fault) => !/status of 409/.test(fault))).toEqual([]);
    await end();
  });

  it('plants contents for a phone, which are then searched for', async (context) => {
    requireTool(context, 'chromium');
    const lab = other;
    const { page, end } = await signIn('operator', {}, lab);
    const body = JSON.stringify({ id: 'planted', match: { ip: '10.9.8.9' } });
    const headers = { 'content-type': 'application/json', 'x-phonehome': '1' };
    await page.evaluate(async (init) => void (await fetch('/api/devices', init)), { method: 'POST', body, headers });
    await page.evaluate("location.hash = '#/settings'");
    const row = page.locator('[aria-labelledby=phones-title] tr', { hasText: 'planted' });
    await row.getByText('Plant contents').click();
    await row.getByRole('button', { name: 'Add' }).click();
    await row.getByText('Type a message, or a name with a number.').waitFor();
    await row.getByLabel('Text of a message on the phone').fill('purple elephant seventeen');
    await row.getByRole('button', { name: 'Add' }).click();
    await row.locator('td').nth(2).getByText(/^1/).waitFor();
    expect(JSON.stringify(await lab.api('/api/devices/planted'))).not.toContain('purple elephant seventeen');
    const gone = { method: 'DELETE', headers };
    await page.evaluate(async (init) => void (await fetch('/api/devices/planted', init)), gone);
    await row.getByLabel('Text of a message on the phone').fill('another one');
    await row.getByRole('button', { name: 'Add' }).click();
    await row.getByText('planted was removed meanwhile: nothing was planted.').waitFor();
    expect(JSON.stringify(await lab.api('/api/devices'))).not.toContain('planted');
    await end();
  });

  it('adds a receiver of alerts with its rule, says what the lab minds, and takes both away again', async (context) => {
    requireTool(context, 'chromium');
    const { page, end } = await signIn('administrator');
    await page.evaluate("location.hash = '#/settings'");
    const part = page.locator('[aria-labelledby=notify-title]');
    await part.getByText('Nobody is told: alerts stay in the lab.').waitFor();
    await part.getByText('Tell another program (webhook)').click();
    await part.getByLabel('Name').fill('desk');
    await part.getByLabel('Address').fill('http://hooks.example/x');
    await part.getByRole('button', { name: 'Add' }).click();
    await part.locator('[role=status]', { hasText: /https/ }).waitFor();
    await part.getByLabel('Address').fill('https://hooks.example/secret-path');
    await part.getByRole('button', { name: 'Add' }).click();
    const row = part.locator('tr', { hasText: 'desk' });
    await row.getByText('webhook, hooks.example').waitFor();
    await part.getByText('severity high → desk').waitFor();
    expect(await part.textContent()).not.toContain('secret-path');
    await row.getByRole('button', { name: 'Remove: desk' }).click();
    await part.getByText('Nobody is told: alerts stay in the lab.').waitFor();
    await end();
  });

  it('loads no more than 300 KB compressed before the map', async () => {
    const built = path.resolve(import.meta.dirname, '../../dist/dashboard');
    const index = await readFile(path.join(built, 'index.html'), 'utf8');
    const first = [...index.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, name = '']) => name);
    expect(first.length).toBeGreaterThan(1);
    const sizes = await Promise.all(first.map(async (name) => gzipSync(await readFile(path.join(built, name))).length));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(300_000);
  });

  it('says that the lab does not answer, and asks for the token again when another one is there', async (context) => {
    requireTool(context, 'chromium');
    const lab = other;
    const { page, end } = await signIn('viewer', {}, lab);
    await lab.kill();
    await page.getByText('The lab does not answer. Trying again…').waitFor();
    const again = await startLab({ dataDir: lab.dataDir, args: ['--ui-port', new URL(lab.ready.ui.url).port] });
    await page.locator('input[name=token]').waitFor();
    await end();
    await again.stop();
  });
});
