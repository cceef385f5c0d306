/** Registering cannot go wrong silently: adding loses nothing, and what an operator may not have meant is told, without a value. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { check } from '../../src/devices/identifier-formats.ts';
import { openStoredDevices } from '../../src/devices/store.ts';
import { say } from '../../src/formats/say.ts';
import type { StoredDevices } from '../../src/model/lab.ts';

const dir = mkdtempSync(join(tmpdir(), 'phonehome-registration-'));
let made = 0;
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const open = (): StoredDevices => openStoredDevices(join(dir, String(made++)));
const IMEI = '490154203237518';

describe('adding to a phone', () => {
  it('keeps what was registered, and replacing does not', () => {
    const stored = open();
    stored.put({ id: 'a', model: 'M', match: { ip: '192.168.1.6' }, identifiers: { imei: IMEI } }, 'add');
    stored.put(
      { id: 'a', identifiers: { imei: IMEI, email: 'lab@example.com' }, canaries: { messages: ['purple'] } },
      'add',
    );
    stored.put({ id: 'a', identifiers: { email: 'other@example.com' } }, 'add');
    expect(stored.list()).toMatchObject([
      {
        model: 'M',
        match: { ip: '192.168.1.6' },
        identifiers: { imei: [IMEI], email: ['lab@example.com', 'other@example.com'] },
        canaries: { messages: ['purple'], contacts: [] },
      },
    ]);
    stored.put({ id: 'a', identifiers: { email: 'lab@example.com' } }, 'replace');
    expect(stored.list()[0]?.identifiers).toEqual({ email: ['lab@example.com'] });
  });
});

describe('what is told', () => {
  it('is an address that was another phone’s', () => {
    const stored = open();
    stored.put({ id: 'a', match: { ip: '192.168.1.6' } }, 'add');
    expect(stored.put({ id: 'b', match: { ip: '192.168.1.6' } }, 'add').notes).toEqual([
      'a was known by the address 192.168.1.6 until now: from now on that is b',
    ]);
    expect(stored.put({ id: 'b', match: { ip: '192.168.1.6' } }, 'add').notes).toEqual([]);
  });

  it('is a number that another phone has, but not a network they share', () => {
    const stored = open();
    const identifiers = { imei: IMEI, ssid: 'LabWiFi' };
    stored.put({ id: 'a', match: { ip: '192.168.1.6' }, identifiers }, 'add');
    const { notes } = stored.put({ id: 'b', match: { ip: '192.168.1.7' }, identifiers }, 'add');
    expect(notes).toEqual(['a has the same imei as b: one of the two is mistyped']);
  });

  it('is a value that may be mistyped, by its name alone', () => {
    const { notes } = open().put(
      { id: 'a', match: { ip: '192.168.1.6' }, identifiers: { iccid: '8900100000000000001' } },
      'add',
    );
    expect(notes).toEqual([expect.stringMatching(/^iccid: check digit does not fit/)]);
    expect(notes.join()).not.toContain('8900100000000000001');
  });
});

const saidOf = (checked: ReturnType<typeof check>) =>
  checked.ok
    ? { ...checked, warning: checked.warning && say(checked.warning) }
    : { ...checked, problem: say(checked.problem) };

describe('values as people have them', () => {
  it.each([
    ['imei', '490154203237518/01', IMEI],
    ['imei', '49-015420-323751-8 / 01', IMEI],
    ['imei', '49015420323751', '49015420323751'],
    ['iccid', '898600230111f1234567', '898600230111F1234567'],
    ['iccid', '8984040000012345673F', '8984040000012345673'],
    ['eid', '8904 9032 1234 5123 4512 3456 7890 1235', '89049032123451234512345678901235'],
  ] as const)('%s %s is kept as %s', (kind, typed, kept) => {
    expect(check(kind, typed)).toEqual({ ok: true, value: kept, warning: null });
  });

  it.each([
    ['imei', '358240051111110', /placeholder/],
    ['android_id', '0000000000000000', /placeholder/],
    ['eid', '890490321234', /32 digits/],
  ] as const)('%s %s is refused', (kind, typed, problem) => {
    expect(saidOf(check(kind, typed))).toMatchObject({ ok: false, problem: expect.stringMatching(problem) });
  });

  it('what will not be searched for is said', () => {
    expect(saidOf(check('imei', '490154203237519'))).toMatchObject({
      ok: true,
      warning: expect.stringMatching(/check digit/),
    });
    for (const [kind, value] of [
      ['ssid', 'guest'],
      ['serial', '1234'],
    ] as const)
      expect(saidOf(check(kind, value))).toMatchObject({
        ok: true,
        warning: expect.stringMatching(/searched|by chance/),
      });
  });
});

describe('changing a phone', () => {
  const phone = () => {
    const stored = open();
    const identifiers = { imei: IMEI, email: ['lab@example.com', 'other@example.com'] };
    stored.put(
      {
        id: 'a',
        model: 'M',
        match: { ip: '192.168.1.6', login: 'a-login' },
        identifiers,
        canaries: { messages: ['purple'] },
      },
      'add',
    );
    return stored;
  };

  it('puts what is given in the place of what there was of that sort, and leaves the rest', () => {
    const stored = phone();
    stored.put({ id: 'a', match: { ip: '192.168.1.7' }, identifiers: { email: 'new@example.com' } }, 'set');
    expect(stored.list()).toMatchObject([
      {
        model: 'M',
        match: { ip: '192.168.1.7', login: 'a-login' },
        identifiers: { imei: [IMEI], email: ['new@example.com'] },
        canaries: { messages: ['purple'] },
      },
    ]);
  });

  it('takes single values from it, and the kind with its last one', () => {
    const stored = phone();
    stored.put({ id: 'a', identifiers: { imei: IMEI, email: 'other@example.com' } }, 'drop');
    expect(stored.list()[0]).toMatchObject({
      model: 'M',
      match: { ip: '192.168.1.6' },
      canaries: { messages: ['purple'] },
    });
    expect(stored.list()[0]?.identifiers).toEqual({ email: ['lab@example.com'] });
    stored.put({ id: 'a', match: { ip: '192.168.1.6', login: 'a-login' }, canaries: { messages: ['purple'] } }, 'drop');
    expect(stored.list()[0]).toMatchObject({ match: { ip: null, mac: null }, canaries: { messages: [] } });
    expect(stored.list()[0]?.match).not.toHaveProperty('login');
  });

  it('says when there was no such value, without naming it', () => {
    const { notes, device } = phone().put(
      { id: 'a', identifiers: { email: 'none@example.com' }, match: { ip: '192.168.1.9' } },
      'drop',
    );
    expect(notes).toEqual([
      'a has no such email: nothing to remove there',
      'a is not known by that ip: nothing to remove there',
    ]);
    expect(device.identifiers.email).toHaveLength(2);
  });

  it('is refused for a phone that nobody registered', () => {
    for (const how of ['set', 'drop'] as const)
      expect(() => open().put({ id: 'none', identifiers: { imei: IMEI } }, how)).toThrow(
        'no phone "none" is registered',
      );
  });
});

describe('several phones at once', () => {
  const number = (index: number): string => `LABSERIAL${String(index).padStart(5, '0')}`;
  const entry = (index: number) => ({
    id: `p-${index}`,
    match: { ip: `10.1.${index >> 8}.${index & 255}` },
    identifiers: { serial: number(index) },
  });

  it('are written once, and each is told of those before it', () => {
    const stored = open();
    const twin = { ...entry(1), id: 'twin' };
    const notes = stored.putAll([entry(1), entry(2), twin], 'replace').map((one) => one.notes);
    expect(notes).toEqual([
      [],
      [],
      [
        'p-1 was known by the address 10.1.0.1 until now: from now on that is twin',
        'p-1 has the same serial as twin: one of the two is mistyped',
      ],
    ]);
    expect(stored.list().map(({ id, match }) => `${id} ${match.ip}`)).toEqual([
      'p-1 null',
      'p-2 10.1.0.2',
      'twin 10.1.0.1',
    ]);
  });

  it('are all of them registered, or none', () => {
    const stored = open();
    expect(() => stored.putAll([entry(1), { id: 'b', identifiers: { imei: '12345' } }], 'replace')).toThrow(
      /^devices\[1\]: /,
    );
    expect(stored.list()).toEqual([]);
  });

  it('may be thousands', () => {
    const stored = open();
    stored.putAll(
      Array.from({ length: 3000 }, (_, index) => entry(index)),
      'replace',
    );
    expect(stored.list()).toHaveLength(3000);
    expect(stored.put({ id: 'late', identifiers: { serial: number(2999) } }, 'add').notes).toHaveLength(1);
  });
});
