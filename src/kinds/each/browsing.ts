/**
 * What the user looked at and searched for: addresses and search words, also those of private tabs. What the operator typed
 * and opened is searched for wherever it goes; of anything else, every analytics call carries some `url`, so one alone is
 * only `possible`.
 */
import type { Device } from '../../model/device.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { fieldNames, freeValue, recordText } from '../parts/key-value.ts';
import { isNoValue } from '../parts/placeholders.ts';
import { distinct, spelling } from '../parts/spelling.ts';
import { spellPlanted } from '../parts/text-spellings.ts';
import { found } from '../parts/verdict.ts';

/** Fields that a page visit has and a link has not. */
const VISIT = new Set([
  'searchword',
  'incognito',
  'isincognito',
  'visittime',
  'visitcount',
  'pagetitle',
  'referrer',
  'dwelltime',
  'tabid',
]);
/** Fields that a program's own call has, as error reports and network logs list them: two of them, and it is no visit. */
const CALL = new Set([
  'method',
  'httpmethod',
  'requestmethod',
  'status',
  'statuscode',
  'httpstatus',
  'httpstatuscode',
  'httpcode',
  'responsecode',
  'responsestatus',
  'reason',
  'requestbodysize',
  'responsebodysize',
  'requestsize',
  'responsesize',
  'bytessent',
  'bytesreceived',
  'duration',
  'durationms',
  'latency',
  'ttfb',
  'errorcode',
  'retrycount',
]);
const LEAST_OF_CALL = 2;
/** Addresses of services: `api.example.com`, `/api/…`, `/v2/…`, `/graphql`. */
const SERVICE =
  /^https?:\/\/(?:[\w.-]{0,80}[.-])?(?:api|apis|gateway|gw|graphql|rpc|rest|ws|mobile-?api|m-?api)\d{0,2}[.-][^/?#]{1,120}[/?#]|^https?:\/\/[^/?#]{1,200}\/(?:[\w-]{1,40}\/){0,2}(?:api|apis|rest|rpc|graphql|gql|v\d{1,2})(?:[/?#]|$)/i;
const MAX_TEXT = 256;

export const browsing: IdentifierKind = {
  kind: 'browsing',
  title: 'browsing',
  spell({ canaries: { searches = [], visited = [] } }: Device): Spelling[] {
    return distinct([
      ...searches.flatMap((words) => spellPlanted(words, 'search words')),
      ...visited.flatMap((address) => spellAddress(address.trim())),
    ]);
  },
  shape: { anchors: ['key'], named: 'browsing', judge },
  vectors: [
    {
      name: 'search words',
      text: '{"search_word":"clinic near me"}',
      expect: { value: 'clinic near me', confidence: 'likely' },
      source: 'Xiaomi Mint Browser 2020: search_word, also in incognito',
    },
    {
      name: 'address of a visited page beside the fields of a visit',
      text: '{"url":"https://news.example.com/a/b","incognito":true}',
      expect: { value: 'https://news.example.com/a/b', confidence: 'likely' },
      source: 'Xiaomi Mint Browser 2020: url, also in incognito',
    },
    {
      name: 'some address',
      text: '{"url":"https://news.example.com/a/b"}',
      expect: { value: 'https://news.example.com/a/b', confidence: 'possible' },
    },
    {
      name: 'search words without quotes',
      text: 'report; search_word=clinic near me; end',
      expect: { value: 'clinic near me', confidence: 'likely' },
    },
    {
      name: 'a call of the program, as an error report lists it',
      text: '{"category":"http","data":{"url":"https://shop.example.com/cart/items","method":"GET","status_code":200}}',
      expect: null,
      source: 'Sentry breadcrumbs of type http',
    },
    {
      name: 'a call of the program with its duration',
      text: '{"duration":184,"url":"https://shop.example.com/cart/items?page=2","httpMethod":"POST"}',
      expect: null,
      source: 'New Relic mobile: HTTP transactions',
    },
    {
      name: 'the address of a service by its host',
      text: '{"url":"https://eu-api.example.com/cart/items"}',
      expect: null,
    },
    {
      name: 'the address of a service by its path',
      text: '{"url":"https://www.example.com/mobile/v2/user/profile"}',
      expect: null,
    },
    {
      name: 'a page of a site about services',
      text: '{"url":"https://www.example.com/docs/apiary-notes"}',
      expect: { value: 'https://www.example.com/docs/apiary-notes', confidence: 'possible' },
    },
    {
      name: 'a visit with how long it took',
      text: '{"url":"https://news.example.com/a/b","visitTime":1,"method":"GET","duration":12}',
      expect: { value: 'https://news.example.com/a/b', confidence: 'likely' },
    },
    { name: 'address of a picture', text: '{"url":"https://cdn.example.com/a/b.png"}', expect: null },
    { name: 'address of a service', text: '{"url":"https://example.com/"}', expect: null },
    { name: 'empty search', text: 'search_word=&x=1', expect: null },
    { name: 'number of a query', text: 'search_query=12', expect: null },
  ],
};

/** As opened, and as programs cut it: without the scheme. An address without path or query is only a name. */
function spellAddress(address: string): Spelling[] {
  const plain = address.replace(/^https?:\/\//i, '');
  if (!/^[^/?#\s]+[/?#][^\s]{3}/.test(plain)) return [];
  const flags = { bounded: true, hashed: true };
  return [spelling(address, address, 'address', flags), spelling(plain, address, 'address without scheme', flags)];
}

function judge(run: Run): Verdict | null {
  const hint = hintOf(run, 'browsing');
  if (!hint) return null;
  const value = freeValue(run);
  if (value.text.length < 3 || value.text.length > 2048 || isNoValue(value.text)) return null;
  if (/^https?:\/\//i.test(value.text)) return judgeAddress(run, value, hint.group === 'strong');
  if (hint.group !== 'strong' || value.text.length > MAX_TEXT || !/\p{L}{2}|[\x80-\xff]{2}/u.test(value.text))
    return null;
  if (/[{}<>\\]/.test(value.text)) return null;
  return found(value, value.text, 'likely', 'browsing.searched');
}

function judgeAddress(run: Run, value: { text: string; start: number; end: number }, named: boolean): Verdict | null {
  // A page has a path or a query; pictures, scripts and the like are loaded, not visited.
  if (/\.(?:png|jpe?g|gif|webp|svg|ico|css|js|json|woff2?|mp4|apk|zip)(?:[?#]|$)/i.test(value.text)) return null;
  if (!/^https?:\/\/[^/?#\s]+[/?#][^\s]/i.test(value.text)) return null;
  const names = namesAround(run);
  if (named || names.some((name) => VISIT.has(name))) return found(value, value.text, 'likely', 'browsing.visit');
  if (SERVICE.test(value.text) || names.filter((name) => CALL.has(name)).length >= LEAST_OF_CALL) return null;
  return found(value, value.text, 'possible', 'browsing.named');
}

/** Names of the fields beside it, also where each field is a text of its own. */
function namesAround(run: Run): string[] {
  const others = (run.fields ?? []).map(([name]) => name.toLowerCase().replace(/[_-]/g, ''));
  return [...fieldNames(recordText(run)), ...others];
}
