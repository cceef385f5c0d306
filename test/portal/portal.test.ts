import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProxy, writePac } from '../../src/portal/pac.ts';
import { phoneOf } from '../../src/portal/phone.ts';
import { createPortal, type PortalRequest, type PortalResponse } from '../../src/portal/portal.ts';
import { fits, GUIDES } from '../../src/portal/steps.ts';

const ANDROID_14 = 'Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1';
const FINGERPRINT = 'AB:CD:EF';

let gateway: { addresses: string[]; page: string } | null = null;
const portal = createPortal({
  proxy: () => ({ host: '192.0.2.10', port: 8080 }),
  gateway: () => gateway,
  uiUrl: () => 'http://192.0.2.10:8081',
  apiUrl: () => 'http://192.0.2.10:8081',
  certificate: async (form) => ({ contentType: `application/x-${form}`, bytes: Buffer.from(`certificate as ${form}`) }),
  fingerprint: () => FINGERPRINT,
  certificateName: () => 'Phonehome Lab CA 3f2a1b',
  probeUrl: 'https://phonehome.lab/check/seen.svg',
});

async function get(path: string, changes: Partial<PortalRequest> = {}): Promise<PortalResponse> {
  const answer = await portal.answer({ path, userAgent: ANDROID_14, host: 'phonehome.lab', via: 'proxy', ...changes });
  if (answer === null) throw new Error(`${path} is none of the portal's`);
  return answer;
}
const text = async (path: string, changes: Partial<PortalRequest> = {}) => String((await get(path, changes)).body);

describe('the set-up page', () => {
  it('says proxy address, PAC URL, fingerprint and where to check', async () => {
    const page = await text('/');
    for (const part of [
      '192.0.2.10',
      '8080',
      'http://192.0.2.10:8081/proxy.pac',
      FINGERPRINT,
      'http://phonehome.lab/check',
    ]) {
      expect(page).toContain(part);
    }
    expect(page).toContain('already uses the lab');
    expect(await text('/setup', { via: 'direct', host: '192.0.2.10:8081' })).not.toContain('already uses the lab');
  });

  it('names the address by which the phone reached it', async () => {
    const page = await text('/setup', { via: 'direct', host: '10.77.0.1:8081' });
    expect(page).toContain('<dd>10.77.0.1</dd>');
    expect(await text('/proxy.pac', { via: 'direct', host: '[fd00::1]:8081' })).toContain('PROXY [fd00::1]:8080');
  });

  it('tells a phone on a gateway’s network that there is no proxy to set, and one elsewhere which', async () => {
    gateway = { addresses: ['10.77.0.1', 'fd77::1'], page: 'http://10.77.0.1' };
    try {
      for (const host of ['phonehome.lab', '10.77.0.1', '[fd77::1]:8081']) {
        const page = await text('/setup', { via: host === 'phonehome.lab' ? 'proxy' : 'direct', host });
        expect(page).toContain('Nothing to set');
        expect(page).not.toMatch(/proxy\.pac|Proxy: Manual|remove the proxy/);
        expect(page).toContain('http://10.77.0.1/setup');
      }
      expect(await text('/setup', { via: 'direct', host: '192.0.2.10:8081' })).toContain('Proxy: Manual');
    } finally {
      gateway = null;
    }
  });

  it.each([
    [ANDROID_14, 'Android 11 and later', '/ca.cer'],
    ['Mozilla/5.0 (Linux; Android 8.1.0; Nokia 7 plus)', 'Android 7 to 10', '/ca.cer'],
    ['Mozilla/5.0 (Linux; U; Android 4.4.2; HM NOTE 1LTE)', 'Android 4 to 6', '/ca.cer'],
    [IPHONE, 'iPhone and iPad', '/ca.mobileconfig'],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36',
      'Android 11 and later',
      '/ca.cer',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
      'iPhone and iPad',
      '/ca.mobileconfig',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1',
      'iPhone and iPad',
      '/ca.mobileconfig',
    ],
  ])('%s gets its own instructions opened first, and its own download', async (userAgent, title, download) => {
    const page = await text('/', { userAgent });
    expect(page.match(/<details[^>]*><summary>([^<]*)/)?.[1]).toBe(title);
    expect(page).toContain(`<details open><summary>${title}`);
    expect(page).toContain(`<a class="button" href="${download}">`);
  });

  it('a phone that keeps its version to itself is told so of no old version, and a Mac is no iPad in Chrome', async () => {
    expect(phoneOf('Mozilla/5.0 (Linux; Android 10; K) Chrome/126.0.0.0')).toEqual({
      system: 'android',
      version: null,
    });
    expect(phoneOf('Mozilla/5.0 (Linux; Android 10; SM-G960F) Chrome/90.0')).toEqual({
      system: 'android',
      version: 10,
    });
    const mac =
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
    expect(phoneOf(mac).system).toBe('other');
  });

  it('names the certificate as the phone shows it, and says for each system how to remove it', async () => {
    const page = await text('/', { userAgent: IPHONE });
    expect(page).toContain('switch “Phonehome Lab CA 3f2a1b” on');
    expect(page).not.toContain('{name}');
    for (const guide of GUIDES) expect(guide.removal.join(' '), guide.title).toMatch(/remove/i);
    expect(page.split('To remove it after the test').length - 1).toBe(GUIDES.length);
  });

  it('an unknown browser sees all instructions closed, and every version belongs to one guide', async () => {
    expect(await text('/', { userAgent: 'curl/8' })).not.toContain('<details open>');
    for (let version = 4; version < 30; version++) {
      const guides = GUIDES.filter(
        (guide) => !guide.title.startsWith('Firefox') && fits(guide, { system: 'android', version }),
      );
      expect(guides, String(version)).toHaveLength(1);
    }
  });
});

describe('downloads', () => {
  it.each([
    ['/ca.pem', 'application/x-pem', 'attachment; filename="phonehome-ca.pem"'],
    ['/ca.cer', 'application/x-cer', 'attachment; filename="phonehome-ca.cer"'],
    ['/ca.mobileconfig', 'application/x-mobileconfig', 'inline; filename="phonehome-ca.mobileconfig"'],
  ])('%s comes with the type its system opens', async (path, type, disposition) => {
    const answer = await get(path);
    expect(answer.headers).toMatchObject({ 'Content-Type': type, 'Content-Disposition': disposition });
    expect(Buffer.isBuffer(answer.body)).toBe(true);
  });

  it('the private key has no address', async () => {
    for (const path of ['/ca.p12', '/ca.key', '/certs/ca.key', '/../certs/ca.key', '/ca.pem/../ca.key', '/ca']) {
      expect(await portal.answer({ path, userAgent: '', host: 'phonehome.lab', via: 'proxy' })).toBeNull();
    }
  });

  it('the QR code is an SVG', async () => {
    const answer = await get('/qr.svg');
    expect(answer.headers['Content-Type']).toBe('image/svg+xml');
    expect(String(answer.body)).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
  });
});

describe('the PAC file', () => {
  const find = (url: string, host: string) =>
    runInNewContext(
      `${writePac({ host: '192.0.2.10', port: 8080 })}; FindProxyForURL(${JSON.stringify(url)}, ${JSON.stringify(host)})`,
      {
        isPlainHostName: (name: string) => !name.includes('.'),
        shExpMatch: (name: string, pattern: string) =>
          new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(name),
      },
    ) as string;

  it.each([
    ['https://api.account.xiaomi.com/', 'api.account.xiaomi.com', 'PROXY 192.0.2.10:8080'],
    ['http://phonehome.lab/', 'phonehome.lab', 'PROXY 192.0.2.10:8080'],
    ['http://42.62.48.10/', '42.62.48.10', 'PROXY 192.0.2.10:8080'],
    ['http://printer/', 'printer', 'DIRECT'],
    ['http://tv.local/', 'tv.local', 'DIRECT'],
  ])('sends %s the right way', (url, host, way) => {
    expect(find(url, host)).toBe(way);
  });

  it('never lets the outside world fall back to a direct connection', () => {
    fc.assert(
      fc.property(fc.domain(), (host) => !find(`https://${host}/`, host).includes('DIRECT')),
      { numRuns: 30 },
    );
  });

  it('is served under both names with the type phones accept', async () => {
    for (const path of ['/proxy.pac', '/wpad.dat']) {
      expect((await get(path)).headers['Content-Type']).toBe('application/x-ns-proxy-autoconfig');
    }
    expect(formatProxy({ host: '2001:db8::1', port: 80 })).toBe('[2001:db8::1]:80');
  });
});

describe('the self-test', () => {
  it('through the proxy it loads an image over https, whose text tells when it did not come', async () => {
    const page = await text('/check');
    expect(page).toContain('Visible: this page came through the lab');
    expect(page).toMatch(/<img class="verdict" src="https:\/\/phonehome\.lab\/check\/seen\.svg" alt="✗ Not visible: /);
    expect((await get('/check')).headers['Content-Security-Policy']).toContain("img-src 'self' https://phonehome.lab");
    expect(await text('/check/seen.svg')).toContain('✓ Visible');
  });

  it('opened without the proxy it claims nothing', async () => {
    const page = await text('/check', { via: 'direct', host: '192.0.2.10:8081' });
    expect(page).not.toContain('✓');
    expect(page).toContain('can prove nothing');
  });
});

describe('every page', () => {
  const PAGES: [string, PortalRequest['via']][] = [
    ['/', 'proxy'],
    ['/', 'direct'],
    ['/setup', 'direct'],
    ['/check', 'proxy'],
    ['/check', 'direct'],
  ];

  it.each(PAGES)('%s (%s) runs no script, loads nothing from elsewhere and forbids it', async (path, via) => {
    const { headers, body } = await get(path, { via, userAgent: IPHONE });
    expect(headers['Content-Security-Policy']).toMatch(
      /^default-src 'none'; style-src 'self'; img-src 'self' https:\/\/phonehome\.lab;/,
    );
    const page = String(body);
    expect(page).not.toMatch(/<script|\son\w+=|javascript:|style=/i);
    const loaded = [...page.matchAll(/<(?:img|link)\b[^>]*\b(?:src|href)="([^"]*)"/g)].map((match) => match[1]);
    for (const address of loaded) expect(address).toMatch(/^\/[a-z]|^https:\/\/phonehome\.lab\//);
    for (const address of loaded.filter((each) => each?.startsWith('/'))) await get(address ?? '');
  });

  it('links only to pages that exist', async () => {
    for (const [path, via] of PAGES) {
      const links = [...(await text(path, { via })).matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)].map(
        (match) => match[1] ?? '',
      );
      for (const link of links) await get(link.replace('http://phonehome.lab', ''));
    }
  });

  it('cannot be made to say anything by who asks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string(), async (userAgent, host) => {
        const evil = `${host}"><script>alert(1)</script>`;
        const page = await text('/setup', { userAgent: `${userAgent}<script>`, host: evil });
        expect(page).not.toContain('<script');
      }),
    );
  });

  it('a page with a form lets the browser name itself to the lab, which takes no form without', async () => {
    const { headers, body } = await get('/', { via: 'direct' });
    expect(String(body)).toContain('action="/sign-in"');
    expect(headers['Referrer-Policy']).toBe('same-origin');
  });

  it('the home page tells how to watch, and not the token', async () => {
    const page = await text('/', { via: 'direct' });
    expect(page).toContain('phonehome watch');
    expect(page).toContain('mode 0600');
  });
});

describe('the phone', () => {
  it.each([
    [IPHONE, 'ios', 17],
    ['Mozilla/5.0 (iPad; CPU OS 9_3 like Mac OS X)', 'ios', 9],
    ['Mozilla/5.0 (Android; Mobile; rv:40.0)', 'android', null],
    ['', 'other', null],
  ])('%s', (userAgent, system, version) => {
    expect(phoneOf(userAgent)).toEqual({ system, version });
  });
});
