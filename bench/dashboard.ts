/**
 * `npm run bench:dashboard`: a lab with 100,000 alerts and 1,000,000 connections in its store, Chromium before it, and a clock:
 * first list, scrolling, search, and the way of an alert from the wire to the screen while a phone leaks 50 times a second.
 * `--quick` for a tenth of it, which writes no result. `--only lists`, `wire` or `memory` for a part of it, kept under that name.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import type { Alert } from '../src/model/alert.ts';
import { startOrigin } from '../test/clients/origin.ts';
import { toolPath } from '../test/clients/tools.ts';
import { ANY_PHONE, type LabProcess, startLab } from '../test/e2e/lab-process.ts';
import { measurePage } from './dashboard/page-cost.ts';
import { NEEDLE, writeResult, writeStores } from './dashboard/stores.ts';
import { measureWire } from './dashboard/wire-to-pixels.ts';

const {
  values: { quick: isQuick = false, only = null },
} = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } });
const sizes = isQuick
  ? { alerts: 10_000, flows: 100_000, bodies: 20 }
  : { alerts: 100_000, flows: 1_000_000, bodies: 100 };
/** So that nothing of it is older than what a lab keeps. */
const START = Date.now() - 40 * 24 * 3600_000;

const data = mkdtempSync(path.join(tmpdir(), 'bench-dashboard-'));
const since = (start: number): number => Math.round(performance.now() - start);
const result: Record<string, unknown> = {};
const note = (name: string, value: unknown): void => {
  result[name] = value;
  console.log(name, JSON.stringify(value));
  // As it comes: what was measured stays when the rest is not.
  if (!isQuick)
    writeResult([new Date().toISOString().slice(0, 10), 'dashboard', ...(only ? [only] : [])].join('-'), result);
};

async function signIn(lab: LabProcess): Promise<{ page: Page; end: () => Promise<void> }> {
  const browser = await chromium.launch({ executablePath: toolPath('chromium'), args: ['--no-sandbox'] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(`${lab.ready.ui.url}/`);
  await page.fill('input[name=token]', (await readFile(lab.ready.token, 'utf8')).trim());
  await page.click('button');
  await page.waitForSelector('.state.live');
  return { page, end: () => browser.close() };
}

/** From the address to rows, with nothing of the page in the browser's memory. */
async function firstList(page: Page, hash: string, row: string): Promise<number> {
  await page.goto('about:blank');
  const start = performance.now();
  await page.goto(`${lab.ready.ui.url}/${hash}`);
  await page.locator(row).first().waitFor();
  return since(start);
}

/** One step a frame, a screen and a half each, through thousands of rows. */
async function scroll(page: Page): Promise<{ framesPerSecond: number; slowestFrameMs: number; pixels: number }> {
  // A text, because the DOM is the browser's.
  return page.evaluate(`(async () => {
    const frames = [];
    const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const begin = await next();
    for (let last = begin; last - begin < 5000; ) {
      scrollBy(0, 300);
      const now = await next();
      frames.push(now - last);
      last = now;
    }
    const total = frames.reduce((sum, one) => sum + one, 0);
    return {
      framesPerSecond: Math.round((frames.length / total) * 1000),
      slowestFrameMs: Math.round(Math.max(...frames)),
      pixels: Math.round(scrollY),
    };
  })()`);
}

/** What is typed, and what must show; the 200 ms in which the page waits for more letters included. */
async function search(page: Page, text: string, shows: string): Promise<number> {
  const start = performance.now();
  await page.fill('#search', text);
  await page.getByText(shows).waitFor();
  return since(start);
}

async function api(pathAndQuery: string): Promise<number> {
  const token = (await readFile(lab.ready.token, 'utf8')).trim();
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    const answer = await fetch(`${lab.ready.ui.url}${pathAndQuery}`, { headers: { authorization: `Bearer ${token}` } });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${pathAndQuery}: ${answer.status}`);
    times.push(since(start));
  }
  return Math.max(...times);
}

const written = performance.now();
writeStores(data, sizes, START);
note('sizes', { ...sizes, writtenInSeconds: Math.round(since(written) / 1000) });
note('machine', {
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 2 ** 30),
  load: loadavg()[0],
});
const origin = await startOrigin(['collector.example.com']);
const lab = await startLab({ dataDir: data, devices: ANY_PHONE, args: ['--allow-destinations', '127.0.0.0/8'] });
const { page, end } = await signIn(lab);
/** Each is measured with `--only NAME` alone. */
const sections = {
  async lists() {
    note('firstListMs', {
      live: await firstList(page, '#/live', '.alert'),
      flows: await firstList(page, '#/flows', '.row'),
    });
    note('searchApiWorstOf5Ms', {
      alertsRare: await api('/api/search/alerts?q=report/77'),
      alertsNone: await api('/api/search/alerts?q=nothing-like-this'),
      flowsRare: await api('/api/search/flows?q=vendor699%20api4'),
      flowsCommon: await api('/api/search/flows?q=vendor'),
      flowsNone: await api('/api/search/flows?q=nothing-like-this'),
      groupsByOwner: await api('/api/search/flow-groups?by=owner'),
      firstHitIn100MBOfBodies: await api(`/api/search/bodies?q=${NEEDLE}&device=phone-bodies&reveal=true`),
    });
    await page.evaluate("location.hash = '#/flows'");
    note('searchOnThePageMs', { flows: await search(page, 'nothing-like-this', 'No connection fits.') });
    await page.evaluate("location.hash = '#/live'");
    await page.locator('.alert').first().waitFor();
    note('scrollAlerts', await scroll(page));
    await page.evaluate("location.hash = '#/flows'");
    await page.locator('.row').first().waitFor();
    note('scrollFlows', await scroll(page));
  },
  async wire() {
    await page.goto(`${lab.ready.ui.url}/#/live`);
    note('wireToPixels', await measureWire({ page, lab, origin, perSecond: 50, seconds: isQuick ? 5 : 20 }));
  },
  async memory() {
    const { alerts } = (await lab.api('/api/alerts?newest=true&limit=1')) as { alerts: [Alert] };
    const rounds = isQuick ? [500, 500, 500] : Array.from({ length: 12 }, () => 1000);
    for (const hash of ['#/live', '#/phones'])
      note(
        `page ${hash}`,
        await measurePage({
          ...{ context: page.context(), url: lab.ready.ui.url, hash },
          like: alerts[0],
          perSecond: 50,
          rounds,
        }),
      );
  },
};
try {
  if (only !== null && !(only in sections)) throw new Error(`--only is one of ${Object.keys(sections).join(', ')}`);
  for (const [name, measure] of Object.entries(sections)) if (only === null || only === name) await measure();
  note('loadAtTheEnd', loadavg()[0]);
} finally {
  await end();
  await lab.stop();
  await origin.stop();
  rmSync(data, { recursive: true, force: true });
}
