/**
 * What an alert costs the page, and whether the page's memory stays flat: alerts are put into its WebSocket, so that neither the
 * wire nor the lab counts. CPU is that of the page's main thread, which the load of the machine does not change.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserContext, WebSocketRoute } from 'playwright-core';
import type { Alert } from '../../src/model/alert.ts';

export interface PageCostOptions {
  context: BrowserContext;
  /** Of the lab's page, signed in. */
  url: string;
  hash: string;
  /** One that is stored: those that are put in are like it. */
  like: Alert;
  perSecond: number;
  /** Alerts before each look at the memory. */
  rounds: readonly number[];
}

/** CPU milliseconds and requests per alert; after each round the page's JavaScript heap after a collection, MB. */
export async function measurePage({ context, url, hash, like, perSecond, rounds }: PageCostOptions) {
  const page = await context.newPage();
  let socket: WebSocketRoute | null = null;
  await page.routeWebSocket(/alerts\/live/, (route) => {
    socket = route;
    const server = route.connectToServer();
    route.onMessage((message) => server.send(message));
    server.onMessage((message) => route.send(message));
  });
  await page.goto(`${url}/${hash}`);
  await page.waitForSelector('.state.live');
  await page.locator('.alert').first().waitFor();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const metrics = async (): Promise<Record<string, number>> =>
    Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
  const heapMB = async (): Promise<number> => {
    await cdp.send('HeapProfiler.collectGarbage');
    return Math.round(((await metrics()).JSHeapUsedSize ?? 0) / 1e5) / 10;
  };
  let requests = 0;
  page.on('request', () => void requests++);
  const heapAfterMB = [await heapMB()];
  const before = await metrics();
  let sent = 0;
  for (const many of rounds) {
    const begin = performance.now();
    for (let one = 0; one < many; one++) {
      const due = (one * 1000) / perSecond - (performance.now() - begin);
      if (due > 0) await pause(due);
      sent++;
      (socket as WebSocketRoute | null)?.send(JSON.stringify({ type: 'alert', alert: another(like, sent) }));
    }
    await page.getByText(`leak-${sent}.example`).first().waitFor();
    heapAfterMB.push(await heapMB());
  }
  const after = await metrics();
  await page.close();
  const perAlert = (name: string): number =>
    Math.round((((after[name] ?? 0) - (before[name] ?? 0)) * 1e5) / sent) / 100;
  return {
    ...{ hash, alerts: sent, cpuMsPerAlert: perAlert('TaskDuration'), scriptMsPerAlert: perAlert('ScriptDuration') },
    ...{ layoutMsPerAlert: perAlert('LayoutDuration'), styleMsPerAlert: perAlert('RecalcStyleDuration') },
    ...{ requestsPerAlert: Math.round((requests / sent) * 100) / 100, heapAfterMB },
  };
}

function another(like: Alert, number: number): Alert {
  const time = new Date().toISOString();
  const { text: _, ...rest } = like;
  const host = `leak-${number}.example`;
  const destination = like.destination && { ...like.destination, host };
  const message = `The IMEI went to ${host}.`;
  return { ...rest, ...{ id: `put-in-${number}`, seq: like.seq + number, time, lastSeen: time, message, destination } };
}
