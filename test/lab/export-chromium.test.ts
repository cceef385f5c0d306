/** The HAR of a package, imported by Chromium's own network panel. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { exportCase } from '../../src/lab/export-case.ts';
import { requireTool, toolPath } from '../clients/tools.ts';
import { IMEI } from '../sinks/lab-alert.ts';
import { packedCase } from './packed-case.ts';

const given = packedCase();
let browser: Browser | null = null;
afterAll(async () => {
  await browser?.close();
  given.end();
});

/** Within the page of the developer tools: their modules, as they come with the browser. */
const importing = (har: string): string => `(async () => {
  const part = (name) => import('devtools://devtools/bundled/' + name);
  const { ViewManager } = await part('ui/legacy/legacy.js');
  await ViewManager.ViewManager.instance().showView('network');
  const { NetworkPanel } = await part('panels/network/network.js');
  await NetworkPanel.NetworkPanel.instance().networkLogView.onLoadFromFile(new File([${JSON.stringify(har)}], 'flows.har'));
})()`;

const READING = `(async () => {
  const { NetworkLog } = await import('devtools://devtools/bundled/models/logs/logs.js');
  return Promise.all(NetworkLog.NetworkLog.instance().requests().map(async (one) => ({
    url: one.url(), method: one.requestMethod, status: one.statusCode, sent: await one.requestFormData(),
    got: (await one.requestContentData()).text, messages: one.frames().map(({ type, text }) => [type, text]),
  })));
})()`;

it('opens: requests, bodies, opened answers, messages, times', async (context) => {
  requireTool(context, 'chromium');
  const file = given.out('case.zip');
  await exportCase(given.options(file), () => {});
  const har = Buffer.from(unzipSync(readFileSync(file))['flows.har'] ?? '').toString();
  browser = await chromium.launch({ executablePath: toolPath('chromium'), args: ['--no-sandbox'] });
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto('devtools://devtools/bundled/devtools_app.html');
  // Its tabs are there: it is ready.
  await page.locator('#tab-network').first().waitFor();
  await page.evaluate(importing(har));
  const rows = page.locator('.network-log-grid tr.data-grid-data-grid-node');
  await expect
    .poll(() => rows.allInnerTexts(), { timeout: 60_000 })
    .toEqual([
      expect.stringMatching(/^upload\?q=1&m=a%20b\t200\t.*\t80\sms$/),
      expect.stringMatching(/^socket\t101\twebsocket\t.*\t30\sms$/),
    ]);
  expect(await page.evaluate(READING)).toMatchObject([
    {
      url: 'https://zzhc.vnet.cn/upload?q=1&m=a%20b',
      method: 'POST',
      status: 200,
      // As on the wire: gzip, told in base64.
      sent: expect.stringMatching(/^H4sI/),
      got: '{"ok":true,"text":"xin chào"}',
    },
    {
      url: 'https://zzhc.vnet.cn/socket',
      status: 101,
      messages: [
        ['send', `{"imei":"${IMEI}"}`],
        ['receive', 'AAEC/w=='],
      ],
    },
  ]);
});
