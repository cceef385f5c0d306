/** The self-test of a phone: is it visible, does its browser trust the lab, and which ways of writing a value does the lab read. */
import { escapeHtml } from '../formats/html.ts';
import type { SetupKey } from '../model/catalogue/setup-en.ts';
import type { SelfTest } from './self-test.ts';
import type { PageWords } from './words.ts';

export interface CheckView {
  words: PageWords;
  query: string;
  number: string;
  via: 'proxy' | 'direct';
  /** Of the https image that loads only where the certificate is trusted. */
  probeUrl: string;
  selfTest: SelfTest;
}

export function checkPage({ words, query, number, via, probeUrl, selfTest }: CheckView): string {
  const say = (key: SetupKey): string => escapeHtml(words.say(key));
  if (via === 'direct') {
    const there = escapeHtml(`http://phonehome.lab/check?${query}`);
    return `<p>${say('check.direct')}</p><p><a href="${there}">http://phonehome.lab/check</a></p>
<p><a class="button" href="/setup?${escapeHtml(query)}">${say('check.set-up')}</a></p>`;
  }
  const form = (test: 'form' | 'multipart', encoding: string): string =>
    `<form method="post" action="/check/test/${test}?${escapeHtml(query)}" enctype="${encoding}"><input type="hidden" name="serial" value="${selfTest.serial}"><button class="button plain">${say(`test.${test}`)}</button></form>`;
  return `<section><h2>${say('check.clear')}</h2><p class="good">${say('check.clear.ok')}</p></section>
<section><h2>${say('check.encrypted')}</h2>
<img class="verdict" src="${escapeHtml(`${probeUrl}?n=${number}&lang=${words.language}`)}" alt="${say('check.encrypted.no')}"></section>
<section><h2>${say('check.values')}</h2><p>${say('check.values.text')}</p>
<iframe class="results" src="/check/results?${escapeHtml(query)}" title="${say('check.values')}"></iframe>
<p>${say('check.by-hand')}</p>${form('form', 'application/x-www-form-urlencoded')}${form('multipart', 'multipart/form-data')}</section>
<section><h2>${say('check.apps')}</h2><p>${say('check.apps.text')}</p></section>
<p><a class="button plain" href="/setup?${escapeHtml(query)}">${say('setup.title')}</a></p>`;
}
