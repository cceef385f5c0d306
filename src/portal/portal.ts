/**
 * The pages a phone sees: set-up, certificate, QR code, PAC file, self-test. Pure functions over injected facts: no
 * socket here, so the same pages are served through the proxy (`http://phonehome.lab/`) and on the UI port (`/setup`).
 * They work without JavaScript, load nothing from elsewhere, and say so in a strict content security policy.
 */
import { isIP } from 'node:net';
import { escapeHtml } from '../formats/html.ts';
import { page, STYLE } from './html.ts';
import { PAC_TYPE, type ProxyAddress, writePac } from './pac.ts';
import { type PhoneKind, phoneOf } from './phone.ts';
import { fits, GUIDES, PROXY_STEPS } from './steps.ts';

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

export function createPortal(options: PortalOptions): Portal {
  const policy = (formAction: string) =>
    [
      "default-src 'none'",
      "style-src 'self'",
      `img-src 'self' ${new URL(options.probeUrl).origin}`,
      "base-uri 'none'",
      `form-action ${formAction}`,
      "frame-ancestors 'none'",
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
  const html = (title: string, body: string, more: Record<string, string> = {}) =>
    respond('text/html; charset=utf-8', page(title, body), more);

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

  async function download(form: CertificateForm): Promise<PortalResponse> {
    const { contentType, bytes } = await options.certificate(form);
    // iOS opens a profile only when it is shown, Android a certificate only when it is saved.
    const disposition = form === 'mobileconfig' ? 'inline' : 'attachment';
    return respond(contentType, bytes, { 'Content-Disposition': `${disposition}; filename="phonehome-ca.${form}"` });
  }

  async function answer(request: PortalRequest): Promise<PortalResponse | null> {
    const path = request.path.split(/[?#]/, 1)[0] ?? '/';
    const form = FORMS[path];
    if (form !== undefined) return download(form);
    switch (path) {
      case '/':
        return request.via === 'proxy'
          ? html('Set up this phone', setupPage(options, proxyFor(request), request))
          : html('A lab runs here', homePage(options, request.signedInAs ?? null), WITH_FORM);
      case '/setup':
      case '/setup/':
        return html('Set up this phone', setupPage(options, proxyFor(request), request));
      case '/check':
        return html('Is this phone visible to the lab?', checkPage(options, request));
      case '/check/seen.svg':
        return respond(SVG, SEEN);
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

/** The phone is on a gateway's network: what it sends passes the lab without any setting. */
function comesThroughGateway({ gateway }: PortalOptions, { via, host }: PortalRequest): boolean {
  const up = gateway();
  return up !== null && (via === 'proxy' || up.addresses.includes(nameIn(host)));
}

function setupPage(options: PortalOptions, proxy: ProxyAddress, request: PortalRequest): string {
  const phone = phoneOf(request.userAgent);
  const joined = comesThroughGateway(options, request);
  const page = joined ? options.gateway()?.page : options.uiUrl();
  return `${joined ? joinedStep() : proxyStep(options, proxy, request, phone)}
<section>
<h2><span class="step">2</span>Trust the lab’s certificate</h2>
<p>${downloads(phone)}</p>
<p class="note">The phone shows it as “${escapeHtml(options.certificateName())}”. Fingerprint (SHA-256), to compare with what the phone shows:<br><code>${escapeHtml(options.fingerprint())}</code></p>
</section>
${GUIDES.toSorted((a, b) => Number(fits(b, phone)) - Number(fits(a, phone)))
  .map((guide) => {
    const list = (steps: string[]) =>
      `<ol>${steps.map((step) => `<li>${escapeHtml(step.replaceAll('{name}', options.certificateName()))}</li>`).join('')}</ol>`;
    return `<details${fits(guide, phone) ? ' open' : ''}><summary>${escapeHtml(guide.title)}</summary>${list(guide.certificate)}<p class="note">${escapeHtml(guide.remark)}</p><p>To remove it after the test:</p>${list(guide.removal)}</details>`;
  })
  .join('\n')}
<section>
<h2><span class="step">3</span>Check</h2>
<p>Open <a href="http://phonehome.lab/check">http://phonehome.lab/check</a> on the phone.</p>
</section>
<section>
<h2>Another phone?</h2>
<img class="qr" src="/qr.svg" alt="QR code of this page" width="176" height="176">
<p class="note">Scan it while on this network, or type <code>${escapeHtml(`${page}/setup`)}</code></p>
</section>
<p class="note">When the test is over: ${joined ? 'leave this network and remove the certificate' : 'remove the proxy and the certificate again'}, as said above for each system. Until then the lab can read what this phone sends.</p>`;
}

const joinedStep = (): string => `<p class="good">This phone is on the lab’s network.</p>
<section>
<h2><span class="step">1</span>Nothing to set</h2>
<p>All that this phone sends passes the lab. Leave the proxy of this network at “None”; private DNS and VPN off.</p>
</section>`;

function proxyStep(options: PortalOptions, proxy: ProxyAddress, { via }: PortalRequest, phone: PhoneKind): string {
  const pac = `${options.uiUrl()}/proxy.pac`;
  return `${via === 'proxy' ? '<p class="good">This phone already uses the lab’s proxy.</p>' : ''}
<section>
<h2><span class="step">1</span>Use the lab’s proxy</h2>
<p>${phone.system === 'ios' ? PROXY_STEPS.ios : PROXY_STEPS.android}</p>
<dl><dt>Host</dt><dd>${escapeHtml(proxy.host)}</dd><dt>Port</dt><dd>${proxy.port}</dd><dt>or PAC URL</dt><dd><code>${escapeHtml(pac)}</code></dd></dl>
</section>`;
}

function downloads(phone: PhoneKind): string {
  const profile = { href: '/ca.mobileconfig', text: 'Download profile (iPhone, iPad)' };
  const certificate = { href: '/ca.cer', text: 'Download certificate (Android)' };
  const pem = { href: '/ca.pem', text: 'PEM (computers)' };
  const order = phone.system === 'ios' ? [profile, certificate, pem] : [certificate, profile, pem];
  return order
    .map(({ href, text }, index) => `<a class="button${index === 0 ? '' : ' plain'}" href="${href}">${text}</a>`)
    .join('');
}

/** The image comes over https through the lab: it appears when the certificate is trusted, its text when not. */
function checkPage(options: PortalOptions, request: PortalRequest): string {
  if (request.via === 'direct') {
    return `<p>This page was opened without the proxy, so it can prove nothing.</p>
<p>Open <a href="http://phonehome.lab/check">http://phonehome.lab/check</a> on the phone. If that address is not found, the proxy is not set: <a href="/setup">set it up</a>.</p>`;
  }
  return `<section><h2>Unencrypted traffic</h2><p class="good">✓ Visible: this page came through the lab.</p></section>
<section><h2>Encrypted traffic of this app</h2>
<img class="verdict" src="${escapeHtml(options.probeUrl)}" alt="✗ Not visible: this app does not trust the lab’s certificate. Install it from http://phonehome.lab/ (on an iPhone also switch it on under Certificate Trust Settings).">
</section>
<section><h2>Other apps</h2><p>An app can decide for itself whom it trusts. If one does not work, or the lab shows it as “pinned”, its traffic to that server is <strong>not visible</strong>; the lab still shows whom it contacts, and counts how much.</p></section>
<p class="note">Changed something? Reload this page.</p>`;
}

function homePage(options: PortalOptions, signedInAs: string | null): string {
  return `${signedInAs === null ? SIGN_IN : signOut(signedInAs)}
<section><h2>What is this?</h2><p>A Phonehome lab: it shows live which identifiers the phones under test send, to whom and into which country.</p></section>
${signedInAs === null || signedInAs === 'viewer' ? '' : '<section><h2>Test runs</h2><p><a class="button" href="/case">Mark what you do</a></p></section>'}
<section><h2>Put a phone on it</h2><p><a class="button" href="/setup">Set up a phone</a></p></section>
<section><h2>Watch</h2>
<ul><li>in a terminal of this machine: <code>phonehome watch</code></li>
<li>from another machine: <code>PHONEHOME_TOKEN=… phonehome watch --url ${escapeHtml(options.apiUrl())}</code></li>
<li>as a program: <code>GET /api/alerts</code> and the WebSocket <code>/api/alerts/live</code>, described in <code>/openapi.json</code> and <code>/asyncapi.json</code></li></ul>
<p class="note">All of it needs a token: <code>token</code> in the lab’s data directory (administrator), <code>token.operator</code> or <code>token.viewer</code> (mode 0600, made at first start).</p></section>`;
}

const SIGN_IN = `<section><h2>Sign in</h2><form method="post" action="/sign-in">
<p><label>Token<br><input type="password" name="token" autocomplete="current-password" required></label> <button class="button">Sign in</button></p></form>
<p class="note">Or run <code>phonehome ui</code> on the lab’s machine: its address signs you in.</p></section>`;

const signOut = (role: string): string =>
  `<section><h2>Signed in as ${escapeHtml(role)}</h2><form method="post" action="/sign-out"><button class="button plain">Sign out</button></form>
<p class="note">The dashboard is not built here: run <code>npm ci</code> in the lab’s folder, without <code>--omit=dev</code>, then start the lab again.</p></section>`;

const SEEN = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 52" role="img"><title>Visible</title><rect width="400" height="52" rx="10" fill="#e6f4ea"/><text x="14" y="32" font-family="system-ui, sans-serif" font-size="15.5" font-weight="600" fill="#0d652d">✓ Visible: the certificate is trusted.</text></svg>
`;
