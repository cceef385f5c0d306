/** Every command, with names that give a terminal orders, turn text round or hide in it: what comes out shows them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { report } from '../../src/cli/errors.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import { escapeHtml } from '../../src/formats/html.ts';
import { clean, cleanLines } from '../../src/formats/terminal.ts';
import { openLog } from '../../src/lab/log.ts';
import { readOrCreateKey } from '../../src/sinks/evidence/key-file.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import { labAlert, labFlowRecord } from '../sinks/lab-alert.ts';
import { type FakeLab, startFakeLab, TOKEN } from './fake-lab.ts';

const EVIL = 'x\u001b]0;pwned\u0007\u001b[2J\u009b1m\u202ecod\u2066\u200b\u2060\ufeff\u{e0041}\r.har';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\udb40/;

/** By name: what is given to it, where that is not the name alone. `LAB`: it asks a running lab. `NEW`: a file that it makes. */
const CALLS: Record<string, string[]> = {
  alerts: [],
  flows: [],
  replay: [EVIL],
  scan: ['FILE', '--html', 'HTML'],
  'device list': [],
  'device add': [EVIL, '--imei', EVIL],
  'device set': [EVIL, '--imei', EVIL],
  'device name': [EVIL, EVIL, '--model', EVIL],
  'device import': ['FILE'],
  'device export': ['--reveal'],
  'device remove': [EVIL],
  'case new': [EVIL],
  'case list': [],
  'case show': [],
  'case mark': [EVIL],
  'case capture': [EVIL],
  'case close': [EVIL],
  forget: [`${EVIL}2`],
  compare: [EVIL, EVIL],
  verify: [EVIL],
  'ca show': [],
  'ca export': [EVIL],
  'ca rotate': [EVIL],
  'ca passphrase': [EVIL],
  backup: ['FILE'],
  restore: ['FILE'],
  'token show': [EVIL],
  'token rotate': [EVIL],
  ui: ['LAB'],
  'gateway status': [],
  'gateway print': ['--gateway-config', EVIL],
  'gateway wireguard': ['add', EVIL],
  why: [EVIL, 'LAB'],
  'pins list': ['LAB'],
  'pins set': [EVIL, 'auto', 'LAB'],
  'trust-test start': [EVIL, '--device', EVIL, 'LAB'],
  'trust-test list': ['LAB'],
  'trust-test cancel': [EVIL, 'LAB'],
  'hub key': ['NEW'],
  doctor: [],
};
/** Their output holds the name, one way or another. */
const SHOWN = [
  'backup',
  'ca passphrase',
  'alerts',
  'flows',
  'replay',
  'scan',
  'device list',
  'device export',
  'case list',
  'case show',
  'compare',
  'why',
  'pins list',
];
/** Go on, or change the machine; what they print goes through the same functions, and is tested beside them. */
const ELSEWHERE = ['start', 'demo', 'watch', 'gateway up', 'gateway down'];

let data = '';
let lab: FakeLab;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'phonehome-names-'));
  mkdirSync(join(data, 'certs'), { mode: 0o700 });
  const store = openSqliteStore({
    file: join(data, 'evidence.db'),
    key: readOrCreateKey(join(data, 'certs', 'evidence.key')),
  });
  const alert = labAlert(1);
  store.putAlert({
    alert: {
      ...alert,
      device: { ...alert.device, id: EVIL, model: EVIL },
      destination: { ...alert.destination!, host: EVIL },
      evidence: { ...alert.evidence!, path: EVIL, decoding: [EVIL] },
      label: EVIL,
      message: EVIL,
    },
    secret: null,
  });
  const flow = labFlowRecord('flow-1', 1000);
  store.putFlows([{ ...flow, deviceId: EVIL, destination: { ...flow.destination, host: EVIL }, detail: EVIL }]);
  store.close();
  writeFileSync(
    join(data, EVIL),
    JSON.stringify({ log: { entries: [{ request: { method: EVIL, url: `http://${EVIL}/` } }] } }),
  );
  writeFileSync(join(data, 'devices.yaml'), `devices:\n  - id: a\n    model: ${JSON.stringify(EVIL)}\n`, {
    mode: 0o600,
  });
  await outputOf(['case', 'new', EVIL, '--data', data]);
  lab = await startFakeLab({
    answer: (line) => {
      if (line.includes('/api/why'))
        return { status: 200, body: { why: [{ device: EVIL, host: EVIL, sentence: EVIL }] } };
      if (line === 'GET /api/pins')
        return {
          status: 200,
          body: {
            pins: [
              { device: EVIL, name: EVIL, override: 'auto', state: 'watching', rejections: 1, how: EVIL, until: null },
            ],
          },
        };
      return { status: 400, body: { error: EVIL } };
    },
  });
});
afterAll(async () => {
  await lab.stop();
  rmSync(data, { recursive: true, force: true });
});

/** Both outputs of one command line, as a terminal gets them. */
async function outputOf(args: string[]): Promise<string> {
  let text = '';
  const take = (part: string | Uint8Array): boolean => {
    text += Buffer.from(part as Uint8Array).toString();
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(take as never),
  );
  try {
    await runCommandLine(args).catch((error: unknown) => report(error, true));
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return text;
}

const NAMES = COMMANDS.map(({ name }) => name).filter((name) => !ELSEWHERE.includes(name));

it.each(NAMES)('%s shows what would steer or hide', async (name) => {
  const words = CALLS[name] ?? [EVIL];
  const file = join(data, EVIL);
  const html = join(data, 'out.html');
  const given = words.flatMap((word) => {
    if (word === 'LAB') return ['--url', lab.url, '--token', TOKEN];
    // Made by the command: not where the tests are run.
    if (word === 'NEW') return [join(data, `new ${EVIL}`)];
    return [word === 'FILE' ? file : word === 'HTML' ? html : word];
  });
  const own = ['--data', data];
  for (const form of [[], ['--json']]) {
    const text = await outputOf([...name.split(' '), ...given, ...own, ...form]);
    // Colours are the writers' own.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    expect(text.replace(/\u001b\[[\d;]*m/g, '')).not.toMatch(HIDDEN);
    if (SHOWN.includes(name)) expect(text, text).toMatch(/·|\\u202e/);
  }
  if (words.includes('HTML')) expect(readFileSync(html, 'utf8')).not.toMatch(HIDDEN);
});

it('JSON keeps its meaning', async () => {
  const [line = ''] = (await outputOf(['alerts', '--json', '--data', data])).split('\n');
  expect((JSON.parse(line) as { alert: { device: { id: string } } }).alert.device.id).toBe(EVIL);
});

it('log lines and HTML go through the same function; colours and line ends of a whole text stay', () => {
  const logFile = join(data, 'lab.log');
  openLog(logFile).warn({ host: EVIL }, EVIL);
  const logged = readFileSync(logFile, 'utf8');
  expect(logged.trimEnd()).not.toMatch(HIDDEN);
  expect((JSON.parse(logged) as { msg: string }).msg).toBe(EVIL);
  expect(escapeHtml(`<${EVIL}`)).toBe(`&#60;${clean(EVIL)}`);
  expect(cleanLines('a\n\u001b[1;31mb\u001b[0m\u001b[8mc')).toBe('a\n\u001b[1;31mb\u001b[0m·[8mc');
});

it('nothing of the command line writes past that function', () => {
  const dir = join(import.meta.dirname, '../../src/cli');
  const files = readdirSync(dir, { recursive: true }).map(String);
  const writers = files.filter(
    (file) =>
      /\.tsx?$/.test(file) && /process\.std(?:out|err)\.write|console\./.test(readFileSync(join(dir, file), 'utf8')),
  );
  expect(writers).toEqual(['output.ts']);
});
