/**
 * Headless Chromium through the lab's proxy. The CA is installed as a user installs it, in the NSS database of a
 * throw-away home; no switch that ignores certificate errors is used, so a page that loads was really trusted.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Answer, Lab } from './client.ts';
import { run } from './process.ts';
import { toolPath } from './tools.ts';

const QUIET = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  // Off, so that a test can tell a page loaded in clear from one under TLS.
  '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable',
  ...['--disable-extensions', '--metrics-recording-only', '--no-default-browser-check'],
];

/** Loads a page and returns its DOM as text; GET only. `status` is not known to a DOM dump. */
export async function browse(lab: Lab, url: string): Promise<Answer> {
  const home = await mkdtemp(path.join(tmpdir(), 'chromium-'));
  try {
    if (lab.caFile) await installCa(home, lab.caFile);
    const { code, stdout, stderr } = await run(
      toolPath('chromium'),
      [
        ...QUIET,
        `--user-data-dir=${home}/profile`,
        `--proxy-server=http://${lab.proxy.host}:${lab.proxy.port}`,
        // Without it Chromium goes straight to loopback addresses.
        '--proxy-bypass-list=<-loopback>',
        '--dump-dom',
        url,
      ],
      { env: { HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home }, timeoutMs: 60_000 },
    );
    const dom = stdout.toString();
    const failure = /ERR_[A-Z_]+/.exec(dom)?.[0];
    return { ok: code === 0 && !failure && dom.length > 0, status: null, body: stdout, stderr: failure ?? stderr };
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function installCa(home: string, caFile: string): Promise<void> {
  const database = path.join(home, '.pki', 'nssdb');
  await mkdir(database, { recursive: true });
  for (const args of [
    ['-N', '--empty-password'],
    ['-A', '-n', 'lab', '-t', 'C,,', '-i', caFile],
  ]) {
    const { code, stderr } = await run(toolPath('certutil'), ['-d', `sql:${database}`, ...args]);
    if (code !== 0) throw new Error(`certutil ${args[0]}: ${stderr}`);
  }
}
