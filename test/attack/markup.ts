/**
 * Markup and scripts in every field that a phone, a server, its certificate or a tester can fill, opened in a browser: dashboard,
 * the page for marking test runs, a report. Nothing of it runs, becomes an element, or has the browser ask another address.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { askCurl } from '../clients/curl.ts';
import { toolPath } from '../clients/tools.ts';
import { phonehome } from '../e2e/lab-process.ts';
import { startWorld, type World } from '../e2e/world.ts';
import { type Attack, ask } from './attack.ts';

const IMEI = '490154203237518';
/** Each breaks out of another place: text, attribute, script, style, address, template. */
const HOSTILE = [
  '<x-pwned></x-pwned><img src=x onerror=pwned()>',
  '"\'><x-pwned onfocus=pwned() autofocus tabindex=1>',
  '</title></script></style></textarea><script>pwned()</script>',
  'javascript:pwned()',
  '<svg onload=pwned()><a xlink:href="javascript:pwned()">',
  '<iframe src="https://evil.example/"></iframe><base href="https://evil.example/">',
  '<meta http-equiv=refresh content="0;url=https://evil.example/">',
  '{{constructor.constructor("pwned()")()}}`+pwned()+`',
  '&lt;x-pwned&gt;&#60;x-pwned&#62;',
];

type Call = (method: string, to: string, body: unknown) => Promise<Record<string, string>>;

async function caller({ lab }: World): Promise<Call> {
  const { ui, token } = lab.ready;
  const headers = {
    authorization: `Bearer ${(await readFile(token, 'utf8')).trim()}`,
    'content-type': 'application/json',
  };
  return async (method, to, body) =>
    (await fetch(new URL(to, ui.url), { method, headers, body: JSON.stringify(body) })).json() as Promise<
      Record<string, string>
    >;
}

/** What testers wrote: all of it in a test run of its own, with a phone of that name. */
async function writeAll(call: Call): Promise<string[]> {
  const ids: string[] = [];
  for (const [at, text] of HOSTILE.entries()) {
    const about = { model: text, units: text, firmware: text, sim: text, tester: text, place: text, purpose: text };
    const { id = '' } = await call('POST', '/api/cases', { title: text, label: text, about });
    await call('POST', `/api/cases/${id}/marks`, { phase: text.slice(0, 60) });
    await call('POST', `/api/cases/${id}/marks`, { event: text.slice(0, 60) });
    await call('POST', '/api/devices', { id: `markup-${at}`, model: text, match: { ip: `10.99.0.${at + 1}` } });
    if (id !== '') ids.push(id);
  }
  return ids;
}

/** What phones sent, in paths, names, fields and hosts. */
async function sendAll(world: World): Promise<void> {
  for (const text of HOSTILE) {
    const body = JSON.stringify({ [text]: IMEI, imei: text });
    const target = encodeURIComponent(text);
    const head = `Host: ${world.host}\r\nUser-Agent: ${text}\r\nReferer: ${text}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
    await ask(
      world.lab.phone.proxy.port,
      `POST http://${world.host}/${target}?${target}=${IMEI} HTTP/1.1\r\n${head}${body}`,
    );
    await ask(
      world.lab.phone.proxy.port,
      `GET http://x-pwned.${target.slice(0, 40)}.invalid/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
  }
}

/** A server whose certificate says it; nobody signed that one. */
async function serveAll(world: World, call: Call, directory: string): Promise<void> {
  for (const [at, text] of HOSTILE.entries()) {
    const [key, cert] = ['key', 'cert'].map((name) => path.join(directory, `${at}.${name}`)) as [string, string];
    const part = (longest: number): string => text.slice(0, longest).replace(/[/\\+=,;]/g, '\\$&');
    const words = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert];
    execFileSync(toolPath('openssl'), ['req', '-x509', ...words, '-subj', `/O=${part(60)}/CN=${part(40)}`], {
      stdio: 'ignore',
    });
    const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (socket) => socket.end());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const host = `markup-${at}.example`;
    const dial = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await call('POST', '/api/upstream-map', { host, port: 443, dial, address: '42.62.48.10' });
    await askCurl(world.lab.phone, { method: 'GET', url: `https://${host}/` }).catch(() => null);
    server.close();
  }
}

/** What a browser makes of a page: nothing that was planted may be more than text. */
async function look(browser: Browser, url: string, what: string, token: string | null, lost: string[]): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 6000 } });
  const page = await context.newPage();
  let ran = 0;
  await page.exposeFunction('pwned', () => void ran++);
  page.on('dialog', (dialog) => void dialog.dismiss());
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^https?:$/.test(protocol) && hostname !== '127.0.0.1')
      lost.push(`${what}: the browser asked ${request.url()}`);
  });
  if (token !== null) {
    await page.goto(new URL('/', url).href);
    await page.fill('input[name=token]', token);
    await page.click('button');
    await page.waitForSelector('#app');
  }
  await page.goto(url, { waitUntil: 'load' });
  await page
    .locator('body', { hasText: 'pwned' })
    .waitFor({ timeout: 30_000 })
    .catch((error: Error) => {
      lost.push(`${what}: none of it is shown, so nothing was tried: ${error.message}`);
    });
  const elements = await page
    .locator('x-pwned, [onerror], [onload], [onfocus], iframe, base, a[href^="javascript:" i]')
    .count();
  if (elements > 0) lost.push(`${what}: ${elements} elements were made of text`);
  if (ran > 0) lost.push(`${what}: a script ran`);
  await context.close();
}

export const markup: Attack = {
  name: 'markup and scripts in every field, in a browser',
  needs: ['chromium', 'openssl', 'curl'],
  async run() {
    // Of its own: what other attacks left in the lists would stand in front.
    const world = await startWorld();
    const { lab } = world;
    const directory = await mkdtemp(path.join(tmpdir(), 'attack-markup-'));
    const lost: string[] = [];
    let tried = 0;
    const browser = await chromium.launch({ executablePath: toolPath('chromium'), args: ['--no-sandbox'] });
    try {
      const call = await caller(world);
      const cases = await writeAll(call);
      if (cases.length < HOSTILE.length) lost.push(`only ${cases.length} test runs could be made`);
      await serveAll(world, call, directory);
      // The newest stand in front.
      await sendAll(world);
      await lab.until('leaks', (all) => all.some(({ identifier }) => identifier?.kind === 'imei'));
      const token = (await readFile(lab.ready.token, 'utf8')).trim();
      const pages = ['#/phones', '#/live', '#/flows', '#/wall'].map((hash) => `${lab.ready.ui.url}/${hash}`);
      for (const url of [...pages, `${lab.ready.ui.url}/case`]) {
        tried++;
        await look(browser, url, url.replace(lab.ready.ui.url, ''), token, lost);
      }
      for (const [at, id] of cases.slice(0, 3).entries())
        for (const lang of ['en', 'vi']) {
          tried++;
          const file = path.join(directory, `${at}.${lang}.html`);
          const made = await phonehome(['report', id, '--out', file, '--lang', lang, '--data', lab.dataDir]);
          if (made.code !== 0) lost.push(`report: ${made.stderr}`);
          else await look(browser, pathToFileURL(file).href, `report in ${lang}`, null, lost);
        }
      return { tried: tried * HOSTILE.length, lost };
    } finally {
      await browser.close();
      await world.end();
      await rm(directory, { recursive: true, force: true });
    }
  },
};
