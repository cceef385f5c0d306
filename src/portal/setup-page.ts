/**
 * The set-up page: the steps for the phone at hand, first a word to whom it belongs to, last how to undo it. What is done is folded
 * away. Plain HTML without script, for browsers of 2015 too.
 */
import { escapeHtml } from '../formats/html.ts';
import type { SetupKey } from '../model/catalogue/setup-en.ts';
import { FIREFOX, GUIDES, type Guide, guideFor } from './guides.ts';
import type { ProxyAddress } from './pac.ts';
import type { PhoneKind } from './phone.ts';
import { pathPicture } from './picture.ts';
import type { Visit } from './visits.ts';
import type { PageWords } from './words.ts';

export interface SetupView {
  words: PageWords;
  phone: PhoneKind;
  visit: Visit;
  /** What keeps language and visit in the addresses of this page: `lang=vi&n=…`. */
  query: string;
  /** On the gateway's own network there is no proxy to set. */
  isJoined: boolean;
  proxy: ProxyAddress;
  pacUrl: string;
  /** Where another phone finds this page. */
  pageUrl: string;
  certificateName: string;
  fingerprint: string;
}

type Say = (key: SetupKey, values?: Record<string, string | number>) => string;

export function setupPage(view: SetupView): string {
  const { words, visit, query, phone } = view;
  const say: Say = (key, values) => escapeHtml(words.say(key, values));
  const isChecked = visit.found.size > 0;
  // The first that is not done stands open.
  const next = [visit.passed, visit.trusted, isChecked].indexOf(false) + 1;
  const steps = [
    step({ number: 1, isDone: visit.passed, isOpen: next === 1, ...networkStep(view, say) }, say),
    step(
      {
        number: 2,
        isDone: visit.trusted,
        isOpen: next === 2,
        title: say('step.certificate'),
        body: certificateStep(view, say),
      },
      say,
    ),
    step(
      {
        number: 3,
        isDone: isChecked,
        isOpen: next === 3,
        title: say('step.check'),
        body: `<p>${say('step.check.text')}</p><p><a class="button" href="http://phonehome.lab/check?${escapeHtml(query)}">${say('step.check.open')}</a></p>`,
      },
      say,
    ),
  ];
  return `<p class="note">${say('setup.for', { phone: nameOf(phone, words) })}</p>
${phone.system === 'android' && phone.version === null ? `<p class="note">${say('setup.version-hidden')}</p>` : ''}
${notice(view, say)}
<section><h2>${say('steps.title')}</h2>
<iframe class="state" src="/setup/state?${escapeHtml(query)}" title="${say('steps.title')}"></iframe></section>
${steps.join('\n')}
${seesSection(view, say)}
${undoSection(view, say)}
<details><summary>${say('other-systems')}</summary>${others(phone)
    .map((guide) => `<h3>${say(`guide.${guide.name}.title`)}</h3>${guideBody(guide, view, say)}`)
    .join('')}</details>
<section><h2>${say('another.title')}</h2>
<img class="qr" src="/qr.svg" alt="${say('another.qr')}" width="176" height="176">
<p class="note">${say('another.text')} <code>${escapeHtml(view.pageUrl)}</code></p></section>`;
}

/** Folded once its steps are under way: whoever does them has read it. */
function notice({ visit }: SetupView, say: Say): string {
  const body = `<p>${say('notice.what')} ${say('notice.kept')}</p><p><strong>${say('notice.yes')}</strong> ${say('notice.end')}</p>`;
  return visit.downloaded || visit.trusted
    ? `<details class="notice"><summary>${say('notice.title')}</summary>${body}</details>`
    : `<section class="notice"><h2>${say('notice.title')}</h2>${body}</section>`;
}

export function nameOf({ system, version }: PhoneKind, words: PageWords): string {
  if (system === 'other') return words.say('phone.other');
  return version === null ? words.say(`phone.${system}`) : words.say(`phone.${system}-version`, { version });
}

/** Where a link comes to stand in a sentence. */
const LINK = '[link]';

interface Step {
  number: number;
  isDone: boolean;
  isOpen: boolean;
  /** HTML both. */
  title: string;
  body: string;
}

const step = ({ number, isDone, isOpen, title, body }: Step, say: Say): string =>
  `<details${isOpen ? ' open' : ''}><summary${isDone ? ' class="done"' : ''}><span class="step">${number}</span>${title}${isDone ? ` – ✓ ${say('steps.done')}` : ''}</summary>${body}</details>`;

function networkStep(view: SetupView, say: Say): { title: string; body: string } {
  if (view.isJoined) return { title: say('step.joined'), body: `<p>${say('step.joined.text')}</p>` };
  const { words, phone, proxy, pacUrl, visit } = view;
  const path = words.say(phone.system === 'ios' ? 'step.proxy.ios.path' : 'step.proxy.android.path');
  return {
    title: say('step.proxy'),
    body: `${visit.passed ? `<p class="good">${say('step.proxy.already')}</p>` : ''}
<p>${escapeHtml(path)}</p>${pathPicture(path, 'tap')}
<dl><dt>${say('step.proxy.host')}</dt><dd>${escapeHtml(proxy.host)}</dd><dt>${say('step.proxy.port')}</dt><dd>${proxy.port}</dd><dt>${say('step.proxy.pac')}</dt><dd><code>${escapeHtml(pacUrl)}</code></dd></dl>
<p>${say('step.proxy.then', { url: LINK }).replace(LINK, '<a href="http://phonehome.lab/">http://phonehome.lab/</a>')}</p>`,
  };
}

function certificateStep(view: SetupView, say: Say): string {
  const guide = guideFor(view.phone);
  const mine = guide === null ? '' : `<h3>${say(`guide.${guide.name}.title`)}</h3>${guideBody(guide, view, say)}`;
  const firefox =
    view.phone.isFirefox && view.phone.system === 'android'
      ? `<h3>${say('guide.firefox.title')}</h3>${guideBody(FIREFOX, view, say)}`
      : '';
  return `<p>${downloads(view, say)}</p>${mine}${firefox}
<p class="note">${say('step.certificate.shown', { name: view.certificateName })}<br><code>${escapeHtml(view.fingerprint)}</code></p>`;
}

function guideBody(guide: Guide, { words, certificateName: name }: SetupView, say: Say): string {
  const steps = guide.steps.map((key) => `<li>${say(key, { name })}</li>`).join('');
  const pictures = pathPicture(words.say(guide.path, { name }), 'tap');
  const second = guide.switchPath === null ? '' : pathPicture(words.say(guide.switchPath, { name }), 'switch');
  return `<ol>${steps}</ol>${pictures}${second}`;
}

function downloads({ phone, query }: SetupView, say: Say): string {
  const profile = { href: '/ca.mobileconfig', text: say('download.ios') };
  const certificate = { href: '/ca.cer', text: say('download.android') };
  const pem = { href: '/ca.pem', text: say('download.pem') };
  const order = phone.system === 'ios' ? [profile, certificate, pem] : [certificate, profile, pem];
  return order
    .map(
      ({ href, text }, index) =>
        `<a class="button${index === 0 ? '' : ' plain'}" href="${href}?${escapeHtml(query)}">${text}</a>`,
    )
    .join('');
}

const others = (phone: PhoneKind): Guide[] => [
  ...GUIDES.filter((guide) => guide !== guideFor(phone)),
  ...(phone.isFirefox ? [] : [FIREFOX]),
];

/** Written out for whoever owns the phone and may do this to it. */
const TO_SYSTEM_STORE = `NAME=$(openssl x509 -subject_hash_old -noout -in phonehome-ca.pem).0
cp phonehome-ca.pem $NAME
adb root && adb remount
adb push $NAME /system/etc/security/cacerts/
adb shell chmod 644 /system/etc/security/cacerts/$NAME
adb reboot`;

function seesSection({ phone }: SetupView, say: Say): string {
  const isOld = phone.system === 'android' && phone.version !== null && phone.version < 7;
  const trust: SetupKey[] =
    phone.system === 'ios'
      ? ['sees.ios']
      : phone.system === 'android'
        ? [isOld ? 'sees.android-6' : 'sees.android-7']
        : ['sees.android-7', 'sees.android-6', 'sees.ios'];
  const lines: SetupKey[] = ['sees.clear', 'sees.whom', ...trust, 'sees.pinned'];
  const system =
    phone.system === 'ios' || isOld
      ? ''
      : `<details><summary>${say('sees.system.title')}</summary><p>${say('sees.system.why')}</p><p>${say('sees.system.adb')}</p><pre tabindex="0">${TO_SYSTEM_STORE.split('\n').map(escapeHtml).join('\n')}</pre><p>${say('sees.system.apex')}</p></details>`;
  return `<details><summary>${say('sees.title')}</summary><ul>${lines.map((key) => `<li>${say(key)}</li>`).join('')}</ul>${system}</details>`;
}

function undoSection(view: SetupView, say: Say): string {
  const { phone, isJoined, certificateName: name } = view;
  const network = isJoined
    ? [say('undo.network')]
    : phone.system === 'ios'
      ? [say('undo.proxy.ios')]
      : phone.system === 'android'
        ? [say('undo.proxy.android')]
        : [say('undo.proxy.android'), say('undo.proxy.ios')];
  const guide = guideFor(phone);
  const guides =
    guide === null ? [...GUIDES] : [guide, ...(phone.isFirefox && phone.system === 'android' ? [FIREFOX] : [])];
  const certificate = guides.map(
    (one) => `${guide === null ? `${say(`guide.${one.name}.title`)}: ` : ''}${say(`guide.${one.name}.undo`, { name })}`,
  );
  const lines = [...network, ...certificate, say('undo.mobile'), say('undo.kept')];
  return `<details id="undo"><summary>${say('undo.title')}</summary><ol>${lines.map((line) => `<li>${line}</li>`).join('')}</ol><p class="note">${say('undo.until')}</p></details>`;
}
