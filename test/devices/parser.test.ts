/** Devices files, whole and broken: every problem is named with its line and field, and no message repeats a value. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDevices } from '../../src/devices/format.ts';
import { parseDevices as parseFile } from '../../src/devices/parser.ts';
import { say } from '../../src/formats/say.ts';
import type { Problem } from '../../src/formats/yaml-document.ts';
import { problemLine } from '../../src/formats/yaml-document.ts';
import { temporaryDirectories } from '../temporary.ts';

const temporary = temporaryDirectories();

const photo = Buffer.from('jpeg');
/** Each problem with its text: in English it is the sentence, in Vietnamese another one. */
function plain({ text, ...problem }: Problem): Problem {
  if (text === undefined) throw new Error(`no text: ${problem.problem}`);
  expect(say(text)).toBe(problem.problem);
  expect(say(text, 'vi')).not.toBe(problem.problem);
  return problem;
}
function parseDevices(...given: Parameters<typeof parseFile>): ReturnType<typeof parseFile> {
  const parsed = parseFile(...given);
  return parsed.ok
    ? { ...parsed, warnings: parsed.warnings.map(plain) }
    : { ...parsed, errors: parsed.errors.map(plain) };
}
const parse = (text: string) => parseDevices(text, 'devices.yaml', () => photo);

const CONTRACT = `devices:
  - id: nokia-7-plus-01
    model: Nokia 7 Plus
    match: { ip: 10.77.0.2, mac: "02:00:5e:10:00:01" }      # either; without a match, \`default: true\`
    identifiers:                                              # every value may be a string or a list
      imei: "490154203237518"
      imsi: "001010123456789"
      iccid: "89001000000000000002"
      serial: LABSERIAL0001
      wifi_mac: "02:00:5e:10:00:01"
      phone_number: "+84912345678"
      android_id: 9774d56d682e549c
      advertising_id: 38400000-8cf0-11bd-b23e-10b96e40000d
      email: lab@example.com
      location: [{ lat: 21.0278, lon: 105.8342, radius_m: 2000 }]
      cell: [{ mcc: 452, mnc: 4, lac: 1234, cid: 7509000 }]
      ssid: LabWiFi
      bssid: "02:11:22:33:44:55"
    canaries:
      contacts: [{ name: "Canary Nguyen", phone: "+84987654321" }]
      messages: ["purple elephant seventeen"]
      photos: [canary.jpg]
`;

describe('a file that is right', () => {
  test('the example of the contract is read whole, its photo from beside the file', () => {
    const dir = temporary('devices-');
    writeFileSync(join(dir, 'canary.jpg'), photo);
    expect(parseDevices(CONTRACT, join(dir, 'devices.yaml'))).toEqual({
      ok: true,
      warnings: [
        {
          line: 12,
          field: 'devices[0].identifiers.android_id',
          problem: 'is shared by a whole series of old phones: it tells no phone',
        },
      ],
      devices: [
        {
          id: 'nokia-7-plus-01',
          model: 'Nokia 7 Plus',
          match: { ip: '10.77.0.2', mac: '02:00:5e:10:00:01', default: false },
          identifiers: {
            imei: ['490154203237518'],
            imsi: ['001010123456789'],
            iccid: ['89001000000000000002'],
            serial: ['LABSERIAL0001'],
            wifi_mac: ['02:00:5e:10:00:01'],
            phone_number: ['+84912345678'],
            android_id: ['9774d56d682e549c'],
            advertising_id: ['38400000-8cf0-11bd-b23e-10b96e40000d'],
            email: ['lab@example.com'],
            location: [{ lat: 21.0278, lon: 105.8342, radius_m: 2000 }],
            cell: [{ mcc: 452, mnc: 4, lac: 1234, cid: 7509000 }],
            ssid: ['LabWiFi'],
            bssid: ['02:11:22:33:44:55'],
          },
          canaries: {
            contacts: [{ name: 'Canary Nguyen', phone: '+84987654321' }],
            messages: ['purple elephant seventeen'],
            photos: [{ name: 'canary.jpg', bytes: photo }],
          },
          salts: [],
        },
      ],
    });
  });

  test('search words, opened addresses and copied texts are planted like messages, and written back', () => {
    const planted = { searches: ['clinic near me'], visited: ['https://a.example/b?c'], clipboard: ['one', 'two'] };
    const parsed = parse(JSON.stringify({ devices: [{ id: 'a', default: true, canaries: planted }] }));
    const canaries = { contacts: [], messages: [], photos: [], ...planted };
    expect(parsed.ok ? parsed.devices[0]?.canaries : parsed).toEqual(canaries);
    const again = parse(formatDevices(parsed.ok ? parsed.devices : [], 'yaml'));
    expect(again.ok ? again.devices[0]?.canaries : again).toEqual(canaries);
  });

  test.each([
    ['a bare IMSI keeps its leading zeros', 'imsi: 001010123456789', { imsi: ['001010123456789'] }],
    ['a bare 20-digit ICCID keeps every digit', 'iccid: 89001000000000000002', { iccid: ['89001000000000000002'] }],
    ['a bare serial that looks like a number in powers of ten', 'serial: 12345e6', { serial: ['12345e6'] }],
    ['a bare serial that looks like octal', 'serial: 0o17777', { serial: ['0o17777'] }],
    ['a device called by a YAML 1.1 truth value', 'ssid: [yes-wifi, off-wifi]', { ssid: ['yes-wifi', 'off-wifi'] }],
    ['a bare MAC of digits is no base-60 number', 'wifi_mac: 02:00:50:10:00:01', { wifi_mac: ['02:00:50:10:00:01'] }],
    ['an IMEI with dashes', 'imei: 49-015420-323751-8', { imei: ['490154203237518'] }],
    [
      'two SIM slots as a list',
      'imei: [490154203237518, "490154203237526"]',
      { imei: ['490154203237518', '490154203237526'] },
    ],
    ['a MAC in Cisco spelling and upper case', 'wifi_mac: 0200.5E10.0001', { wifi_mac: ['02:00:5e:10:00:01'] }],
    ['a phone number with spaces and brackets', 'phone_number: +84 (91) 234-56.78', { phone_number: ['+84912345678'] }],
    ['a field left empty', 'imei:', {}],
    [
      'a position without a radius',
      'location: { lat: -21.5, lon: 105 }',
      { location: [{ lat: -21.5, lon: 105, radius_m: 1000 }] },
    ],
    [
      'a 4G cell with tac and ci',
      'cell: { mcc: 001, mnc: 01, tac: 7, ci: 268435455 }',
      { cell: [{ mcc: 1, mnc: 1, lac: 7, cid: 268435455 }] },
    ],
  ])('%s', (_name, line, identifiers) => {
    const parsed = parse(`devices:\n  - id: a\n    default: true\n    identifiers:\n      ${line}\n`);
    expect(parsed.ok ? parsed.devices[0]?.identifiers : parsed).toEqual(identifiers);
  });

  test('JSON with numbers, tabs and escapes is read like YAML', () => {
    const json =
      '{\n\t"devices": [\n\t\t{"id": "a\\u0062", "default": true, "identifiers": {"imei": 490154203237518}}\n\t]\n}';
    const parsed = parse(json);
    expect(parsed.ok && parsed.devices[0]).toMatchObject({ id: 'ab', identifiers: { imei: ['490154203237518'] } });
  });

  test('no devices at all is a lab that searches shapes only', () => {
    expect(parse('devices: []')).toEqual({ ok: true, devices: [], warnings: [] });
  });

  test('a v4 address written as v6 is the same phone', () => {
    const parsed = parse('devices:\n  - id: a\n    match: { ip: "::ffff:10.77.0.2" }\n');
    expect(parsed.ok && parsed.devices[0]?.match.ip).toBe('10.77.0.2');
  });
});

describe('what may be right is a warning', () => {
  test.each([
    ['imei: 490154203237519', 'imei', 'check digit does not fit: mistyped?'],
    ['iccid: 89001000000000000003', 'iccid', 'check digit does not fit: mistyped?'],
    ['phone_number: 0912345678', 'phone_number', 'has no country code: write it as +84… to find every spelling'],
    ['serial: AB1', 'serial', 'is so short that other traffic holds it by chance'],
    ['advertising_id: abcdef', 'advertising_id', 'is not a UUID: mistyped?'],
  ])('%s', (line, field, problem) => {
    const parsed = parse(`devices:\n  - id: a\n    default: true\n    identifiers:\n      ${line}\n`);
    expect(parsed).toMatchObject({
      ok: true,
      warnings: [{ line: 5, field: `devices[0].identifiers.${field}`, problem }],
    });
  });

  test('a phone that nothing leads to', () => {
    expect(parse('devices:\n  - id: a\n')).toMatchObject({
      ok: true,
      warnings: [{ line: 2, field: 'devices[0]', problem: expect.stringContaining('proxy user name only') }],
    });
  });
});

const identifiers = (lines: string): string =>
  `devices:\n  - id: a\n    default: true\n    identifiers:\n      ${lines}\n`;

describe('a file that is broken', () => {
  test.each<[name: string, text: string, problems: string[]]>([
    ['an empty file', '', ["1: holds no 'devices:' list"]],
    ['a list at the top', '- id: a', ['1: must be a map of fields']],
    ['a mistyped top field', 'device:\n  - id: a', ['1: device: is not a known field; known here: devices']],
    ['a tab for indentation', 'devices:\n\t- id: a', ['2: indented with a tab; use spaces']],
    ['an unclosed quote', 'devices:\n  - id: "a\n', ['3: a closing quote, bracket or separator is missing']],
    ['cut-off JSON', '{"devices": [{"id": "a"', ['1: a closing quote, bracket or separator is missing']],
    [
      'the same field twice',
      identifiers('imei: 490154203237518\n      imei: 490154203237518'),
      ['6: the same field stands here twice'],
    ],
    [
      'a device that is a text',
      'devices:\n  - nokia',
      ['2: devices[0]: must be a map of fields', "2: devices[0]: needs an 'id'"],
    ],
    [
      'a word of the API as an id',
      'devices:\n  - id: discovered\n    default: true',
      ['2: devices[0].id: is "discovered", a word of the lab’s own: choose another one'],
    ],
    ['a device without an id', 'devices:\n  - model: Nokia\n    default: true', ["2: devices[0]: needs an 'id'"]],
    [
      'an id with a colon',
      'devices:\n  - id: "a:b"\n    default: true',
      ['2: devices[0].id: must be 1 to 64 letters, digits, dots, dashes or underscores, a letter or digit first'],
    ],
    [
      'a mistyped device field',
      'devices:\n  - id: a\n    modle: x',
      [
        '3: devices[0].modle: is not a known field; known here: id, model, match, default, identifiers, canaries, salts, ignore',
      ],
    ],
    [
      'a bad address',
      'devices:\n  - id: a\n    match:\n      ip: 10.77.0.300',
      ['4: devices[0].match.ip: must be an IPv4 or IPv6 address'],
    ],
    [
      'a bad match MAC',
      'devices:\n  - id: a\n    match: { mac: 02:00:5e }',
      ['3: devices[0].match.mac: must be a MAC address such as 02:00:5e:10:00:01'],
    ],
    [
      'a default that is neither',
      'devices:\n  - id: a\n    default: perhaps',
      ['3: devices[0].default: must be true or false'],
    ],
    [
      'two devices of one id',
      'devices:\n  - id: a\n    default: true\n  - id: a\n    match: { ip: 10.0.0.1 }',
      ['4: devices[1]: has the same id as devices[0]'],
    ],
    [
      'two devices of one address',
      'devices:\n  - id: a\n    match: { ip: 10.0.0.1 }\n  - id: b\n    match: { ip: 10.0.0.1 }',
      ['4: devices[1]: has the same match.ip as devices[0]'],
    ],
    [
      'two defaults',
      'devices:\n  - id: a\n    default: true\n  - id: b\n    default: true',
      ['4: devices[1]: has the same default as devices[0]'],
    ],
    [
      'an unknown kind',
      identifiers('imie: 490154203237518'),
      [
        expect.stringMatching(
          /^5: devices\[0\]\.identifiers\.imie: is not a known field; known here: imei, imsi,/,
        ) as string,
      ],
    ],
    [
      'an IMEI of letters',
      identifiers('imei: hello'),
      ['5: devices[0].identifiers.imei: must be 15 digits (14 without check digit, 16 as IMEISV, or a MEID)'],
    ],
    [
      'the second of two IMEIs',
      identifiers('imei:\n        - 490154203237518\n        - 4901'),
      ['7: devices[0].identifiers.imei[1]: must be 15 digits (14 without check digit, 16 as IMEISV, or a MEID)'],
    ],
    [
      'a map where a value belongs',
      identifiers('imei: { a: b }'),
      ['5: devices[0].identifiers.imei: must be a text or a number'],
    ],
    [
      'an all-zero IMEI',
      identifiers('imei: "000000000000000"'),
      ['5: devices[0].identifiers.imei: is a placeholder that every phone sends: remove it'],
    ],
    [
      'the MAC Android shows every app',
      identifiers('wifi_mac: 02:00:00:00:00:00'),
      ['5: devices[0].identifiers.wifi_mac: is a placeholder that every phone sends: remove it'],
    ],
    [
      'a MEID of ones',
      identifiers('imei: "11111111111111"'),
      ['5: devices[0].identifiers.imei: is a placeholder that every phone sends: remove it'],
    ],
    [
      'serial "unknown"',
      identifiers('serial: unknown'),
      ['5: devices[0].identifiers.serial: is a placeholder that every phone sends: remove it'],
    ],
    [
      'an opted-out advertising id',
      identifiers('advertising_id: 00000000-0000-0000-0000-000000000000'),
      ['5: devices[0].identifiers.advertising_id: is a placeholder that every phone sends: remove it'],
    ],
    ['an IMSI too short', identifiers('imsi: 00101'), ['5: devices[0].identifiers.imsi: must be 14 or 15 digits']],
    [
      'an ICCID too long',
      identifiers('iccid: 890010000000000000020'),
      [
        '5: devices[0].identifiers.iccid: must be 18 to 20 digits; of some operators a few of them are the letters A to F',
      ],
    ],
    ['no email address', identifiers('email: lab'), ['5: devices[0].identifiers.email: must be an email address']],
    [
      'an SSID of more than 32 bytes',
      identifiers(`ssid: ${'é'.repeat(17)}`),
      ['5: devices[0].identifiers.ssid: must be at most 32 bytes long'],
    ],
    [
      'a phone number of letters',
      identifiers('phone_number: call me'),
      ['5: devices[0].identifiers.phone_number: must be a phone number of 4 to 15 digits'],
    ],
    [
      'a latitude beyond the pole',
      identifiers('location: [{ lat: 91, lon: 0 }]'),
      ['5: devices[0].identifiers.location[0].lat: must be a number from -90 to 90'],
    ],
    [
      'a position without longitude',
      identifiers('location: [{ lat: 21 }]'),
      ["5: devices[0].identifiers.location[0]: needs 'lon'"],
    ],
    [
      'a position that is a text',
      identifiers('location: Hanoi'),
      ['5: devices[0].identifiers.location: must be a map of fields'],
    ],
    [
      'a cell with half a network',
      identifiers('cell: [{ mcc: 452, mnc: 4.5, lac: 1, cid: 2 }]'),
      ['5: devices[0].identifiers.cell[0].mnc: must be a whole number'],
    ],
    [
      'a cell in hexadecimal',
      identifiers('cell: [{ mcc: 452, mnc: 4, lac: 0x4d2, cid: 2 }]'),
      ['5: devices[0].identifiers.cell[0].lac: must be a number from 0 to 16777215'],
    ],
    [
      'a contact without a number',
      'devices:\n  - id: a\n    default: true\n    canaries:\n      contacts:\n        - name: x',
      ["6: devices[0].canaries.contacts[0]: needs a 'name' and a 'phone'"],
    ],
    [
      'several at once, in the order of the file',
      `${identifiers('imei: x')}  - id: b\n    default: maybe\n`,
      [
        '5: devices[0].identifiers.imei: must be 15 digits (14 without check digit, 16 as IMEISV, or a MEID)',
        '7: devices[1].default: must be true or false',
      ],
    ],
  ])('%s', (_name, text, problems) => {
    const parsed = parse(text);
    expect(parsed.ok).toBe(false);
    const lines = parsed.ok ? [] : parsed.errors.map((error) => problemLine('f', error).slice(2));
    expect(lines).toEqual(problems);
  });

  test('a photo that is not there, is empty, or is a directory', () => {
    const dir = temporary('devices-');
    writeFileSync(join(dir, 'empty.jpg'), '');
    const text =
      'devices:\n  - id: a\n    default: true\n    canaries:\n      photos:\n        - nowhere.jpg\n        - empty.jpg\n        - .\n';
    expect(parseDevices(text, join(dir, 'devices.yaml'))).toEqual({
      ok: false,
      errors: [
        { line: 6, field: 'devices[0].canaries.photos[0]', problem: 'no such file beside the devices file' },
        { line: 7, field: 'devices[0].canaries.photos[1]', problem: 'is an empty file' },
        { line: 8, field: 'devices[0].canaries.photos[2]', problem: 'cannot be read (EISDIR)' },
      ],
    });
  });

  test('references that multiply are read no deeper than a device is', () => {
    const bomb = [
      'a: &a [x, x, x]',
      ...Array.from(
        'bcdefghijklmnop',
        (name, i) => `${name}: &${name} [${'*'.concat('abcdefghijklmno'[i] as string, ', ').repeat(9)}x]`,
      ),
    ];
    expect(parse(`${bomb.join('\n')}\ndevices: *p\n`).ok).toBe(false);
  });
});

test('any text at all gives devices or problems, and problems never repeat a line of it', () => {
  const word = fc.constantFrom(
    'devices:',
    '- id: a',
    'identifiers:',
    'imei:',
    '490154203237518',
    '{',
    '}',
    '[',
    ']',
    '"',
    '&a',
    '*a',
    '!!int',
    '\t',
    '? ',
    '|',
    ': ',
    ' ',
    '\n',
    '\n  ',
    '#',
    '---',
    '...',
    '%YAML',
    '\0',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(word, { maxLength: 40 }).map((words) => words.join('')),
      ),
      (text) => {
        const parsed = parse(text);
        if (!parsed.ok) {
          expect(parsed.errors.length).toBeGreaterThan(0);
          for (const { problem } of parsed.errors) expect(problem).not.toContain('490154203237518');
        }
      },
    ),
    { numRuns: 2000 },
  );
});
