import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml } from '../../src/formats/html.ts';
import { SETUP_EN, type SetupKey } from '../../src/model/catalogue/setup-en.ts';
import { SETUP_VI } from '../../src/model/catalogue/setup-vi.ts';
import { GUIDES, guideFor } from '../../src/portal/guides.ts';
import { formatProxy, writePac } from '../../src/portal/pac.ts';
import { phoneOf } from '../../src/portal/phone.ts';
import { createPortal, type PortalRequest, type PortalResponse } from '../../src/portal/portal.ts';
import { createSelfTest, TESTS } from '../../src/portal/self-test.ts';
import { createVisits } from '../../src/portal/visits.ts';
import { wordsIn } from '../../src/portal/words.ts';

const ANDROID_14 = 'Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1';
const FROZEN = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36';
const PORTAL = path.join(import.meta.dirname, '../../src/portal');
const FINGERPRINT = 'AB:CD:EF';

let gateway: { addresses: string[]; page: string } | null = null;
const visits = createVisits();
const selfTest = createSelfTest(visits, 'LAB0123456789ABCDEF');
const portal = createPortal({
  selfTest,
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
  const answer = await portal.answer({
    path,
    userAgent: ANDROID_14,
    acceptLanguage: '',
    host: 'phonehome.lab',
    via: 'proxy',
    ...changes,
  });
  if (answer === null) throw new Error(`${path} is none of the portal's`);
  return answer;
}
const text = async (path: string, changes: Partial<PortalRequest> = {}) => String((await get(path, changes)).body);

const AGENTS: [string, string, number | null][] = [
  [
    'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5 Build/M4B30Z) AppleWebKit/537.36 Chrome/44.0.2403.133 Mobile Safari/537.36',
    'android-4',
    6,
  ],
  ['Mozilla/5.0 (Linux; U; Android 4.4.2; HM NOTE 1LTE)', 'android-4', 4],
  ['Mozilla/5.0 (Linux; Android 8.1.0; Nokia 7 plus)', 'android-7', 8],
  ['Mozilla/5.0 (Linux; Android 10; SM-G960F) AppleWebKit/537.36 Chrome/90.0 Mobile Safari/537.36', 'android-7', 10],
  ['Mozilla/5.0 (Linux; Android 12; Redmi) AppleWebKit/537.36 Chrome/104.0 Mobile Safari/537.36', 'android-11', 12],
  [ANDROID_14, 'android-14', 14],
  ['Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'android-14', 16],
  [FROZEN, 'android-14', null],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15 Version/12.1.2 Mobile/15E148 Safari/604.1',
    'ios-12',
    12,
  ],
  [IPHONE, 'ios-15', 17],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
    'ios-15',
    26,
  ],
  ['Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1', 'ios-12', 12],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
    'ios-15',
    17,
  ],
];
const NAME = 'Phonehome Lab CA 3f2a1b';

describe('the set-up page', () => {
  describe.each(['en', 'vi'] as const)('in %s', (language) => {
    const { say } = wordsIn(language);
    const told = (key: SetupKey, values: Record<string, string | number> = {}) =>
      escapeHtml(say(key, { name: NAME, ...values }));

    it.each(AGENTS)(
      '%s gets the steps of its own system, with pictures, and how to undo them',
      async (userAgent, guide, version) => {
        const page = await text('/', { userAgent, acceptLanguage: `${language}-XX,${language};q=0.9` });
        expect(page).toContain(`<html lang="${language}">`);
        const system = guide.startsWith('ios') ? 'ios' : 'android';
        const phone = version === null ? say(`phone.${system}`) : say(`phone.${system}-version`, { version });
        expect(page).toContain(told('setup.for', { phone }));
        const [before = '', after = ''] = page.split(told('other-systems'));
        const own = guide as 'android-14';
        for (const key of [
          `guide.${own}.title`,
          `guide.${own}.step.1`,
          `guide.${own}.step.2`,
          `guide.${own}.step.3`,
          `guide.${own}.undo`,
        ] as const)
          expect(before).toContain(told(key));
        expect(before).toContain(`<svg class="picture"`);
        expect(before).toContain(`aria-label="${told(`guide.${own}.path`)}"`);
        for (const { name } of GUIDES.filter((one) => one.name !== guide)) {
          expect(before).not.toContain(`<h3>${told(`guide.${name}.title`)}`);
          expect(after).toContain(`<h3>${told(`guide.${name}.title`)}`);
        }
        const isIos = guide.startsWith('ios');
        expect(before.includes('class="on"')).toBe(isIos);
        expect(/<a class="button" href="([^?"]*)/.exec(before)?.[1]).toBe(isIos ? '/ca.mobileconfig' : '/ca.cer');
        expect(before).toContain(
          told(isIos ? 'sees.ios' : guide === 'android-4' ? 'sees.android-6' : 'sees.android-7'),
        );
        expect(before.includes(told('sees.system.why'))).toBe(!isIos && guide !== 'android-4');
        expect(page).toContain(told('notice.yes'));
        expect(page).not.toMatch(/\{\{|\[link\]/);
      },
    );
  });

  it('in the language of the browser, unless the person chose another one, which its links keep', async () => {
    expect(await text('/', { acceptLanguage: 'fr-FR,fr;q=0.9,vi;q=0.5,en;q=0.1' })).toContain('<html lang="vi">');
    expect(await text('/', { acceptLanguage: 'fr' })).toContain('<html lang="en">');
    expect(await text('/', { acceptLanguage: 'vi;q=0, en' })).toContain('<html lang="en">');
    const chosen = await text('/?lang=vi', { acceptLanguage: 'en' });
    expect(chosen).toContain('<html lang="vi">');
    expect(chosen).toMatch(/href="\/ca\.cer\?lang=vi&#38;n=[0-9a-f]{12}"/);
    expect(chosen).toMatch(/<a href="\/\?lang=en&#38;n=[0-9a-f]{12}" lang="en"/);
    expect(await text('/?lang=xx', { acceptLanguage: 'vi' })).toContain('<html lang="vi">');
  });

  it('says proxy address, PAC address, fingerprint and where to check', async () => {
    const page = await text('/');
    for (const part of [
      '192.0.2.10',
      '8080',
      'http://192.0.2.10:8081/proxy.pac',
      FINGERPRINT,
      'http://phonehome.lab/check',
    ])
      expect(page).toContain(part);
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
        expect(page).toContain('there is nothing to set');
        expect(page).not.toMatch(/proxy\.pac|Proxy: Manual|Proxy: None\./);
        expect(page).toContain('http://10.77.0.1/setup');
      }
      expect(await text('/setup', { via: 'direct', host: '192.0.2.10:8081' })).toContain('Proxy: Manual');
    } finally {
      gateway = null;
    }
  });

  it('opens the step that is next and folds away what is done', async () => {
    const direct = { via: 'direct', host: '192.0.2.10:8081' } as const;
    const number = /n=([0-9a-f]{12})/.exec(await text('/setup', direct))?.[1];
    const open = async () =>
      [...(await text(`/setup?n=${number}`, direct)).matchAll(/<details open><summary><span class="step">(\d)/g)].map(
        ([, step]) => step,
      );
    const state = async () => (await text(`/setup/state?n=${number}`, direct)).match(/<li class="done"/g)?.length;
    expect([await open(), await state()]).toEqual([['1'], 1]);
    await get(`/check/through.svg?n=${number}`);
    expect([await open(), await state()]).toEqual([['2'], 2]);
    await get(`/ca.cer?n=${number}`, direct);
    expect([await open(), await state()]).toEqual([['2'], 3]);
    await get(`/check/seen.svg?n=${number}`, { isTls: true });
    expect([await open(), await state()]).toEqual([['3'], 4]);
    visits.of(number ?? '')?.found.add('plain');
    expect([await open(), await state()]).toEqual([[], 5]);
    expect((await get(`/setup/state?n=${number}`, direct)).headers).not.toHaveProperty('Refresh');
  });

  it('looks again by itself until all is done, and one visitor’s steps are not another’s', async () => {
    const answer = await get('/setup/state?n=0123456789ab&lang=vi&t=7');
    expect(answer.headers.Refresh).toBe('3; url=/setup/state?lang=vi&n=0123456789ab&t=8');
    expect(String(answer.body)).toContain('src="https://phonehome.lab/check/seen.svg?n=0123456789ab&#38;t=7"');
    expect(String(answer.body)).toContain(wordsIn('vi').say('steps.trusted.todo'));
    await get('/check/seen.svg?n=0123456789ab', { isTls: true });
    expect(await text('/setup/state?n=ffffffffffff')).toContain(wordsIn('en').say('steps.trusted.todo'));
    expect((await get('/setup/state?n=0123456789ab&t=99999')).headers).not.toHaveProperty('Refresh');
  });

  it('an unknown browser gets the steps of all systems, and every version belongs to one guide', async () => {
    const page = await text('/', { userAgent: 'curl/8' });
    for (const { name } of GUIDES) expect(page).toContain(`<h3>${wordsIn('en').say(`guide.${name}.title`)}`);
    for (let version = 4; version < 40; version++)
      for (const system of ['android', 'ios'] as const) {
        const guide = guideFor({ system, version, isFirefox: false });
        expect(guide?.system).toBe(system);
      }
  });

  it('a phone that keeps its version to itself is told so, and a Mac is no iPad in Chrome', async () => {
    expect(await text('/', { userAgent: FROZEN })).toContain(wordsIn('en').say('setup.version-hidden'));
    expect(await text('/', { userAgent: ANDROID_14 })).not.toContain(wordsIn('en').say('setup.version-hidden'));
    const mac =
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
    expect(phoneOf(mac).system).toBe('other');
  });

  it('has every sentence in both languages, with the same places, and none that nobody says', () => {
    const places = (sentence: string): string[] => (sentence.match(/\{\{\w+\}\}/g) ?? []).sort();
    for (const [key, sentence] of Object.entries(SETUP_EN)) {
      const other = SETUP_VI[key as SetupKey];
      expect(other, key).toBeTypeOf('string');
      expect(places(other), key).toEqual(places(sentence));
      // Steps of a path that are drawn.
      expect(other.split(' › ').length, key).toBe(sentence.split(' › ').length);
      expect(other === sentence, key).toBe(false);
    }
    const code = readdirSync(PORTAL)
      .map((file) => readFileSync(path.join(PORTAL, file), 'utf8'))
      .join('\n');
    const said = (key: string): boolean =>
      code.includes(`'${key}'`) ||
      /^guide\.|^test\.|^phone\.(?:android|ios)/.test(key) ||
      ['check.found', 'check.missed'].includes(key);
    expect(Object.keys(SETUP_EN).filter((key) => !said(key))).toEqual([]);
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
      expect(
        await portal.answer({ path, userAgent: '', acceptLanguage: '', host: 'phonehome.lab', via: 'proxy' }),
      ).toBeNull();
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
    expect(page).toMatch(
      /<img class="verdict" src="https:\/\/phonehome\.lab\/check\/seen\.svg\?n=[^"]*" alt="✗ Not visible: /,
    );
    expect(await text('/check/seen.svg')).toContain('✓ Visible');
    expect(await text('/check/seen.svg?lang=vi')).toContain('✓ Thấy được');
  });

  it('sends the value in every way that needs no tap, and says of each what became of it', async () => {
    const number = 'abcdefabcdef';
    const results = async (t: number) => text(`/check/results?n=${number}&t=${t}`);
    const first = await results(0);
    const sent = [...first.matchAll(/<img class="probe" src="([^"]*)"/g)].map(([, src = '']) =>
      src.replaceAll('&#38;', '&'),
    );
    expect(sent).toHaveLength(TESTS.length - 2);
    expect(sent.filter((src) => src.startsWith('https://phonehome.lab/check/test/https.svg'))).toHaveLength(1);
    for (const src of sent) await get(src.replace('https://phonehome.lab', ''), { isTls: src.startsWith('https') });
    const form = await get(`/check/test/form?n=${number}`, { isForm: true });
    expect([form.status, form.headers.Location]).toEqual([303, `/check?lang=en&n=${number}`]);
    const visit = visits.of(number);
    expect(visit?.sent.size).toBe(TESTS.length - 1);
    visit?.found.add('plain');
    visit?.found.add('form');
    const last = await results(8);
    expect(last.match(/<li class="done"/g)).toHaveLength(2);
    expect(last.match(/<li class="missed"/g)).toHaveLength(TESTS.length - 3);
    expect(last).toContain(`2 of ${TESTS.length - 1} that were sent were found.`);
    expect((await get(`/check/results?n=${number}&t=8`)).headers).not.toHaveProperty('Refresh');
  });

  it('opened without the proxy it claims nothing, and counts nothing as sent', async () => {
    const page = await text('/check', { via: 'direct', host: '192.0.2.10:8081' });
    expect(page).not.toContain('✓');
    expect(page).toContain('can prove nothing');
    const direct = {
      path: '/check/test/plain.svg?n=aaaaaaaaaaaa',
      userAgent: '',
      acceptLanguage: '',
      host: '',
      via: 'direct',
    } as const;
    expect(await portal.answer(direct)).toBeNull();
    expect(visits.of('aaaaaaaaaaaa')?.sent.size).toBe(0);
  });
});

describe('every page', () => {
  const PAGES: [string, PortalRequest['via']][] = [
    ['/', 'proxy'],
    ['/', 'direct'],
    ['/setup', 'direct'],
    ['/check', 'proxy'],
    ['/check', 'direct'],
    ['/setup/state', 'proxy'],
    ['/check/results', 'proxy'],
  ];

  it.each(PAGES)('%s (%s) runs no script, loads nothing from elsewhere and forbids it', async (path, via) => {
    const { headers, body } = await get(path, { via, userAgent: IPHONE });
    expect(headers['Content-Security-Policy']).toMatch(
      /^default-src 'none'; style-src 'self'; img-src 'self' https:\/\/phonehome\.lab http:\/\/phonehome\.lab; frame-src 'self';/,
    );
    const page = String(body);
    expect(page).not.toMatch(/<script|\son\w+=|javascript:|style=/i);
    const loaded = [...page.matchAll(/<(?:img|link|iframe)\b[^>]*\b(?:src|href)="([^"]*)"/g)].map((match) => match[1]);
    for (const address of loaded) expect(address).toMatch(/^\/[a-z]|^https:\/\/phonehome\.lab\//);
    for (const address of loaded.filter((each) => each?.startsWith('/'))) await get(address ?? '');
  });

  it('links only to pages that exist', async () => {
    for (const [path, via] of PAGES) {
      const links = [...(await text(path, { via })).matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)].map(
        (match) => match[1] ?? '',
      );
      for (const link of links) await get(link.replace('http://phonehome.lab', '').replaceAll('&#38;', '&') || '/');
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
    expect(phoneOf(userAgent)).toEqual({ system, version, isFirefox: userAgent.includes('Firefox') });
  });
});
