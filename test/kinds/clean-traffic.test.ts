/**
 * Requests that hold no personal data and look as if they did: analytics, traces, orders, cookies, drawings, crash
 * reports. Written after what SDKs send, filled from a seed; the detector has no registered values to lean on.
 */
import { describe, expect, it } from 'vitest';
import { findings, inspect, type Sent } from '../inspect/lab-phone.ts';

let state = 1;
function below(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 4_294_967_296) * limit);
}
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const hex = (length: number): string => times(length, () => below(16).toString(16)).join('');
const digits = (length: number): string => times(length, (index) => (index === 0 ? 1 + below(9) : below(10))).join('');
const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
const now = (): number => 1_795_305_600_000 + below(86_400_000);
const json = (value: unknown): Sent => ({ body: JSON.stringify(value) });

const REQUESTS: Record<string, () => Sent> = {
  'page view': () =>
    json({
      v: '2',
      cid: `${digits(9)}.${digits(10)}`,
      dl: 'https://www.example.com/',
      dt: 'A title',
      sid: digits(10),
      _et: below(5000),
    }),
  'measurement in the query': () => ({
    target: `/g/collect?v=2&gtm=45je4b70h2v9${digits(9)}&_p=${now()}&cid=${digits(9)}.${digits(10)}&sr=412x915&en=scroll`,
  }),
  'app events': () =>
    json({
      events: times(4, () => ({
        id: uuid(),
        ts: now(),
        user: { id: digits(12) },
        props: { duration: below(999), name: 'tap', text: 'Buy now' },
      })),
      device: { model: 'Nokia 7 plus', device_name: 'B2N_sprout', os: 'Android 10', locale: 'vi_VN' },
      app: { package: 'com.example.shop', version: '4.12.1' },
    }),
  'clicks between screens': () =>
    json({ from: 'home', to: 'cart', text: 'Buy', type: 'click', time: now(), sender: digits(12) }),
  trace: () =>
    json({
      trace: hex(32),
      span: hex(16),
      start: digits(16),
      status: { code: 0, message: 'ok' },
      url: `/v1/items/${digits(15)}`,
    }),
  order: () =>
    json({
      order: digits(19),
      sku: digits(13),
      total: 105.83,
      items: times(5, (i) => ({
        id: digits(15),
        name: `Shoe ${i}`,
        number: below(9999999),
        date: now(),
        price: 21.99,
      })),
    }),
  cookies: () => ({
    headers: [
      [
        'Cookie',
        `_ga=GA1.2.${digits(10)}.${digits(10)}; _fbp=fb.1.${now()}.${digits(10)}; session=${hex(64)}; csrf=${hex(32)}`,
      ],
      ['traceparent', `00-${hex(32)}-${hex(16)}-01`],
      ['X-Request-Id', uuid()],
    ],
  }),
  'crash report': () =>
    json({
      event_id: hex(32),
      exception: 'at com.example.app.Main.run(Main.java:42) android.view.View@3f2a1b',
      frames: times(8, (i) => ({ module: `com.example.app.ui.Class${i}`, lineno: below(500) })),
      contexts: { device: { name: 'Nokia 7 plus', free_memory: digits(10) } },
      packages: ['maven:com.example:lib'],
    }),
  'bid request, opted out': () =>
    json({
      id: uuid(),
      app: { bundle: 'com.example.game' },
      device: { ip: '93.184.216.34', ifa: '00000000-0000-0000-0000-000000000000', lmt: 1, geo: { country: 'VNM' } },
    }),
  'update check': () =>
    json({
      version: `1.10.77.${below(99)}`,
      model: 'Nokia 7 plus',
      serial: 'unknown',
      sn: below(999),
      mac: true,
      checksum: hex(64),
      message: 'success',
      content: 'up to date',
    }),
  drawing: () =>
    json(times(20, () => ({ x: below(1000) / 7, y: below(1000) / 3, p: [below(180) / 7, below(90) / 7] }))),
  form: () => ({
    body: `type=view&id=${digits(15)}&ts=${now()}${digits(3)}&r=0.${digits(16)}&user_id=${digits(17)}&hash=${hex(40)}&name=Home&phone=&address=`,
  }),
};

describe('clean traffic', () => {
  it.each(Object.entries(REQUESTS))('%s: nothing likely in 100 requests', (_, make) => {
    state = 1;
    const wrong = times(100, () => findings(inspect({ ...make(), device: null })))
      .flat()
      .filter(({ identifier }) => identifier.confidence !== 'possible')
      .map(({ identifier, value }) => `${identifier.kind} ${value}`);
    expect(wrong).toEqual([]);
  });
});
