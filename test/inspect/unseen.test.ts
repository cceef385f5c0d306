/** Why something was not looked into is told in English and as a text for every other language. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { say } from '../../src/formats/say.ts';
import { UNSEEN_EN } from '../../src/model/catalogue/unseen.ts';
import { IMEI, inspect } from './lab-phone.ts';

const INSPECT = join(import.meta.dirname, '../../src/inspect');

/** Names that are the same in every language. */
const FORMATS = ['br', 'deflate', 'json', 'multipart', 'xor', 'zip', 'zlib'];

const deep = (): string => {
  let body = `imei=${IMEI} and some text`;
  for (let i = 0; i < 8; i++) body = Buffer.from(body).toString('base64');
  return body;
};

describe('what was not looked into', () => {
  it.each([
    ['base64 in base64', { body: deep() }, /^base64 nằm trong hơn \d+ lớp/],
    ['a bomb', { body: gzipSync(gzipSync(Buffer.alloc(64 << 20))) }, /^gzip: giải nén ra lớn hơn \d+ lần/],
    [
      'many findings',
      { body: JSON.stringify(Array.from({ length: 1500 }, (_, i) => ({ [`k${i}`]: IMEI }))) },
      /phát hiện/,
    ],
  ] as const)('of %s is said in both languages', (_name, sent, vietnamese) => {
    const told = inspect(sent as Parameters<typeof inspect>[0]).flatMap((event) =>
      event.type === 'partially-scanned' ? [event] : [],
    );
    for (const { reason, text } of told) {
      expect(say(text)).toBe(reason);
      expect(say(text, 'vi')).not.toBe(reason);
    }
    expect(told.map(({ text }) => say(text, 'vi'))).toContainEqual(expect.stringMatching(vietnamese));
  });

  it('names what the work of an exchange went on: a format, or a word of the catalogue', () => {
    const spent = readdirSync(INSPECT, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [...readFileSync(join(INSPECT, name), 'utf8').matchAll(/\bspend\([^;]*?[ ,]'([^']+)'\)/g)])
      .map(([, what = '']) => what);
    expect(spent.length).toBeGreaterThan(10);
    const unknown = spent.filter((what) => !FORMATS.includes(what) && !(`unseen.spent.${what}` in UNSEEN_EN));
    expect(unknown).toEqual([]);
  });
});
