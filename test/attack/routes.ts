/** Every address of the OpenAPI document, asked by somebody who may not: without a token, with a wrong one, with one that may do less. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROLES } from '../../src/model/words.ts';
import { covers, NEEDED, neededFor } from '../../src/sinks/live/roles.ts';
import { type Attack, ask, eachOf, statusOf } from './attack.ts';

interface OpenApi {
  paths: Record<string, Record<string, { security?: unknown[] }>>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace'];

/** Head fields of somebody without a right to anything, and what may follow the path. */
const STRANGERS = (token: string): [name: string, fields: string, query?: string][] => [
  ['no token', ''],
  ['a wrong token', 'Authorization: Bearer nonsense\r\n'],
  ['an empty token', 'Authorization: Bearer \r\n'],
  ['the token with a letter more', `Authorization: Bearer ${token}x\r\n`],
  ['the token without its last letter', `Authorization: Bearer ${token.slice(0, -1)}\r\n`],
  ['the token in capitals', `Authorization: Bearer ${token.toUpperCase()}\r\n`],
  ['the token as a login', `Authorization: Basic ${btoa(`admin:${token}`)}\r\n`],
  ['the token in the query', '', `?token=${token}&access_token=${token}`],
  ['the token as a cookie', `Cookie: token=${token}; session=${token}; phonehome=${token}\r\n`],
  [
    'the token as another field',
    `X-Token: ${token}\r\nX-Auth-Token: ${token}\r\nProxy-Authorization: Bearer ${token}\r\n`,
  ],
  ['a method that another field names', 'X-HTTP-Method-Override: GET\r\n'],
  [
    'an address that another field names',
    'X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\nX-Original-URL: /api/health\r\n',
  ],
  ['the token from a foreign page', `Authorization: Bearer ${token}\r\nOrigin: http://evil.example\r\n`],
  ['the token from a sandboxed page', `Authorization: Bearer ${token}\r\nOrigin: null\r\n`],
  ['the token from a page of another port', `Authorization: Bearer ${token}\r\nOrigin: http://127.0.0.1:1\r\n`],
];

/** Names under which a page of the operator's browser could reach the lab. */
const REBOUND = [
  'evil.example',
  'evil.example:8081',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'phonehome.lab.evil.example',
  '[::1].evil.example',
  'localhost@evil.example',
  '',
];

export const routes: Attack = {
  name: 'every address of the API without the right to it',
  needs: [],
  async run({ world, random, isFull }) {
    const { lab } = world;
    const token = (await readFile(lab.ready.token, 'utf8')).trim();
    const document = (await lab.api('/openapi.json')) as OpenApi;
    const port = Number(new URL(lab.ready.ui.url).port);
    const asked: { what: string; head: string; body: string }[] = [];
    const add = (what: string, method: string, target: string, fields: string, host = '127.0.0.1'): void => {
      const body = /^(post|put|patch)$/.test(method) ? '{}' : '';
      const length = body ? `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` : '';
      const head = `${method.toUpperCase()} ${target} HTTP/1.1\r\nHost: ${host}\r\n${fields}${length}Connection: close\r\n\r\n`;
      asked.push({ what: `${what}: ${method.toUpperCase()} ${target}`, head, body });
    };
    for (const [template, item] of Object.entries(document.paths)) {
      const target = template.replaceAll(/\{[^}]+\}/g, 'x');
      for (const method of METHODS) {
        const operation = item[method];
        const isOpen = operation?.security?.length === 0 || (method === 'head' && item.get?.security?.length === 0);
        for (const [name, fields, query = ''] of STRANGERS(token))
          if (!isOpen || name.includes('page')) add(name, method, `${target}${query}`, fields);
        if (operation)
          for (const host of REBOUND) add(`Host ${host}`, method, target, `Authorization: Bearer ${token}\r\n`, host);
      }
    }
    for (const role of ROLES.filter((one) => one !== 'administrator')) {
      const lesser = (await readFile(path.join(lab.dataDir, `token.${role}`), 'utf8')).trim();
      for (const [name, needed] of Object.entries(NEEDED)) {
        const [method = '', template = ''] = name.split(' ');
        if (needed !== null && !covers(role, needed))
          add(
            `the ${role}’s token`,
            method.toLowerCase(),
            template.replace('{id}', 'x'),
            `Authorization: Bearer ${lesser}\r\n`,
          );
      }
      if (!covers(role, neededFor({ method: 'GET', path: '/api/devices', reveals: true }) ?? 'viewer'))
        add(`the ${role}’s token`, 'get', '/api/devices?reveal=true', `Authorization: Bearer ${lesser}\r\n`);
    }
    const chosen = isFull ? asked : asked.filter(() => random.below(4) === 0);
    const lost: string[] = [];
    await eachOf(chosen, 16, async ({ what, head, body }) => {
      const { text, isClosed } = await ask(port, head + body, { limitMs: 30_000 });
      const status = statusOf(text);
      // 404, 405: there is no such method, which tells nobody anything.
      if (!isClosed || ![400, 401, 403, 404, 405, 421, 501].includes(status))
        lost.push(`${what}: ${text.slice(0, 100) || 'no answer'}`);
    });
    return { tried: chosen.length, lost, note: `of ${asked.length} combinations` };
  },
};
