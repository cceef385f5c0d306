/** Escapes that the place does not ask for: page addresses inside addresses, install referrers, quoted-printable. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { essence, findings, IMEI, inspect, type Sent, summary } from './lab-phone.ts';

const MAIL = 'lab.phone@example.org';
const again = (text: string, times: number): string =>
  times === 0 ? text : again(encodeURIComponent(text), times - 1);
const page = (times: number): string => again(`https://shop.example/done?email=${encodeURIComponent(MAIL)}&x=1`, times);
const values = (sent: Sent): string[] => findings(inspect({ ...sent, device: null })).map(({ value }) => value);

describe('percent escapes, layered', () => {
  it.each([1, 2, 3, 4])('are undone %i times more than the place demands', (times) => {
    const places: Sent[] = [
      { target: `/a?dl=${page(times)}` },
      { headers: [['Referer', page(times - 1)]] },
      { headers: [['Cookie', `last=${page(times)}`]] },
      { body: JSON.stringify({ events: [{ url: page(times - 1) }] }) },
      { body: `a=1&u=${page(times)}` },
      { body: `opened ${page(times - 1)} today\n`, headers: [['Content-Type', 'text/plain']] },
    ];
    for (const sent of places) expect(values(sent), JSON.stringify(sent)).toContain(MAIL);
  });

  it('join no digits of an escape to the value behind it', () => {
    const referrer = `af_tranid=abc&android_id=9d3f1c7a5b2e8046&imei=${IMEI}`;
    for (const sent of [
      { body: JSON.stringify({ referrer: again(referrer, 1) }) },
      { target: `/?r=${again(referrer, 2)}` },
    ])
      expect(values(sent).sort()).toEqual([IMEI, '9d3f1c7a5b2e8046']);
  });

  it('make no second finding of a value that stands there plain', () => {
    expect(summary(inspect({ target: `/a?u=imei%3D${IMEI}%26n%3Da%2520b` }))).toHaveLength(1);
    expect(summary(inspect({ body: JSON.stringify({ u: `/x?imei=${IMEI}&n=a%20b` }) }))).toEqual([
      'imei body $.u [json]',
    ]);
  });

  it('keep the place of a second sighting', () => {
    const body = JSON.stringify({ user: MAIL, url: page(0) });
    expect(summary(inspect({ body, device: null }))).toEqual([
      'email body $.user [json]',
      'browsing body $.url [json]',
      'email body email [json:$.url,percent]',
    ]);
  });

  it('give the same for any cutting, in long texts as well', () => {
    const link = (n: number): string => `https://shop.example/${n}?email=${n}${again(MAIL, 2)}`;
    const texts = [
      JSON.stringify({ links: Array.from({ length: 300 }, (_, n) => ({ n, u: link(n) })) }),
      Array.from({ length: 300 }, (_, n) => `${n} ${link(n)}\n`).join(''),
      again(JSON.stringify({ pad: 'x'.repeat(3000), mail: MAIL, more: 'y'.repeat(3000) }), 1),
    ];
    for (const body of texts) {
      const headers: [string, string][] = [['Content-Type', 'text/plain']];
      const whole = essence(inspect({ body, headers, device: null }));
      fc.assert(
        fc.property(fc.array(fc.nat(body.length), { maxLength: 12 }), (cuts) => {
          expect(essence(inspect({ body, headers, cuts, device: null }))).toEqual(whole);
        }),
        { numRuns: 25 },
      );
    }
  });
});

describe('quoted-printable', () => {
  const everyByte = (text: string): string =>
    text.replace(/./g, (char) => `=${char.charCodeAt(0).toString(16).toUpperCase()}`);

  it('is undone in a vCard, over soft line breaks', () => {
    const name = everyByte('Canary Nguyen');
    for (const written of [name, `${name.slice(0, 18)}=\r\n${name.slice(18)}`]) {
      const body = `BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${written}\r\nEND:VCARD\r\n`;
      expect(findings(inspect({ body })).map(({ identifier }) => [identifier.kind, identifier.known])).toEqual([
        ['contact', true],
      ]);
    }
  });
});
