/**
 * What a user sees, as text: the lab as the README tells to run it, with a phone that refuses the certificate, one that trusts it
 * and one whose app pins. `npm run screens` writes docs/what-the-screens-say.md anew, for a person to read after a change of words.
 * Needs tmux and curl. The server stands on loopback and is filed under an address in China, as replays are.
 */
import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type OriginRequest, startOrigin } from './clients/origin.ts';
import { run } from './clients/process.ts';
import { toolPath } from './clients/tools.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const BIN = path.join(ROOT, 'bin/phonehome.mjs');
const PAGE = path.join(ROOT, 'docs/what-the-screens-say.md');
const HOST = 'collector.example.com';
const [REFUSES, TRUSTS, PINS] = ['127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;

const dir = mkdtempSync(path.join(tmpdir(), 'screens-'));
const origin = await startOrigin([HOST]);
writeFileSync(path.join(dir, 'upstream-ca.pem'), origin.caPem);
writeFileSync(
  path.join(dir, 'upstream-map.json'),
  JSON.stringify(
    [
      { port: 80, to: origin.httpPort },
      { port: 443, to: origin.tlsPort },
    ].map(({ port, to }) => ({ host: HOST, port, dial: `127.0.0.1:${to}`, address: '42.62.48.10' })),
  ),
);

const page: string[] = [];
const tmux = (...args: string[]): string =>
  execFileSync(toolPath('tmux'), ['-u', '-S', path.join(dir, 'tmux'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });

/** Opens a terminal of its own. */
function open(name: string, command: string, columns = 100, rows = 30): void {
  tmux(
    ...['-f', '/dev/null', 'new-session', '-d', '-s', name, '-x', `${columns}`, '-y', `${rows}`, '-c', dir],
    ...['-e', 'TERM=tmux-256color', `${command}; exec sleep 1000`],
  );
}

/** The screen, when it says this and has stayed the same for two seconds; whatever it says after 30 s. */
async function screen(name: string, says: RegExp): Promise<string> {
  let text = '';
  for (let tries = 0, same = 0; tries < 300 && same < 20; tries++) {
    const now = tmux('capture-pane', '-p', '-t', name);
    same = now === text && says.test(now) ? same + 1 : 0;
    text = now;
    await pause(100);
  }
  return text;
}

/** What another day and another key would change. */
const steady = (text: string): string =>
  text
    .replaceAll(dir, '.')
    .replace(/\b\d{4}-\d\d-\d\d\b/g, '2026-11-30')
    .replace(/\b\d\d:\d\d:\d\d\b/g, '10:00:00')
    .replace(/(sign-in\?code=)[\w-]+/g, '$1…')
    .replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, '01KB9H4M5N6P7Q8R9STVWXYZ00');

/** A command's output as it comes out of a terminal of 100 columns. */
async function ask(...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [BIN, ...args], { cwd: dir, env: { COLUMNS: '100' } });
  return stdout.toString() + stderr;
}

const heading = (text: string) => page.push(`## ${text}`);
const say = (text: string) => page.push(text);
const show = (command: string, text: string) =>
  page.push(`\`\`\`text\n$ ${command}\n${steady(text).trimEnd()}\n\`\`\``);

/** One app of a phone: its address, what it trusts, what it sends. */
async function app(address: string, ...args: string[]): Promise<number | null> {
  const { code } = await run(
    toolPath('curl'),
    [
      ...['--silent', '--show-error', '--interface', address, '--proxy', `http://127.0.0.1:${ports.proxy}`],
      ...['--noproxy', '', '--max-time', '10', ...args],
    ],
    { cwd: dir },
  );
  return code;
}

const REPORT = ['--json', '{"imei":"490154203237518","model":"Nokia 7 Plus","event":"screen_on"}'];
const LAB_CA = ['--cacert', 'data/certs/ca.pem'];
/** An app that trusts what its phone trusts, and then asks for its own server's key. */
const serverKey = createPublicKey(origin.certPem).export({ type: 'spki', format: 'der' });
const PIN = [
  '--cacert',
  'phone.pem',
  '--pinnedpubkey',
  `sha256//${createHash('sha256').update(serverKey).digest('base64')}`,
];
const ports = { proxy: 18480, ui: 18481 };

try {
  open(
    'lab',
    `${process.execPath} ${BIN} start --host 127.0.0.1 --proxy-port ${ports.proxy} --ui-port ${ports.ui} ` +
      '--upstream-ca upstream-ca.pem --upstream-map upstream-map.json',
    100,
    60,
  );
  heading('The lab starts');
  show('npm start', await screen('lab', /phonehome\.lab[\s\S]*\n\s*\n$/));

  heading('Three phones are registered');
  for (const [id, ip] of [
    ['refuses', REFUSES],
    ['trusts', TRUSTS],
    ['pins', PINS],
  ] as const) {
    const args = ['device', 'add', id, '--model', 'Nokia 7 Plus', '--imei', '490154203237518', '--ip', ip];
    show(`./phonehome ${args.join(' ').replace('Nokia 7 Plus', '"Nokia 7 Plus"')}`, await ask(...args));
  }
  show('./phonehome device list', await ask('device', 'list'));

  heading('The first phone has not installed the certificate');
  say('Three apps try; each refuses the lab.');
  open('watch', `${process.execPath} ${BIN} watch`, 100, 24);
  await screen('watch', /live/);
  for (let tries = 0; tries < 3; tries++) await app(REFUSES, ...REPORT, `https://${HOST}/report`);
  show('./phonehome watch', await screen('watch', /does not trust/));

  heading('The second phone trusts it');
  say('One app reports over TLS, one in clear.');
  await app(TRUSTS, ...LAB_CA, ...REPORT, `https://${HOST}/report`);
  await app(TRUSTS, ...REPORT, `http://${HOST}/report`);
  show('./phonehome watch', await screen('watch', /imei[\s\S]*imei/));

  heading('An app of the third pins its server');
  say('The browser of that phone is read. The app refuses the lab, is passed through, and works.');
  await app(PINS, ...LAB_CA, `https://${HOST}/page`);
  writeFileSync(path.join(dir, 'phone.pem'), readFileSync(path.join(dir, 'data/certs/ca.pem'), 'utf8') + origin.caPem);
  const served = (one: OriginRequest) => one.path === '/pinned';
  let tries = 0;
  while (!origin.received.some(served) && tries++ < 6) {
    await app(PINS, ...PIN, ...REPORT, `https://${HOST}/pinned`);
  }
  say(origin.received.some(served) ? `It worked at try ${tries}.` : `It did not work in ${tries} tries.`);
  show('./phonehome watch', await screen('watch', /pass/));
  show('./phonehome pins list', await ask('pins', 'list'));

  heading('What is stored');
  show('./phonehome alerts', await ask('alerts'));
  show('./phonehome flows', await ask('flows'));

  heading('The lab ends');
  tmux('send-keys', '-t', 'lab', 'C-c');
  show('Ctrl-C', await screen('lab', /\d+ (alerts?|connections?)|ended|bye/i));
  show('./phonehome watch', (await screen('watch', /unreachable|reconnecting/)).trimEnd());
} finally {
  try {
    tmux('kill-server');
  } catch {
    // It ended with its last session.
  }
  await origin.stop();
  rmSync(dir, { recursive: true, force: true });
}

const intro = `# What the screens say

Three phones, one lab, word for word. \`npm run screens\` makes this page anew. Everything is on loopback: the server is a made-up one that
the lab files under an address in China, so every line about it says *simulated*.`;
writeFileSync(PAGE, `${[intro, ...page].join('\n\n')}\n`);
console.log(`written: ${path.relative(ROOT, PAGE)}`);
