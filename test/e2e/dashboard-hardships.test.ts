/**
 * The dashboard in Debian's Chromium when things go badly: sound, notifications that are refused, a screen that would
 * sleep, two people at one thing, a lab of an earlier version, a token replaced, a lab that is away, a clock that is wrong.
 */
import { readFile } from 'node:fs/promises';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askCurl } from '../clients/curl.ts';
import { requireTool, toolPath } from '../clients/tools.ts';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const HOUR = 3600_000;
/** A busy machine is waited for. */
const PATIENT = { timeout: 60_000 };

let world: World;
let browser: Browser | null = null;
beforeAll(async () => {
  world = await startWorld({ args: ['--allow-destinations', '127.0.0.0/8'] });
});
afterAll(async () => {
  await browser?.close();
  await world.end();
});

const token = async (role: string): Promise<string> =>
  (await readFile(world.lab.ready.token.replace(/token$/, `token.${role}`), 'utf8')).trim();

/** Each a finding of its own: another place in another body. */
let sent = 0;
const leak = () =>
  askCurl(world.lab.phone, {
    method: 'POST',
    url: `http://127.0.0.1:${world.origin.httpPort}/plain`,
    headers: [['Content-Type', 'text/plain']],
    body: Buffer.from(`field-${++sent}=${IMEI}`),
  });

async function newContext(permissions: string[] = []): Promise<BrowserContext> {
  browser ??= await chromium.launch({
    executablePath: toolPath('chromium'),
    args: ['--no-sandbox', '--autoplay-policy=document-user-activation-required'],
  });
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, permissions });
  context.setDefaultTimeout(PATIENT.timeout);
  return context;
}

async function signIn(page: Page, role = 'operator'): Promise<void> {
  await page.goto(`${world.lab.ready.ui.url}/`);
  await page.fill('input[name=token]', await token(role));
  await page.click('button');
  await page.waitForSelector('.state.live');
}

/** What the page did, as it happens; a text, because the DOM is the browser's. */
const NOTES = `
  globalThis.notes = [];
  const begin = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...given) {
    notes.push('tone ' + this.frequency.value + ' ' + this.context.state);
    return begin.apply(this, given);
  };
  const Real = globalThis.Notification;
  globalThis.Notification = class extends Real {
    constructor(title, options) {
      super(title, options);
      notes.push('notification ' + options.body);
    }
  };
  globalThis.lock = (how) => {
    Object.defineProperty(navigator, 'wakeLock', {
      value: {
        request: async (what) => {
          notes.push('lock ' + what);
          if (how === 'refused') throw new DOMException('low battery', 'NotAllowedError');
          return { release: async () => void notes.push('released') };
        },
      },
    });
  };`;

const notes = (page: Page): Promise<string[]> => page.evaluate('notes');

it('an alert is heard by whoever chose so, and shown as a notification without the value', async (context) => {
  requireTool(context, 'chromium', 'curl');
  const browsing = await newContext(['notifications']);
  const page = await browsing.newPage();
  await page.addInitScript(NOTES);
  await signIn(page);
  await page.getByRole('link', { name: 'Live', exact: true }).first().click();
  await page.getByLabel('Sound').check();
  await expect.poll(() => notes(page), PATIENT).toEqual(['tone 587 running']);
  await page.getByLabel('Desktop notifications').check();
  // A burst is one call, and a busy lab may have something of its own to say just then.
  const heard = async (): Promise<string[]> => {
    await leak();
    return notes(page);
  };
  await expect
    .poll(heard, { ...PATIENT, interval: 2500 })
    .toContainEqual(expect.stringMatching(/^notification The IMEI of Lab phone went to 127\.0\.0\.1/));
  await expect.poll(() => notes(page), PATIENT).toContain('tone 880 running');
  expect((await notes(page)).join()).not.toContain(IMEI);
  await browsing.close();
});

it('a sound that the browser blocks is told, and heard after a click', async (context) => {
  requireTool(context, 'chromium', 'curl');
  const browsing = await newContext();
  const first = await browsing.newPage();
  await signIn(first);
  await first.evaluate("localStorage.setItem('phonehome.sound', 'on')");
  await first.close();
  // Nobody has touched this one. What Playwright itself asks a page counts as a touch, so it is asked by the browser's own protocol.
  const page = await browsing.newPage();
  await page.addInitScript(NOTES);
  const protocol = await browsing.newCDPSession(page);
  const ask = async (expression: string): Promise<unknown> =>
    (await protocol.send('Runtime.evaluate', { expression, returnByValue: true })).result.value;
  await page.goto(`${world.lab.ready.ui.url}/#/live`);
  await expect.poll(() => ask("document.querySelector('.state.live') !== null"), PATIENT).toBe(true);
  const isTold = (): Promise<unknown> =>
    ask("document.body.innerText.includes('The browser plays no sound before you click on this page.')");
  const alarm = async (): Promise<unknown> => {
    await leak();
    return isTold();
  };
  await expect.poll(alarm, { ...PATIENT, interval: 2500 }).toBe(true);
  expect(await ask('notes.join()')).toBe('');
  await page.mouse.click(640, 500);
  await expect.poll(() => ask('notes.join()'), PATIENT).toContain('tone 880 running');
  await expect.poll(isTold, PATIENT).toBe(false);
  await browsing.close();
});

it('notifications that the browser refuses are not pretended', async (context) => {
  requireTool(context, 'chromium');
  const browsing = await newContext();
  const page = await browsing.newPage();
  await page.addInitScript("Notification.requestPermission = async () => 'denied'");
  await signIn(page);
  await page.evaluate("location.hash = '#/live'");
  await page.getByLabel('Desktop notifications').click();
  await page.getByText('The browser does not allow notifications for this page').waitFor();
  expect(await page.getByLabel('Desktop notifications').isChecked()).toBe(false);
  await browsing.close();
});

it.each(['granted', 'refused'] as const)('the wall keeps its screen on; where that is %s it says so', async (how) => {
  toolPath('chromium');
  const browsing = await newContext();
  const page = await browsing.newPage();
  await page.addInitScript(`${NOTES} lock('${how}')`);
  await signIn(page);
  await page.evaluate("location.hash = '#/wall'");
  const warning = page.getByText('The browser does not keep this screen on');
  await expect.poll(() => notes(page), PATIENT).toEqual(['lock screen']);
  if (how === 'refused') await warning.waitFor();
  else expect(await warning.count()).toBe(0);
  expect(await page.locator('header.top').isVisible()).toBe(false);
  await page.getByRole('link', { name: 'Leave the wall screen' }).click();
  await page.locator('header.top').waitFor();
  if (how === 'granted') await expect.poll(() => notes(page), PATIENT).toEqual(['lock screen', 'released']);
  await browsing.close();
});

it('of two people who do the same step one is told, and no step is left out; an ended run ends in both', async (context) => {
  requireTool(context, 'chromium');
  const headers = { authorization: `Bearer ${await token('operator')}`, 'content-type': 'application/json' };
  const change = (path: string, method: string, body?: object) =>
    fetch(`${world.lab.ready.ui.url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const opened = await change('/api/cases', 'POST', { title: 'Shared run', plan: 'first-boot' });
  expect(opened.status).toBe(201);
  const { id } = (await opened.json()) as { id: string };
  const browsing = await newContext();
  const [one, other] = [await browsing.newPage(), await browsing.newPage()];
  await signIn(one);
  for (const page of [one, other]) {
    await page.goto(`${world.lab.ready.ui.url}/#/case/${id}`);
    await page.getByRole('heading', { name: /^Step 1 of/ }).waitFor();
  }
  // The second browser does not hear of the first one's step before it does its own.
  await other.route('**/plan', (route) => (route.request().method() === 'GET' ? route.abort() : route.continue()));
  await one.getByRole('button', { name: 'Done' }).click();
  await one.getByRole('heading', { name: /^Step 2 of/ }).waitFor();
  await other.getByRole('button', { name: 'Done' }).click();
  await other.locator('.step .refusal').waitFor();
  const view = (await world.lab.api(`/api/cases/${id}/plan`)) as { number: number };
  expect(view.number).toBe(1);
  await other.unroute('**/plan');
  await other.getByRole('heading', { name: /^Step 2 of/ }).waitFor();

  await one.getByRole('button', { name: 'End the test run' }).click();
  await one.getByText('over').first().waitFor();
  await other.getByText('over').first().waitFor();
  expect(await other.getByRole('button', { name: 'Before consent' }).count()).toBe(0);
  await browsing.close();
});

it('a token that is replaced while the page is open leads to signing in, and back to where one was', async (context) => {
  requireTool(context, 'chromium');
  const browsing = await newContext();
  const page = await browsing.newPage();
  await signIn(page, 'viewer');
  await page.evaluate("location.hash = '#/flows?by=owner'");
  await page.getByRole('heading', { name: 'Connections' }).waitFor();
  const headers = { authorization: `Bearer ${(await readFile(world.lab.ready.token, 'utf8')).trim()}` };
  const rotated = await fetch(`${world.lab.ready.ui.url}/api/tokens/viewer/rotate`, { method: 'POST', headers });
  expect(rotated.status).toBe(200);
  await page.fill('input[name=token]', await token('viewer'));
  await page.click('button');
  await page.getByRole('heading', { name: 'Connections' }).waitFor();
  expect(page.url()).toContain('#/flows?by=owner');
  await browsing.close();
});

it('what came while the lab could not be reached is there when it can', async (context) => {
  requireTool(context, 'chromium', 'curl');
  const browsing = await newContext();
  const page = await browsing.newPage();
  let cut: () => void = () => {};
  let isAway = false;
  await page.routeWebSocket(/alerts\/live/, (socket) => {
    if (isAway) return void socket.close();
    const server = socket.connectToServer();
    cut = () => void server.close().then(() => socket.close());
  });
  await page.route('**/api/session', (route) => (isAway ? route.abort() : route.continue()));
  await signIn(page);
  await page.evaluate("location.hash = '#/live'");
  const listed = page.locator('.alert');
  await listed.first().waitFor();
  const known = await listed.count();
  isAway = true;
  cut();
  await page.getByText('The lab does not answer. Trying again…').waitFor();
  await leak();
  await leak();
  isAway = false;
  await page.waitForSelector('.state.live');
  await expect.poll(() => listed.count(), PATIENT).toBe(known + 2);
  await page.locator('.alert summary').first().click();
  const [last, before] = [`field-${sent}`, `field-${sent - 1}`];
  await page.locator('.alert pre', { hasText: last }).first().waitFor();
  await page.locator('.alert summary').nth(1).click();
  await page.locator('.alert pre', { hasText: before }).first().waitFor();
  await browsing.close();
});

it('a lab of an earlier version shows what it has, and the page says that the rest stays empty', async (context) => {
  requireTool(context, 'chromium', 'curl');
  await leak();
  const browsing = await newContext();
  const page = await browsing.newPage();
  const gone = { status: 404, contentType: 'application/json', body: '{"error":"no such address"}' };
  for (const path of ['search/latest-alerts', 'devices/discovered', 'coverage', 'coverage/apps*', 'beacons'])
    await page.route(`**/api/${path}`, (route) => route.fulfill(gone));
  await signIn(page);
  await page.getByText('The lab is an earlier version than this page').waitFor();
  await page.locator('.card', { hasText: 'Lab phone' }).getByRole('link', { name: 'Open' }).click();
  await page.getByRole('heading', { name: 'What left this phone' }).waitFor();
  await page.locator('.phone .alert').first().waitFor();
  await browsing.close();
});

it('a computer whose clock is an hour behind the lab’s lists the newest connections all the same, and is told', async (context) => {
  requireTool(context, 'chromium', 'curl');
  const browsing = await newContext();
  const page = await browsing.newPage();
  await page.addInitScript(`const now = Date.now.bind(Date); Date.now = () => now() - ${HOUR};`);
  await signIn(page);
  await page.getByText('The lab’s clock is 60 minutes ahead of this computer’s.').waitFor();
  await leak();
  const stored = async (): Promise<number> =>
    ((await world.lab.api('/api/search/flows?limit=1')) as { total: number }).total;
  await expect.poll(stored, PATIENT).toBeGreaterThan(0);
  await page.evaluate("location.hash = '#/flows'");
  await page.locator('.row', { hasText: '127.0.0.1' }).first().waitFor();
  await browsing.close();
});

it('draws its map where the browser has neither WebGL nor canvas', async (context) => {
  requireTool(context, 'chromium', 'curl');
  await askCurl(world.lab.phone, {
    method: 'POST',
    url: `${world.http}/plain`,
    headers: [['Content-Type', 'text/plain']],
    body: Buffer.from(`imei=${IMEI}`),
  });
  const browsing = await newContext();
  const page = await browsing.newPage();
  await page.addInitScript(
    'HTMLCanvasElement.prototype.getContext = () => null; delete globalThis.WebGL2RenderingContext',
  );
  await signIn(page);
  await page.evaluate("location.hash = '#/companies?simulated=true'");
  await page.locator('a.arc').first().waitFor();
  await browsing.close();
});
