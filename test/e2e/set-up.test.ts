/**
 * A phone's browser at `http://phonehome.lab/`, through the lab: the list that turns green step by step, without script, and the
 * test values, found by the lab's own search. Chromium stands for the phone.
 */

import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireTool, toolPath } from '../clients/tools.ts';
import { type LabProcess, startLab } from './lab-process.ts';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1';
const ANDROID =
  'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5 Build/M4B30Z) AppleWebKit/537.36 Chrome/44.0.2403.133 Mobile Safari/537.36';

let lab: LabProcess;
let browser: Browser | null = null;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(async () => {
  await browser?.close();
  await lab.stop();
});

async function phone(options: BrowserContextOptions) {
  const { host, port } = lab.ready.proxy;
  browser ??= await chromium.launch({
    executablePath: toolPath('chromium'),
    args: ['--no-sandbox'],
    proxy: { server: `http://${host}:${port}` },
  });
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  return { page, end: () => context.close() };
}

it('a phone without the certificate: its steps turn green one by one, no script needed', async (context) => {
  requireTool(context, 'chromium');
  const { page, end } = await phone({ userAgent: ANDROID, locale: 'vi-VN', javaScriptEnabled: false });
  await page.goto('http://phonehome.lab/');
  const state = page.frameLocator('iframe.state');
  await state.locator('li.done', { hasText: 'Dữ liệu của máy đi qua phòng thử' }).waitFor();
  expect(await state.locator('li.done').count()).toBe(2);
  const started = page.waitForEvent('download');
  await page.getByText('Tải chứng chỉ (Android)').click();
  expect((await started).suggestedFilename()).toBe('phonehome-ca.cer');
  await state.locator('li.done', { hasText: 'Đã tải chứng chỉ' }).waitFor();
  // It was asked for over https several times, and refused each time: that is no app that pins.
  await state.locator('li.open', { hasText: 'Chưa: cài đặt như bước 2' }).waitFor();
  expect(JSON.stringify(await lab.api('/api/pins'))).not.toContain('phonehome.lab');
  await end();
});

it('a phone that trusts the lab: all but the forms is found at once, the forms by a tap, and no alert comes of it', async (context) => {
  requireTool(context, 'chromium');
  const { page, end } = await phone({ userAgent: IPHONE, locale: 'en-GB', ignoreHTTPSErrors: true });
  await page.goto('http://phonehome.lab/');
  const state = page.frameLocator('iframe.state');
  await state.locator('li.done', { hasText: 'This browser trusts the certificate' }).waitFor();
  await state.getByRole('link', { name: 'Done? Show what is next' }).click();
  await page.getByRole('link', { name: 'Open the test page' }).click();
  const results = page.frameLocator('iframe.results');
  await results.getByText('12 of 12 that were sent were found.').waitFor();
  await page.getByRole('button', { name: 'in a form', exact: true }).click();
  await results.getByText('13 of 13 that were sent were found.').waitFor();
  await page.getByRole('button', { name: 'in a form with parts' }).click();
  await results.getByText('14 of 14 that were sent were found.').waitFor();
  expect(lab.alerts().filter(({ type }) => type === 'leak')).toEqual([]);
  await page.getByRole('link', { name: 'Set up this phone' }).click();
  await state.locator('li.done', { hasText: 'found its test values' }).waitFor();
  expect(await page.locator('details[open]').count()).toBe(0);
  await end();
});

it.each([
  { locale: 'en-GB', colorScheme: 'light' },
  { locale: 'vi-VN', colorScheme: 'dark' },
] as const)('is WCAG AA by axe with everything unfolded, and fits 360 px: $locale, $colorScheme', async (options) => {
  toolPath('chromium');
  for (const userAgent of [ANDROID, IPHONE]) {
    const { page, end } = await phone({ ...options, userAgent, bypassCSP: true });
    for (const address of ['http://phonehome.lab/', 'http://phonehome.lab/check']) {
      await page.goto(address);
      await page.frameLocator('iframe').locator('li').first().waitFor();
      await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      const found = (await page.evaluate(
        `${axe.source}; axe.run(document, { iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })`,
      )) as axe.AxeResults;
      expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      expect([address, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([address, 360]);
    }
    await end();
  }
});
