/** Paths that climb out of what is served, on the UI port and on the page a phone opens, and ids that climb out of the data directory. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Attack, ask, eachOf } from './attack.ts';

const UP = [
  '../',
  '..%2f',
  '%2e%2e/',
  '%2e%2e%2f',
  '..%252f',
  '..\\',
  '..%5c',
  '....//',
  '.%2e/',
  '..;/',
  '..%00/',
  '%c0%ae%c0%ae/',
  '\u2025/',
  '..%u2215',
];
const WANTED = [
  'token',
  'certs/ca.key',
  'certs/evidence.key',
  'evidence.db',
  'devices.yaml',
  'etc/passwd',
  'proc/self/environ',
  'package.json',
];
const BASES = ['/', '/setup/', '/setup', '/assets/', '/api/', '/ca/', '/lab/'];
const CLOSED = [
  '//api/alerts',
  '/API/alerts',
  '/api//alerts',
  '/api/./alerts',
  '/api/x/../alerts',
  '/setup/../api/alerts',
  '/api/alerts/',
  '/api/alerts%00',
  '/api/%61lerts',
  '/api/alerts;x',
  '/api/alerts%20',
  '/api/alerts.json',
  '/api/health/../alerts',
  '/api/health%2f..%2falerts',
  '/api/health/%2e%2e/alerts',
  'http://127.0.0.1/api/alerts',
  '/\\api/alerts',
  '/api\\alerts',
  '/.git/config',
  '/.env',
  '/data/token',
  '/src/main.ts',
  '/node_modules/ws/package.json',
];

export const traversal: Attack = {
  name: 'paths that climb',
  needs: [],
  async run({ world, random, isFull }) {
    const { lab } = world;
    const token = (await readFile(lab.ready.token, 'utf8')).trim();
    const targets = [
      ...CLOSED,
      ...BASES.flatMap((base) =>
        UP.flatMap((up) => WANTED.flatMap((file) => [1, 3, 8].map((times) => `${base}${up.repeat(times)}${file}`))),
      ),
    ];
    const chosen = isFull ? targets : [...CLOSED, ...targets.filter(() => random.below(12) === 0)];
    const lost: string[] = [];
    const judge = (what: string, text: string): void => {
      const isGiven =
        text.includes(token) || /PRIVATE KEY|root:.*:0:0|SQLite format|"alerts":|"dependencies"|imei:/.test(text);
      if (isGiven || /^HTTP\/1\.1 5\d\d (?!.*phonehome)/.test(text)) lost.push(`${what}: ${text.slice(0, 120)}`);
    };
    const port = Number(new URL(lab.ready.ui.url).port);
    await eachOf(chosen, 16, async (target) => {
      const head = (given: string, host: string) =>
        Buffer.from(`GET ${given} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      judge(target, (await ask(port, head(target, '127.0.0.1'))).text);
      if (target.startsWith('/'))
        judge(
          `phonehome.lab ${target}`,
          (await ask(lab.phone.proxy.port, head(`http://phonehome.lab${target}`, 'phonehome.lab'))).text,
        );
    });
    const ids = [
      '../../climbed',
      '..',
      '/etc/climbed',
      'a/../../climbed',
      '\u0000climbed',
      '..\\climbed',
      '%2e%2e%2fclimbed',
      'climbed\n',
      '.'.repeat(300),
    ];
    for (const id of ids) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const ask = (to: string, body: unknown) =>
        fetch(new URL(to, lab.ready.ui.url), { method: 'POST', headers, body: JSON.stringify(body) });
      for (const [to, body] of [
        ['/api/devices', { id }],
        ['/api/cases', { title: id }],
        ['/api/replays', { cases: [id] }],
      ] as const) {
        const answer = await ask(to, body);
        if (answer.status >= 500) lost.push(`POST ${to} ${JSON.stringify(body)}: ${answer.status}`);
      }
    }
    const around = await readdir(path.dirname(lab.dataDir), { recursive: false });
    const climbed = around.filter((name) => name.includes('climbed'));
    if (climbed.length > 0) lost.push(`written outside of the data directory: ${climbed.join(', ')}`);
    return { tried: chosen.length * 2 + ids.length * 3, lost };
  },
};
