/**
 * Requests to the UI port in forms that one reader takes for one thing and the next for another: what a rule was asked about must
 * be what is answered. And what a viewer may look for: no value is found by guessing it.
 */
import { readFile } from 'node:fs/promises';
import { type Attack, ask, eachOf, statusOf } from './attack.ts';

const IMEI = '490154203237518';

/** Of somebody without a token, towards what needs one. */
const FORMS = (port: number): [what: string, head: string][] => [
  ['an address of another server', `GET http://evil.example/api/alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['two slashes', `GET //api/alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['an encoded letter', `GET /%61pi/alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['a letter encoded twice', `GET /%2561pi/alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['an encoded slash', `GET /api%2Fhealth/../alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['a way back from what is open', `GET /api/health/../alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['an encoded way back', `GET /api/health/%2e%2e/alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['what is open behind a hash', `GET /api/alerts#/api/health HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['what is open as a parameter', `GET /api/alerts;/api/health HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['a backslash', `GET /api/health\\..\\alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['capitals', `GET /API/ALERTS HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['a null behind it', `GET /api/alerts%00 HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['a slash behind it', `GET /api/alerts/ HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['the old protocol', 'GET /api/alerts HTTP/1.0'],
  [
    'an upgrade to HTTP/2',
    `GET /api/alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: h2c\r\nConnection: Upgrade`,
  ],
  ['a tunnel', `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['a trace', `TRACE /api/alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ['an unknown method', `QUERY /api/alerts HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
];

/** Of somebody with one: pages of the operator's browser that pass as the lab's. */
const PLACES = (port: number): [what: string, fields: string][] => [
  ['a second Host that is foreign', `Host: 127.0.0.1:${port}\r\nHost: evil.example`],
  ['a first Host that is foreign', `Host: evil.example\r\nHost: 127.0.0.1:${port}`],
  ['a Host as a number', 'Host: 2130706433'],
  ['a Host in hex', 'Host: 0x7f000001'],
  ['a Host with a user', `Host: 127.0.0.1:${port}@evil.example`],
  ['an Origin with a path', `Host: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}/`],
  ['an Origin that begins like it', `Host: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}.evil.example`],
  ['two Origins', `Host: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}\r\nOrigin: http://evil.example`],
  ['an Origin of a file', `Host: 127.0.0.1:${port}\r\nOrigin: file://`],
];

export const oddRequests: Attack = {
  name: 'requests in forms that two readers take differently',
  needs: [],
  async run({ world }) {
    const { lab } = world;
    const port = Number(new URL(lab.ready.ui.url).port);
    const lost: string[] = [];
    const token = (await readFile(lab.ready.token, 'utf8')).trim();
    const viewer = (await readFile(`${lab.ready.token}.viewer`, 'utf8')).trim();
    const asked = [
      ...FORMS(port).map(([what, head]) => [what, `${head}\r\nX-Close: 1\r\n\r\n`] as const),
      ...PLACES(port).map(
        ([what, fields]) =>
          [what, `GET /api/alerts HTTP/1.1\r\n${fields}\r\nAuthorization: Bearer ${token}\r\n\r\n`] as const,
      ),
    ];
    await eachOf(asked, 8, async ([what, bytes]) => {
      const { text } = await ask(port, bytes, { enough: (got) => got.includes('\r\n\r\n'), limitMs: 5000 });
      const status = statusOf(text);
      // A tunnel is closed without a word.
      if (status > 0 && status < 400) lost.push(`${what}: ${text.slice(0, 80)}`);
      if (/"alerts":/.test(text)) lost.push(`${what}: alerts were given out`);
    });
    // A leak, so that there is something to find.
    await ask(
      lab.phone.proxy.port,
      `GET http://${world.host}/odd?imei=${IMEI} HTTP/1.1\r\nHost: ${world.host}\r\nConnection: close\r\n\r\n`,
    );
    await lab.until('the leak', (all) => all.some(({ identifier }) => identifier?.kind === 'imei'));
    const guesses = [IMEI, IMEI.slice(-9), IMEI.slice(6, 13), '"', '*', '%', '_', '\0', 'NEAR(', `') OR 1=1 --`];
    const searches = ['/api/search/alerts?', '/api/search/flows?', '/api/search/flow-groups?by=host&'];
    for (const search of searches)
      for (const guess of guesses) {
        const answer = await fetch(new URL(`${search}q=${encodeURIComponent(guess)}`, lab.ready.ui.url), {
          headers: { authorization: `Bearer ${viewer}` },
        });
        const text = await answer.text();
        const isValue = /^\d+$/.test(guess);
        if (answer.status >= 500) lost.push(`${search}${guess}: ${answer.status}`);
        if (text.includes(IMEI) || (isValue && /"(?:total|flows)":[1-9]/.test(text)))
          lost.push(`a viewer finds ${guess} by ${search}`);
      }
    return { tried: asked.length + searches.length * guesses.length, lost };
  },
};
