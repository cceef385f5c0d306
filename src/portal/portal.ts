/**
 * The pages a phone sees: set-up, certificate, QR code, PAC file, self-test, each in the phone's language. Pure functions over injected facts: no
 * socket here, so the same pages are served through the proxy (`http://phonehome.lab/`) and on the UI port (`/setup`).
 * They work without JavaScript, load nothing from elsewhere, and say so in a strict content security policy.
 */
import { isIP } from 'node:net';
import { escapeHtml } from '../formats/html.ts';
import { checkPage } from './check-page.ts';
import { homePage } from './home-page.ts';
import { page, STYLE } from './html.ts';
import { PAC_TYPE, type ProxyAddress, writePac } from './pac.ts';
import { phoneOf } from './phone.ts';
import { type SelfTest, testOf } from './self-test.ts';
import { type SetupView, setupPage } from './setup-page.ts';
import { resultsPage, type StatePage, statePage } from './state-page.ts';
import type { Visit } from './visits.ts';
import { languageOf, type PageWords, wordsIn } from './words.ts';

export interface PortalOptions {
  /** Where the proxy listens, as a phone can reach it. */
  proxy: () => ProxyAddress;
  /** While a gateway is up: its own addresses and its set-up page, `http://10.77.0.1`. Null: phones need the proxy. */
  gateway: () => { addresses: string[]; page: string } | null;
  /** Base address of the UI port as a phone can reach it, e.g. `http://192.0.2.1:8081`. */
  uiUrl: () => string;
  /** The same for programs: with https where the lab has it. */
  apiUrl: () => string;
  /** The certificate in the form a system wants; `fingerprint` as phones show it. */
  certificate: (form: CertificateForm) => Promise<{ contentType: string; bytes: Buffer }>;
  fingerprint: () => string;
  /** Its name in the phone's list of certificates. */
  certificateName: () => string;
  /** An https address that answers with an image through the lab only: `https://phonehome.lab/check/seen.svg`. */
  probeUrl: string;
  selfTest: SelfTest;
}

export type CertificateForm = 'pem' | 'cer' | 'mobileconfig';

export interface PortalRequest {
  /** Path with or without a query. */
  path: string;
  userAgent: string;
  /** `Host` of the request. */
  host: string;
  /** `proxy`: asked as `http://phonehome.lab/`, so the phone already uses the proxy. */
  via: 'proxy' | 'direct';
  /** As the browser sent it; empty: it did not. */
  acceptLanguage: string;
  /** It came over TLS, under a certificate of the lab. */
  isTls?: boolean;
  /** A form was sent: it is looked at on its way, not here. */
  isForm?: boolean;
  /** Role of the browser that asks; null or absent: nobody is signed in. */
  signedInAs?: string | null;
}

export interface PortalResponse {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export interface Portal {
  /** Null when the path is none of the portal's. */
  answer(request: PortalRequest): Promise<PortalResponse | null>;
}

const SVG = 'image/svg+xml';
const FORMS: Record<string, CertificateForm> = {
  '/ca.pem': 'pem',
  '/ca.cer': 'cer',
  '/ca.crt': 'cer',
  '/ca.mobileconfig': 'mobileconfig',
};

/** What every page needs to know of who asks. */
interface Asked {
  request: PortalRequest;
  path: string;
  words: PageWords;
  /** Of this page's visitor; a new one where the address names none. */
  number: string;
  visit: Visit;
  /** Keeps language and visit in addresses. */
  query: string;
  times: number;
}

const REFRESH_SECONDS = 3;

export function createPortal(options: PortalOptions): Portal {
  const { selfTest } = options;
  const { visits } = selfTest;
  const tlsBase = new URL(options.probeUrl).origin;
  const clearBase = tlsBase.replace('https:', 'http:');
  const policy = (formAction: string) =>
    [
      "default-src 'none'",
      "style-src 'self'",
      `img-src 'self' ${tlsBase} ${clearBase}`,
      "frame-src 'self'",
      "base-uri 'none'",
      `form-action ${formAction}`,
      "frame-ancestors 'self'",
    ].join('; ');
  // Without a referrer a browser names no Origin for a form either, and nobody could sign in.
  const WITH_FORM = { 'Content-Security-Policy': policy("'self'"), 'Referrer-Policy': 'same-origin' };

  function respond(contentType: string, body: string | Buffer, more: Record<string, string> = {}): PortalResponse {
    const headers = {
      'Content-Type': contentType,
      'Content-Security-Policy': policy("'none'"),
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      ...more,
    };
    return { status: 200, headers, body };
  }
  const HTML = 'text/html; charset=utf-8';
  const html = ({ words, path, number }: Asked, title: string, body: string, more: Record<string, string> = {}) =>
    respond(HTML, page(title, body, { words, inLanguage: (language) => `${path}?lang=${language}&n=${number}` }), {
      Vary: 'Accept-Language',
      ...more,
    });
  const state = ({ body, next }: StatePage) =>
    respond(HTML, body, next === null ? {} : { Refresh: `${REFRESH_SECONDS}; url=${next}` });

  /** A phone that opened the page by address reaches the proxy at the same one. */
  function proxyFor(request: PortalRequest): ProxyAddress {
    const proxy = options.proxy();
    const name = nameIn(request.host);
    return isIP(name) !== 0 ? { host: name, port: proxy.port } : proxy;
  }

  async function qrCode(): Promise<string> {
    const { toString: draw } = await import('qrcode');
    return draw(`${options.gateway()?.page ?? options.uiUrl()}/setup`, {
      type: 'svg',
      margin: 3,
      errorCorrectionLevel: 'M',
    });
  }

  async function download(form: CertificateForm, { visit }: Asked): Promise<PortalResponse> {
    visit.downloaded = true;
    const { contentType, bytes } = await options.certificate(form);
    // iOS opens a profile only when it is shown, Android a certificate only when it is saved.
    const disposition = form === 'mobileconfig' ? 'inline' : 'attachment';
    return respond(contentType, bytes, { 'Content-Disposition': `${disposition}; filename="phonehome-ca.${form}"` });
  }

  /** The phone is on a gateway's network: what it sends passes the lab without any setting. */
  function isJoined({ via, host }: PortalRequest): boolean {
    const up = options.gateway();
    return up !== null && (via === 'proxy' || up.addresses.includes(nameIn(host)));
  }

  function read(request: PortalRequest): Asked {
    const [path = '/', search = ''] = request.path.split('#', 1)[0]?.split('?') ?? [];
    const given = new URLSearchParams(search);
    const words = wordsIn(languageOf(request.acceptLanguage, given.get('lang')));
    const known = visits.of(given.get('n'));
    const number = known === null ? visits.newNumber() : (given.get('n') as string);
    const visit = known ?? visits.blank();
    if (request.via === 'proxy' || isJoined(request)) visit.passed = true;
    if (request.isTls) visit.trusted = true;
    const times = /^\d{1,5}$/.test(given.get('t') ?? '') ? Number(given.get('t')) : 0;
    return { request, path, words, number, visit, query: `lang=${words.language}&n=${number}`, times };
  }

  function setupView({ request, words, visit, query }: Asked): SetupView {
    const joined = isJoined(request);
    const base = joined ? options.gateway()?.page : options.uiUrl();
    return {
      words,
      phone: phoneOf(request.userAgent),
      visit,
      query,
      isJoined: joined,
      proxy: proxyFor(request),
      pacUrl: `${options.uiUrl()}/proxy.pac`,
      pageUrl: `${base}/setup`,
      certificateName: options.certificateName(),
      fingerprint: options.fingerprint(),
    };
  }

  const stateView = ({ request, words, visit, number, query, times }: Asked) => ({
    words,
    phone: phoneOf(request.userAgent),
    visit,
    number,
    query,
    times,
    clearBase: request.via === 'proxy' ? '' : clearBase,
    tlsBase,
  });

  /** A value came by one of the test's ways; whether the lab found it on the way is not known here. */
  function tested(asked: Asked): PortalResponse | null {
    const test = testOf(asked.path);
    if (test === null || asked.request.via !== 'proxy') return null;
    asked.visit.sent.add(test);
    if (!asked.request.isForm) return respond(SVG, EMPTY);
    return {
      ...respond(HTML, ''),
      status: 303,
      headers: { Location: `/check?${asked.query}`, 'Cache-Control': 'no-store' },
    };
  }

  async function answer(request: PortalRequest): Promise<PortalResponse | null> {
    const asked = read(request);
    const { path, words } = asked;
    if (path.startsWith('/check/test/')) return tested(asked);
    if (request.isForm) return null;
    const form = FORMS[path];
    if (form !== undefined) return download(form, asked);
    switch (path) {
      case '/':
        return request.via === 'proxy'
          ? html(asked, words.say('setup.title'), setupPage(setupView(asked)))
          : html(
              asked,
              words.say('home.title'),
              homePage(words, options.apiUrl(), request.signedInAs ?? null),
              WITH_FORM,
            );
      case '/setup':
      case '/setup/':
        return html(asked, words.say('setup.title'), setupPage(setupView(asked)));
      case '/setup/state':
        return state(statePage(stateView(asked)));
      case '/check':
        return html(
          asked,
          words.say('check.title'),
          checkPage({ ...asked, via: request.via, probeUrl: options.probeUrl, selfTest }),
          WITH_FORM,
        );
      case '/check/results':
        return state(resultsPage(stateView(asked), selfTest));
      case '/favicon.ico':
      case '/check/through.svg':
        return respond(SVG, EMPTY);
      case '/check/seen.svg':
        return respond(SVG, seen(words));
      case '/setup.css':
        return respond('text/css; charset=utf-8', STYLE);
      case '/qr.svg':
        return respond(SVG, await qrCode());
      case '/proxy.pac':
      case '/wpad.dat':
        return respond(PAC_TYPE, writePac(proxyFor(request)));
      default:
        return null;
    }
  }
  return { answer };
}

/** Without port and brackets. */
const nameIn = (host: string): string => host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');

const EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>\n';

const seen = (words: PageWords): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 52" role="img"><title>${escapeHtml(words.say('check.encrypted.ok'))}</title><rect width="400" height="52" rx="10" fill="#e6f4ea"/><text x="14" y="32" font-family="system-ui, sans-serif" font-size="15.5" font-weight="600" fill="#0d652d">${escapeHtml(words.say('check.encrypted.ok'))}</text></svg>
`;
