/**
 * Forbes, Gabi Cirlig and Andrew Tierney, 2020: Xiaomi's Mint Browser reports every page and every search, also in
 * incognito mode. TLS, then a form, then base64, then gzip, then JSON: four layers around the words a person typed.
 */
import { gzipSync } from 'node:zlib';
import type { Phone, ReplayCase } from '../case.ts';
import { labDevice } from '../lab-device.ts';

interface Visit {
  url: string;
  searchWord: string;
  incognito: boolean;
}

export function mintBody(visit: Visit): Buffer {
  const events = [
    {
      type: 'track',
      event: 'visit_page',
      distinct_id: '5f8f3c1e-2b7d-4f4e-9d61-0c9a7e5b1a22',
      properties: { url: visit.url, search_word: visit.searchWord, incognito: visit.incognito },
    },
  ];
  // Level 9 and no time stamp, so that the same visit gives the same bytes.
  const list = gzipSync(JSON.stringify(events), { level: 9 }).toString('base64');
  return Buffer.from(new URLSearchParams({ crc: String(javaHash(list)), gzip: '1', data_list: list }).toString());
}

/** `String.hashCode` of Java: what analytics clients call a check sum. */
function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

async function report(phone: Phone, visit: Visit): Promise<void> {
  await phone.request({
    method: 'POST',
    url: 'https://sa.api.intl.miui.com/sa?project=global_browser_mini',
    shown: 'https://sa.api.intl.miui.com/sa?project=global_browser_mini (crc, gzip, data_list)',
    mark: 'D',
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    body: mintBody(visit),
  });
}

export const mintBrowser: ReplayCase = {
  name: 'mint-browser',
  title: 'Mint Browser reports pages and searches, also in incognito mode (Forbes, 2020)',
  report: 'Forbes; Gabi Cirlig and Andrew Tierney, April 2020',
  year: 2020,
  label: null,
  device: () => labDevice('mint-browser', 'Xiaomi'),
  fields: [
    { name: 'POST https://sa.api.intl.miui.com/sa?project=global_browser_mini', mark: 'D', note: 'as reported' },
    { name: 'crc, gzip=1, data_list', mark: 'D', note: 'form fields; how crc is computed A' },
    { name: 'data_list: base64(gzip(JSON))', mark: 'D', note: 'as reported' },
    { name: 'url, search_word', mark: 'D', note: 'also in incognito mode; the JSON around them A' },
    { name: 'address 161.117.71.36', mark: 'D', note: 'a cloud address in Singapore' },
  ],
  vendors: [
    {
      host: 'sa.api.intl.miui.com',
      port: 443,
      tls: true,
      address: '161.117.71.36',
      addressMark: 'D',
      respond: () => ({ status: 200 }),
    },
  ],
  phases: ['browsing', 'incognito'],
  operatorKey: null,
  async phone(phone, phase) {
    await phase('browsing', 'a search in Mint Browser', 'D');
    await report(phone, {
      url: 'https://duckduckgo.com/?q=purple+elephant+seventeen',
      searchWord: 'purple elephant seventeen',
      incognito: false,
    });
    await phase('incognito', 'a page in an incognito tab', 'D');
    await report(phone, {
      url: 'https://en.wikipedia.org/wiki/Lab_rat',
      searchWord: 'lab rat',
      incognito: true,
    });
  },
  expect: [
    { type: 'leak', kind: 'browsing', where: 'body', decodingIncludes: ['base64', 'gzip', 'json'] },
    { type: 'leak', kind: 'advertising_id', where: 'body', optional: true },
    { type: 'leak', kind: 'vendor_id', where: 'body', optional: true },
  ],
};
