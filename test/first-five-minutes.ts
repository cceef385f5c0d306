/**
 * From `npm start` to the first alert by what the screens say only, Chromium as the phone: every click of
 * docs/first-five-minutes.md, with its pictures. `npm run pictures` makes them anew, for a person to look at after a change.
 * Needs chromium and tmux. The server stands on loopback and is filed under an address in China, as replays are.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { toolPath } from './clients/tools.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const PICTURES = path.join(ROOT, 'docs/pictures');
const PORTS = { proxy: 18580, ui: 18581 };
const ANDROID = 'Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36';
const PHONE: BrowserContextOptions = { userAgent: ANDROID, locale: 'en-GB', viewport: { width: 360, height: 740 } };
const DESK: BrowserContextOptions = { locale: 'en-GB', viewport: { width: 1280, height: 760 } };

mkdirSync(PICTURES, { recursive: true });
const dir = mkdtempSync(path.join(tmpdir(), 'five-minutes-'));
const origin = createServer((_request, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<title>Weather</title><h1>Weather</h1><p>Sunny.</p>');
});
await new Promise<void>((resolve) => void origin.listen(0, '127.0.0.1', resolve));
const to = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
const map = path.join(dir, 'map.json');
writeFileSync(map, JSON.stringify([{ host: 'weather.example', port: 80, dial: to, address: '42.62.48.10' }]));

const tmux = (...args: string[]): string =>
  execFileSync(toolPath('tmux'), ['-u', '-S', path.join(dir, 'tmux'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });

/** The screen of the terminal once it says this. */
async function terminal(says: RegExp): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const text = tmux('capture-pane', '-p', '-J', '-t', 'lab');
    if (says.test(text)) return text;
    await pause(200);
  }
  throw new Error(`the terminal never said ${says}`);
}

const steps: string[] = [];
const step = (text: string): void => {
  steps.push(text);
  console.log(`${steps.length}. ${text}`);
};
const picture = async (page: Page, name: string, fullPage = false): Promise<void> => {
  // What slides in has come to rest.
  await pause(600);
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage });
};

const started = performance.now();
const bin = path.join(ROOT, 'bin/phonehome.mjs');
const command = `${process.execPath} ${bin} start --host 127.0.0.1 --proxy-port ${PORTS.proxy} --ui-port ${PORTS.ui} --home-country VN --upstream-map ${map}`;
tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'lab', '-x', '130', '-y', '60', '-c', dir, command);
const browser = await chromium.launch({ executablePath: toolPath('chromium'), args: ['--no-sandbox'] });
const phoneProxy = { server: `http://127.0.0.1:${PORTS.proxy}` };

try {
  step('Run `npm start`.');
  const screen = await terminal(/Waiting for the first connection/);
  const [address = ''] = /http:\S+sign-in\?code=\S+/.exec(screen) ?? [];
  if (address === '') throw new Error('the terminal names no address that signs in');

  step('Open the address beside “Dashboard”.');
  const desk = await (await browser.newContext(DESK)).newPage();
  await desk.goto(address);
  await desk.waitForSelector('.state.live');
  await picture(desk, '1-nobody-yet');

  step('Click “Show me how to connect one”.');
  await desk.locator('.empty a.button').click();
  await desk.locator('svg.qr').first().waitFor();
  await picture(desk, '2-add-a-phone');
  const page = await desk.locator('.ways code').first().textContent();

  step('On the phone: scan the code. Its page opens.');
  let phone: BrowserContext = await browser.newContext(PHONE);
  let tab = await phone.newPage();
  await tab.goto(String(page));
  await tab.frameLocator('iframe.state').locator('li.done').first().waitFor();
  await picture(tab, '3-set-up');
  await phone.close();

  step('Set the proxy as step 1 of that page says, then open http://phonehome.lab/ as it says.');
  phone = await browser.newContext({ ...PHONE, proxy: phoneProxy });
  tab = await phone.newPage();
  await tab.goto('http://phonehome.lab/');
  await tab.frameLocator('iframe.state').locator('li.done').nth(1).waitFor();
  await picture(tab, '4-proxy-is-set', true);
  await phone.close();

  step('Tap “Download certificate” and install it as drawn. The list turns green.');
  phone = await browser.newContext({ ...PHONE, proxy: phoneProxy, ignoreHTTPSErrors: true });
  tab = await phone.newPage();
  await tab.goto('http://phonehome.lab/');
  const downloading = tab.waitForEvent('download');
  await tab.getByText('Download certificate (Android)').click();
  await downloading;
  await tab.frameLocator('iframe.state').locator('li.done').nth(3).waitFor();
  await tab.frameLocator('iframe.state').getByText('Done? Show what is next').click();
  await tab.getByRole('link', { name: 'Open the test page' }).waitFor();
  await picture(tab, '5-trusted');

  step('Tap “Done? Show what is next”, then “Open the test page”.');
  await tab.getByRole('link', { name: 'Open the test page' }).click();
  await tab.frameLocator('iframe.results').getByText('12 of 12 that were sent were found.').waitFor();
  await picture(tab, '6-test', true);

  step('On the dashboard: click “To the phones”. The phone is there; click “Name it”.');
  await desk.getByRole('link', { name: 'To the phones' }).click();
  await desk.getByRole('button', { name: 'Name it' }).first().waitFor();
  await picture(desk, '7-who-is-this');
  await desk.getByRole('button', { name: 'Name it' }).first().click();

  step('Dial *#06# on the phone, type its IMEI, give it a name, click “Save”.');
  await desk.getByLabel('Short name, for lists').fill('shop-1');
  await desk.getByLabel('Model').fill('Pixel 7');
  await desk.getByLabel(/^IMEI/).fill('490154203237518');
  await picture(desk, '8-name-it');
  await desk.getByRole('button', { name: 'Save' }).click();
  await desk.locator('.card', { hasText: 'Pixel 7' }).first().waitFor();

  step('Use the phone: here a weather page that is sent the IMEI.');
  await tab.goto('http://weather.example/today?imei=490154203237518');
  await desk.locator('.alert.replay, .alert.critical').first().waitFor();
  await desk.locator('.alert').first().locator('summary').click();
  await picture(desk, '9-first-alert');
  console.log(`from start to first alert: ${Math.round((performance.now() - started) / 1000)} s by a machine`);

  // For the README: reported cases, played through this lab.
  await desk.evaluate(async () => {
    const { replays } = (await (await fetch('/api/replays')).json()) as { replays: { name: string }[] };
    const all = JSON.stringify({ cases: replays.map(({ name }) => name) });
    const headers = { 'content-type': 'application/json', 'x-phonehome': '1' };
    await fetch('/api/replays', { method: 'POST', headers, body: all });
  });
  await desk.goto(`http://127.0.0.1:${PORTS.ui}/#/companies?simulated=true`);
  await desk.locator('a.arc').first().waitFor();
  await picture(desk, 'map');
  const wall = await (await browser.newContext({ ...DESK, colorScheme: 'dark', locale: 'vi-VN' })).newPage();
  await wall.context().addCookies(await desk.context().cookies());
  await wall.goto(`http://127.0.0.1:${PORTS.ui}/#/phones`);
  await wall.waitForSelector('.state.live');
  if ((await wall.locator('.replays').getAttribute('open')) === null) await wall.locator('.replays > summary').click();
  await picture(wall, 'phones-vi');
  await desk.setViewportSize({ width: 1360, height: 850 });
  await desk.goto(`http://127.0.0.1:${PORTS.ui}/#/phones`);
  if ((await desk.locator('.replays').getAttribute('open')) === null) await desk.locator('.replays > summary').click();
  await desk.locator('.latest .alert summary').first().click();
  await picture(desk, '../dashboard');
} finally {
  await browser.close();
  tmux('kill-server');
  origin.close();
  rmSync(dir, { recursive: true, force: true });
}
