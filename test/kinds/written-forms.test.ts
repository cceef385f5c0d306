/** Registered values in the forms in which senders really write them, through the whole detector. */
import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/model/device.ts';
import { findings, inspect, labPhone, type Sent } from '../inspect/lab-phone.ts';

const NAME = 'Nguy\u1ec5n Th\u1ecb \u00c1nh';
const MESSAGE =
  'H\u1eb9n g\u1eb7p b\u1ea1n \u1edf c\u1ea7u Long Bi\u00ean l\u00fac t\u00e1m gi\u1edd, mang theo \u0111\u00e8n';
const SEARCH = 'ph\u00f2ng kh\u00e1m g\u1ea7n \u0111\u00e2y';
const VISITED = 'https://clinic.example/appointments?id=77';
const COPIED = 'Tr0ub4dor & 3 horses';

const phone: Device = {
  ...labPhone,
  id: 'written',
  identifiers: {
    ...labPhone.identifiers,
    cell: [
      { mcc: 452, mnc: 4, lac: 1234, cid: 7_509_000 },
      { mcc: 242, mnc: 1, lac: 4321, cid: 1234 },
      { mcc: 310, mnc: 410, lac: 70_000, cid: 5_000_000_000 },
    ],
    serial: ['AB12CD'],
  },
  canaries: {
    contacts: [{ name: NAME, phone: '+84987654321' }],
    messages: [MESSAGE],
    photos: [],
    searches: [SEARCH],
    visited: [VISITED],
    clipboard: [COPIED],
  },
};

const found = (sent: Sent): string[] =>
  findings(inspect({ device: phone, ...sent })).map(
    ({ identifier: { kind, known }, value }) => `${known ? 'known ' : ''}${kind} ${value}`,
  );
const json = (value: unknown): Sent => ({
  headers: [['Content-Type', 'application/json']],
  body: typeof value === 'string' ? value : JSON.stringify(value),
});
const escaped = (text: string): string =>
  JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const withoutAccents = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('\u0111', 'd').replaceAll('\u0110', 'D');
const quoted = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

describe('a Vietnamese name and a message', () => {
  const forms: [string, (text: string) => Sent][] = [
    ['in JSON', (text) => json({ n: text })],
    ['in JSON escapes', (text) => json(`{"n":${escaped(text)}}`)],
    ['in UTF-16, little end first', (text) => ({ body: Buffer.from(`x=${text};`, 'utf16le') })],
    ['in UTF-16, big end first', (text) => ({ body: Buffer.from(`x=${text};`, 'utf16le').swap16() })],
    ['in an address', (text) => ({ target: `/s?n=${encodeURIComponent(text)}` })],
    [
      'in a form',
      (text) => ({
        headers: [['Content-Type', 'application/x-www-form-urlencoded']],
        body: `n=${encodeURIComponent(text).replaceAll('%20', '+')}`,
      }),
    ],
    ['in base64', (text) => json({ n: Buffer.from(text).toString('base64') })],
  ];
  const writings: [string, (text: string) => string][] = [
    ['composed', (text) => text.normalize('NFC')],
    ['decomposed', (text) => text.normalize('NFD')],
    ['without accents', withoutAccents],
    ['in capitals', (text) => text.toUpperCase()],
    ['in capitals, decomposed', (text) => text.normalize('NFD').toUpperCase()],
    ['in small letters', (text) => text.toLowerCase()],
    ['without accents, in capitals', (text) => withoutAccents(text).toUpperCase()],
  ];
  for (const [place, send] of forms) {
    it.each(writings)(`are found ${place}: %s`, (_how, write) => {
      expect(found(send(write(NAME)))).toContain(`known contact ${NAME}`);
      expect(found(send(write(MESSAGE)))).toContain(`known message ${MESSAGE}`);
    });
  }

  it('are found as a vCard of Android writes names: quoted-printable', () => {
    expect(found({ body: `FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${quoted(NAME)}\r\n` })).toContain(
      `known contact ${NAME}`,
    );
  });
});

describe('a cell', () => {
  it.each([
    ['in decimal', json({ a: '7509000' }), '452-4-1234-7509000'],
    ['in hexadecimal', json({ a: '729408' }), '452-4-1234-7509000'],
    [
      'network in packed decimal, area and cell, as hex digits',
      json({ a: '54F24004D200729408' }),
      '452-4-1234-7509000',
    ],
    ['the same as bytes', { body: Buffer.from('0001ff54f24004d200729408fe', 'hex') }, '452-4-1234-7509000'],
    [
      'of LTE without area, as bytes',
      { body: Buffer.from('0654f24004d254f24000729408ff', 'hex') },
      '452-4-1234-7509000',
    ],
    ['of GSM, as bytes', { body: Buffer.from('ff0042f21010e104d2fe80', 'hex') }, '242-1-4321-1234'],
    ['of GSM, parts in a row', json({ a: '242-01-4321-1234' }), '242-1-4321-1234'],
    [
      'of 5G, three digits of network',
      { body: Buffer.from('00ff130014012a05f200ee', 'hex') },
      '310-410-70000-5000000000',
    ],
  ])('is found %s', (_how, sent: Sent, value) => {
    expect(found(sent)).toContain(`known cell ${value}`);
  });
});

describe('what the operator typed, opened and copied', () => {
  it.each<[string, Sent, string]>([
    ['search words in JSON', json({ search_word: SEARCH }), `known browsing ${SEARCH}`],
    ['search words without accents', json({ k: withoutAccents(SEARCH) }), `known browsing ${SEARCH}`],
    [
      'search words in an address',
      { target: `/c?wd=${encodeURIComponent(SEARCH).replaceAll('%20', '+')}` },
      `known browsing ${SEARCH}`,
    ],
    ['a page opened', json({ u: VISITED }), `known browsing ${VISITED}`],
    ['a page without scheme', json({ u: 'clinic.example/appointments?id=77' }), `known browsing ${VISITED}`],
    ['a page in base64', json({ u: Buffer.from(VISITED).toString('base64') }), `known browsing ${VISITED}`],
    ['a text copied', json({ x: { y: COPIED } }), `known clipboard ${COPIED}`],
    ['a text copied, in an address', { target: `/c?t=${encodeURIComponent(COPIED)}` }, `known clipboard ${COPIED}`],
  ])('%s is found', (_what, sent, expected) => {
    expect(found(sent)).toContain(expected);
  });

  it('is not found in other pages of the same site', () => {
    expect(found(json({ u: 'https://clinic.example/appointments?id=771' })).join()).not.toContain('known');
    expect(found(json({ u: 'https://clinic.example/' })).join()).not.toContain('known');
  });
});

describe('texts that nobody registered', () => {
  const document = JSON.stringify({ data: { search_word: 'clinic near me', device_name: "Anna's iPhone" } });
  it.each<[string, Sent]>([
    ['in JSON', json(document)],
    ['in escaped JSON', { body: JSON.stringify(document).slice(1, -1) }],
    ['in JSON inside a JSON string', json({ d: document })],
    ['in a form', { target: `/?d=${encodeURIComponent(document)}` }],
    ['in plain text', { body: "report; search_word=clinic near me; device_name=Anna's iPhone; end" }],
    ['in XML', { body: "<r><search_word>clinic near me</search_word><device_name>Anna's iPhone</device_name></r>" }],
  ])('are found to their last word %s', (_how, sent) => {
    const values = found({ ...sent, device: null });
    expect(values).toContain('browsing clinic near me');
    expect(values).toContain("device_name Anna's iPhone");
  });
});

describe('a short serial', () => {
  it('is found on its own, and not in the middle of something else', () => {
    expect(found(json({ a: 'AB12CD' }))).toContain('known serial AB12CD');
    expect(found(json({ a: 'XAB12CDX' }))).toEqual([]);
    expect(found(json({ a: 'zzAB12CD' }))).toEqual([]);
  });
});
