/** What a spelling is called: in every language of the catalogues, and in English as the kinds say it. */
import { describe, expect, it } from 'vitest';
import { say } from '../../src/formats/say.ts';
import { spellingText } from '../../src/kinds/parts/spelling-label.ts';
import { registry } from '../../src/kinds/registry.ts';
import { labDevice } from './lab-device.ts';

const phones = [
  labDevice(),
  labDevice(
    {
      email: ['Lab.Tester+news@gmail.com'],
      imei: ['4901542032375180', 'A0000000002329'],
      android_id: ['00074d56d682e549'],
      iccid: ['89860012345678AB1234'],
      device_name: ["Lan's phone"],
      cell: [{ mcc: 1, mnc: 1, lac: 1234, cid: 5678 }],
    },
    {
      contacts: [{ name: 'Canary Đỗ Nguyễn', phone: '+84987654321' }],
      searches: ['quiet purple elephants'],
      visited: ['https://example.org/a'],
      clipboard: ['copied ünique text'],
    },
  ),
];
const labels = [
  ...new Set(phones.flatMap((phone) => registry.flatMap((kind) => kind.spell(phone).map(({ label }) => label)))),
];

describe('the label of a spelling', () => {
  it.each(labels)('%s is a text of the catalogues', (label) => {
    const said = spellingText(label);
    if (typeof said === 'string') expect.fail('no catalogue has it');
    const english = say(said);
    expect(english.toLowerCase()).toBe(label.toLowerCase());
    expect(say(said, 'vi').toLowerCase()).not.toBe(label.toLowerCase());
  });

  it('may vary more than once', () => {
    expect(say(spellingText('name, accents decomposed, no-break spaces') as never, 'vi').toLowerCase()).toBe(
      'tên, dấu tách rời, dấu cách không ngắt',
    );
  });
});
