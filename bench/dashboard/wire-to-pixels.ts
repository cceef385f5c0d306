/**
 * How long an alert takes from the phone's first byte to the screen: a phone posts its IMEI to so many names a second, each a name
 * of its own and so an alert of its own; the page says when a frame that holds it was painted. Both read the clock of one machine.
 */

import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { Origin } from '../../test/clients/origin.ts';
import type { LabProcess } from '../../test/e2e/lab-process.ts';

const IMEI = '490154203237518';
const IMSI = '001010123456789';
/** A lab that has just started compiles its code with its first alerts; so many come before the clock runs. */
const WARM_UP = 250;

export interface WireOptions {
  page: Page;
  lab: LabProcess;
  origin: Origin;
  perSecond: number;
  seconds: number;
}

/** Notes when each name was painted first. A text, because the DOM is the browser's. */
const WATCH = `(() => {
  const seen = (globalThis.seen = {});
  const look = (changes) => {
    const come = [];
    // textContent, unlike innerText, makes the browser lay out nothing for the sake of being asked.
    for (const { target } of changes)
      for (const [name] of target.textContent.matchAll(/leak-\\d+\\.example/g))
        if (!(name in seen)) {
          seen[name] = 0;
          come.push(name);
        }
    if (come.length === 0) return;
    // After the frame that shows them.
    requestAnimationFrame(() =>
      setTimeout(() => {
        for (const name of come) seen[name] = performance.timeOrigin + performance.now();
      }),
    );
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
})()`;

export async function measureWire({ page, lab, origin, perSecond, seconds }: WireOptions) {
  const names = Array.from({ length: perSecond * seconds }, (_, n) => `leak-${n}.example`);
  const earlier = Array.from({ length: WARM_UP }, (_, n) => `earlier-${n}.example`);
  await mapNames(lab, origin, [...earlier, ...names]);
  await page.evaluate("location.hash = '#/live'; scrollTo(0, 0)");
  await page.locator('.alert').first().waitFor();
  await inTurn(earlier, perSecond, (name) => post(lab, name, `imsi=${IMSI}`));
  await page.evaluate(WATCH);
  const sentAt = new Map<string, number>();
  await inTurn(names, perSecond, (name) => {
    sentAt.set(name, performance.timeOrigin + performance.now());
    post(lab, name, `imei=${IMEI}`);
  });
  await pause(3000);
  const shown = (await page.evaluate('globalThis.seen')) as Record<string, number>;
  const times = names
    .flatMap((name) => (shown[name] ? [(shown[name] as number) - (sentAt.get(name) as number)] : []))
    .sort((one, other) => one - other);
  const at = (share: number): number =>
    Math.round(times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? -1);
  return { sent: names.length, shown: times.length, p50Ms: at(0.5), p99Ms: at(0.99), worstMs: at(1) };
}

async function inTurn(names: readonly string[], perSecond: number, send: (name: string) => void): Promise<void> {
  const begin = performance.now();
  for (const [index, name] of names.entries()) {
    const due = (index * 1000) / perSecond - (performance.now() - begin);
    if (due > 0) await pause(due);
    send(name);
  }
}

/** A request of its own connection, as an app's first one is. */
function post({ ready }: LabProcess, name: string, body: string): void {
  const headers = { host: name, 'content-type': 'text/plain', 'content-length': body.length };
  const { host, port } = ready.proxy;
  const asked = request({ host, port, method: 'POST', path: `http://${name}/plain`, headers, agent: false }, (answer) =>
    answer.resume(),
  );
  asked.on('error', (error) => console.error(name, error.message));
  asked.end(body);
}

async function mapNames({ ready }: LabProcess, { httpPort }: Origin, names: readonly string[]): Promise<void> {
  const token = (await readFile(ready.token, 'utf8')).trim();
  for (let first = 0; first < names.length; first += 100) {
    const entries = names
      .slice(first, first + 100)
      .map((host) => ({ host, port: 80, dial: `127.0.0.1:${httpPort}`, address: '42.62.48.10' }));
    const answer = await fetch(`${ready.ui.url}/api/upstream-map`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(entries),
    });
    if (!answer.ok) throw new Error(`the upstream map: ${await answer.text()}`);
  }
}
