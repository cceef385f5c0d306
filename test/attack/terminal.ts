/** Escape sequences, controls, bidi and invisible characters wherever a phone or a file can put them: no output holds one. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clean } from '../../src/formats/terminal.ts';
import { phonehome } from '../e2e/lab-process.ts';
import { type Attack, type AttackContext, ask, eachOf, hasHead } from './attack.ts';

const IMEI = '490154203237518';

/** Each with what a terminal or a reader would do with it. */
const HOSTILE: [does: string, text: string][] = [
  ['sets the title', '\u001b]0;pwned\u0007'],
  ['clears the screen', '\u001b[2J\u001b[H'],
  ['clears the screen, in one byte', '\u009b2J'],
  ['writes to the clipboard', '\u001b]52;c;cHduZWQ=\u0007'],
  ['asks for an answer', '\u001b[6n'],
  ['begins a new line', '\r\nCRITICAL forged'],
  ['steps back', 'a\b\b\b'],
  ['rings', '\u0007'],
  ['turns the reading direction', '\u202egnp.exe'],
  ['isolates', '\u2066x\u2069'],
  ['marks a direction', '\u200fx\u061c'],
  ['cannot be seen', 'a\u200bb\u2060c\ufeffd'],
  ['may be hyphenated', 'a\u00adb'],
  ['is a tag', `a${String.fromCodePoint(0xe0041)}b`],
  ['ends a line of JavaScript', '\u2028x\u2029'],
];

/** Line ends are the lab's own, and so are its colours; of everything else that nobody sees one is too many. */
const firstUnseen = (text: string): number =>
  [...text].findIndex((character) => character !== '\n' && clean(character) !== character);

async function sendAll({ world }: AttackContext): Promise<void> {
  const { port } = world.lab.phone.proxy;
  const { host } = world;
  await eachOf(HOSTILE, 4, async ([, text]) => {
    const body = JSON.stringify({ [text]: IMEI, imei: text, nested: { [`${text}imei`]: IMEI } });
    const oneLine = text.replace(/[\r\n]/g, '');
    const target = encodeURI(text).replaceAll('%25', '%');
    const fields = (to: string) => `Host: ${to}\r\nConnection: close\r\n`;
    const requests = [
      `POST http://${host}/${target}?imei=${IMEI}&${target}=${IMEI} HTTP/1.1\r\n${fields(host)}User-Agent: ${oneLine}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      `GET http://${host}/${oneLine}/${IMEI} HTTP/1.1\r\n${fields(host)}X-${IMEI}: ${oneLine}\r\n\r\n`,
      `GET http://${oneLine}.invalid/ HTTP/1.1\r\n${fields(`${oneLine}.invalid`)}\r\n`,
      `CONNECT ${oneLine}.invalid:443 HTTP/1.1\r\n\r\n`,
      `GET http://${host}/login HTTP/1.1\r\nProxy-Authorization: Basic ${Buffer.from(`${text}:x`).toString('base64')}\r\n${fields(host)}\r\n`,
      `${oneLine} http://${host}/ HTTP/1.1\r\n${fields(host)}\r\n`,
    ];
    for (const bytes of requests) await ask(port, Buffer.from(bytes), { enough: hasHead, limitMs: 3000 });
  });
}

/** What somebody with a token calls things; refused or kept. */
async function nameAll({ world }: AttackContext): Promise<void> {
  const { lab } = world;
  const headers = {
    authorization: `Bearer ${(await readFile(lab.ready.token, 'utf8')).trim()}`,
    'content-type': 'application/json',
  };
  for (const [, text] of HOSTILE)
    for (const [to, body] of [
      ['/api/cases', { title: text }],
      ['/api/cases', { title: 'x', label: text, deviceId: text }],
      ['/api/devices', { id: text, model: text }],
      ['/api/devices', { id: `phone-${text.length}`, model: text }],
    ] as const)
      await fetch(new URL(to, lab.ready.ui.url), { method: 'POST', headers, body: JSON.stringify(body) });
}

export const terminal: Attack = {
  name: 'characters that give orders to a terminal, or hide',
  needs: [],
  async run(context) {
    const { lab } = context.world;
    const directory = await mkdtemp(path.join(tmpdir(), 'attack-terminal-'));
    const lost: string[] = [];
    let tried = 0;
    const judge = (what: string, text: string): void => {
      tried++;
      const at = firstUnseen(text);
      if (at >= 0) lost.push(`${what}: ${JSON.stringify([...text].slice(Math.max(0, at - 60), at + 20).join(''))}`);
    };
    try {
      await sendAll(context);
      await nameAll(context);
      const { cases } = (await lab.api('/api/cases')) as { cases: { id: string }[] };
      const har = (text: string) => ({
        log: {
          version: '1.2',
          creator: { name: text, version: '1' },
          entries: [
            {
              startedDateTime: '2026-11-22T10:00:00.000Z',
              time: 1,
              request: {
                method: 'GET',
                url: `http://a.invalid/${text}?imei=${IMEI}`,
                httpVersion: 'HTTP/1.1',
                headers: [{ name: text, value: IMEI }],
                queryString: [],
                cookies: [],
                headersSize: -1,
                bodySize: 0,
              },
              response: {
                status: 200,
                statusText: text,
                httpVersion: 'HTTP/1.1',
                headers: [],
                cookies: [],
                content: { size: 0, mimeType: text },
                redirectURL: '',
                headersSize: -1,
                bodySize: 0,
              },
              cache: {},
              timings: { send: 0, wait: 0, receive: 0 },
            },
          ],
        },
      });
      const files = await Promise.all(
        HOSTILE.map(async ([, text], at) => {
          const file = path.join(directory, `${at}${text.replaceAll('/', '')}.har`);
          await writeFile(file, at % 3 === 0 ? 'not a recording' : JSON.stringify(har(text)));
          return file;
        }),
      );
      const data = ['--data', lab.dataDir];
      const missing = HOSTILE.map(([, text]) => `missing${text}`);
      const commands: string[][] = [
        ['alerts', ...data],
        ['alerts', '--json', ...data],
        ['flows', ...data],
        ['flows', '--json', ...data],
        ['device', 'list', ...data],
        ['case', 'list', ...data],
        ...cases.slice(0, 2).map(({ id }) => ['case', 'show', id, ...data]),
        ['scan', ...files],
        ['scan', '--json', ...files],
        ['scan', ...missing],
        ['replay', HOSTILE[0]?.[1] ?? '', ...data],
        ['why', HOSTILE[1]?.[1] ?? '', ...data],
        ['device', 'remove', HOSTILE[2]?.[1] ?? '', ...data],
        ['case', 'show', HOSTILE[8]?.[1] ?? '', ...data],
      ];
      await eachOf(commands, 2, async (args) => {
        const { stdout, stderr } = await phonehome(args);
        const what = args.filter((arg) => !arg.includes('/') && firstUnseen(arg) < 0).join(' ');
        judge(`${what}, stdout`, stdout);
        judge(`${what}, stderr`, stderr);
      });
      judge('the log of the lab', lab.stderr());
    } finally {
      await rm(directory, { recursive: true });
    }
    return { tried, lost, note: `${HOSTILE.length} texts, each in every place` };
  },
};
