/** Structure that gives private content away: where each rule begins and where it ends. */
import { describe, expect, it } from 'vitest';
import { isInMessage, isTelephone, recordAround } from '../../src/kinds/parts/records.ts';

const NUMBER = '+84912000001';
/** What stands around the number (or `mark`) in a text. */
const around = (text: string, mark = NUMBER) => {
  const start = text.indexOf(mark);
  return recordAround({ text, start, end: start + mark.length, key: null });
};

describe('a telephone number', () => {
  it.each<[string, string | null, boolean]>([
    ['+12345', 'phone', false],
    ['+123456', null, true],
    ['+123456789012345', null, true],
    ['+1234567890123456', null, false],
    ['012345', null, true],
    ['1-234-567', null, true],
    ['12 345678', null, true],
    ['912345678', 'phone', true],
    ['91234567', 'phone', false],
    ['912345678901', 'msisdn', true],
    ['9123456789012', 'phone', false],
    ['912345678', 'Phone_Number', true],
    ['912345678', 'count', false],
    ['912345678', null, false],
  ])('%s beside %s: %s', (written, name, expected) => expect(isTelephone(written, name)).toBe(expected));
});

describe('a text message', () => {
  it.each([
    ['with a time', `{"address":"${NUMBER}","body":"see you","date":1}`, 'message'],
    ['with a state and no time', `{"address":"${NUMBER}","body":"see you","read":1}`, 'message'],
    ['with neither', `{"address":"${NUMBER}","body":"see you"}`, null],
    ['without a text', `{"address":"${NUMBER}","date":1}`, null],
    ['without a number under a telling name', `{"article":"${NUMBER}","body":"see you","date":1}`, null],
    ['in XML', `<sms address="${NUMBER}" body="see you" date="1" />`, 'message'],
  ])('%s', (_what, text, expected) => {
    expect(around(text)).toBe(expected);
    const start = text.indexOf(NUMBER);
    expect(isInMessage({ text, start, end: start + NUMBER.length, key: null })).toBe(expected === 'message');
  });

  it('with a duration is a call', () => {
    expect(around(`{"number":"${NUMBER}","duration":3,"date":1}`)).toBe('call_log');
    expect(around(`{"number":"${NUMBER}","duration":3,"type":1}`)).toBe('call_log');
    expect(around(`{"number":"${NUMBER}","duration":3}`)).toBeNull();
  });
});

describe('a contact', () => {
  it.each([
    ['on the line of a card', `BEGIN:VCARD\nFN:A\nTEL:${NUMBER}\nEND:VCARD`, 'contact'],
    ['on a line of a group', `BEGIN:VCARD\nitem12.TEL;TYPE=CELL:${NUMBER}\nEND:VCARD`, 'contact'],
    ['in small letters', `begin:vcard\ntel:${NUMBER}\nend:vcard`, 'contact'],
    ['with escaped line ends', `"BEGIN:VCARD\\nFN:A\\nTEL:${NUMBER}\\nEND:VCARD"`, 'contact'],
    ['on another line', `BEGIN:VCARD\nNOTE:${NUMBER}\nEND:VCARD`, null],
    ['behind the card', `BEGIN:VCARD\nFN:A\nEND:VCARD\nTEL:${NUMBER}`, null],
    ['in the next card', `BEGIN:VCARD\nEND:VCARD\nBEGIN:VCARD\nTEL:${NUMBER}`, 'contact'],
    ['before any card', `TEL:${NUMBER}\nBEGIN:VCARD`, null],
    ['one of two people', `[{"name":"A","phone":"${NUMBER}"},{"name":"B","phone":"0912000002"}]`, 'contact'],
    ['one person', `[{"name":"A","phone":"${NUMBER}"}]`, null],
    ['one person beside a name alone', `[{"name":"A","phone":"${NUMBER}"},{"name":"B"}]`, null],
    ['one person beside a number alone', `[{"name":"A","phone":"${NUMBER}"},{"phone":"0912000002"}]`, null],
    ['no names', `[{"phone":"${NUMBER}"},{"phone":"0912000002"}]`, null],
    ['the first of three lines', `An A,${NUMBER}\nBinh B,+84912000002\nChi C,+84912000003`, 'contact'],
    ['the last of three lines', `Binh B,+84912000002\nChi C,+84912000003\nAn A,${NUMBER}`, 'contact'],
    ['one of two lines', `An A,${NUMBER}\nBinh B,+84912000002\n`, null],
    ['with two blank lines between', `An A,${NUMBER}\n\n\nBinh B,+84912000002\nChi C,+84912000003`, null],
    [
      'a line of something else among others',
      `1234567 ${NUMBER}\nBinh B,+84912000002\nChi C,+84912000003\nDo D,+84912000004`,
      null,
    ],
  ])('%s', (_what, text, expected) => expect(around(text)).toBe(expected));

  it('far from the card is none', () => {
    const pad = `NOTE:${'x'.repeat(700)}\n`;
    expect(around(`BEGIN:VCARD\n${pad}TEL:${NUMBER}\nEND:VCARD`)).toBeNull();
  });
});
