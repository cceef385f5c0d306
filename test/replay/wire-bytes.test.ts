/** What each simulated phone puts on the wire, byte for byte, as the vendor received it. */
import { constants, createHash, privateDecrypt } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { decode } from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VendorRequest } from '../../src/replay/case.ts';
import { adups2016 } from '../../src/replay/cases/adups-2016.ts';
import { mintBrowser } from '../../src/replay/cases/mint-browser.ts';
import { miuiAnalytics } from '../../src/replay/cases/miui-analytics.ts';
import { nokia7Plus } from '../../src/replay/cases/nokia-7-plus.ts';
import { oneplus2017 } from '../../src/replay/cases/oneplus-2017.ts';
import { redmiNotePhotos } from '../../src/replay/cases/redmi-note-photos.ts';
import { wikoSts } from '../../src/replay/cases/wiko-sts.ts';
import { wikoStsClear } from '../../src/replay/cases/wiko-sts-clear.ts';
import { xiaomiCloudMessaging } from '../../src/replay/cases/xiaomi-cloud-messaging.ts';
import { xiaomiCloudMessagingFixed } from '../../src/replay/cases/xiaomi-cloud-messaging-fixed.ts';
import { LAB } from '../../src/replay/lab-device.ts';
import { labPhoto } from '../../src/replay/lab-photo.ts';
import { runReplay } from '../../src/replay/run.ts';
import { stsText } from '../../src/replay/wiko-report.ts';
import { xiaomiToken } from '../../src/replay/xiaomi-token.ts';
import { type StandInLab, startStandInLab } from './stand-in-lab.ts';

let dataDir: string;
let lab: StandInLab;
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'replay-'));
  lab = await startStandInLab(dataDir);
});
afterAll(async () => {
  await lab.stop();
  await rm(dataDir, { recursive: true });
});

const header = (request: VendorRequest | undefined, name: string): string | undefined =>
  request?.headers.find(([key]) => key.toLowerCase() === name)?.[1];

describe('nokia-7-plus', () => {
  it('posts JSON as base64 in lines of 76 characters, three times because it is refused', async () => {
    const { received } = await runReplay(nokia7Plus, lab);
    expect(received).toHaveLength(3);
    const [first] = received;
    expect(first).toMatchObject({ method: 'POST', target: '/', host: 'zzhc.vnet.cn' });
    expect(first?.headers.slice(0, 2)).toEqual([
      ['Host', 'zzhc.vnet.cn'],
      ['Content-Type', 'application/encrypted-json'],
    ]);
    const text = first?.body.toString() ?? '';
    expect(text.endsWith('\r\n')).toBe(true);
    const lines = text.trimEnd().split('\r\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.slice(0, -1).every((line) => line.length === 76)).toBe(true);
    expect(text).not.toContain(LAB.imei);
    expect(JSON.parse(Buffer.from(text, 'base64').toString())).toMatchObject({
      IMEI1: LAB.imei,
      MACID: LAB.mac,
      SIM1ICCID: LAB.iccid,
      SIM1CELLID: '7509000',
      SIM1LTEIMSI: LAB.imsi,
    });
  });
});

describe('wiko-sts', () => {
  it('sends 171 characters that only the key in the data directory opens, and never the same twice', async () => {
    const { received } = await runReplay(wikoSts, lab);
    expect(received).toHaveLength(2);
    const targets = received.map((request) => request.target);
    const blobs = targets.map(
      (target) => /^\/eservice\/stsReport\?reptype=report&msgid=1&repinfo=([\w-]{171})$/.exec(target)?.[1] ?? '',
    );
    expect(blobs[0]).not.toBe(blobs[1]);
    const keyFile = path.join(dataDir, 'replay', 'wiko-sts.key.pem');
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    const key = { key: await readFile(keyFile, 'utf8'), padding: constants.RSA_PKCS1_PADDING };
    for (const blob of blobs) {
      expect(privateDecrypt(key, Buffer.from(blob, 'base64url')).toString()).toBe(stsText);
    }
  });

  it('has the documented layout: prefix, IMEI, client, model, cell in hexadecimal, build, serial number', () => {
    expect(stsText).toMatch(/^TN:IMEI1,490154203237518,[^,]+,[^,]+,CID:729408,[^,]+,LABSERIAL0001$/);
  });

  it('sends the same text in clear in the press version', async () => {
    const { received } = await runReplay(wikoStsClear, lab);
    expect(received[0]?.target).toBe(`/eservice/stsReport?reptype=report&msgid=1&repinfo=${stsText}`);
  });
});

describe('redmi-note-photos', () => {
  it('streams a multipart album of pictures any decoder opens, and the planted message', async () => {
    const { received } = await runReplay(redmiNotePhotos, lab);
    const [album, sms] = received;
    expect(header(album, 'transfer-encoding')).toBe('chunked');
    expect(album?.bodyBytes).toBeGreaterThan(400_000);
    expect(sms?.body.toString()).toContain(LAB.message);
    const start = album?.body.indexOf(Buffer.from([0xff, 0xd8, 0xff, 0xe1])) ?? -1;
    expect(album?.body.subarray(start, start + 4096).equals(labPhoto(1).subarray(0, 4096))).toBe(true);
  });

  it('makes the same picture every time, with the lab position in Exif', async () => {
    expect(labPhoto(1).equals(labPhoto(1))).toBe(true);
    expect(labPhoto(1).equals(labPhoto(2))).toBe(false);
    expect(decode(labPhoto(1))).toMatchObject({ width: 640, height: 480 });
    const { gps } = await import('exifr');
    const { latitude, longitude } = await gps(labPhoto(1));
    expect(latitude).toBeCloseTo(LAB.location.lat, 4);
    expect(longitude).toBeCloseTo(LAB.location.lon, 4);
  });
});

describe('xiaomi-cloud-messaging', () => {
  it('cuts SHA-1 in base64url to 16 characters, as the published vectors say', () => {
    expect(xiaomiToken('490154203237518')).toBe('l6IQUjLsyHVvA6Ap');
    expect(xiaomiToken('001010123456789')).toBe('vJ8H9jlWWHulkqhm');
  });

  it('puts the tokens into path and query, the number into a query, and after login all three in clear', async () => {
    const { received } = await runReplay(xiaomiCloudMessaging, lab);
    expect(received.map((request) => `${request.method} ${request.target}`)).toEqual([
      'GET /pass/activate/dev/l6IQUjLsyHVvA6Ap/activating?imsi=vJ8H9jlWWHulkqhm',
      'GET /pass/user@id?type=MXPH&externalId=%2B84912345678',
      'POST /pass/v2/device',
    ]);
    expect(received[2]?.body.toString()).toBe(
      'imei=490154203237518&imsi=001010123456789&phone=%2B84912345678&sid=micloud',
    );
  });

  it('moves the token to a cookie under TLS after the update', async () => {
    const { received } = await runReplay(xiaomiCloudMessagingFixed, lab);
    expect(received).toHaveLength(2);
    expect(received[1]).toMatchObject({ target: '/pass/v3/user@id', port: 443 });
    expect(header(received[1], 'cookie')).toBe('deviceId=l6IQUjLsyHVvA6Ap');
  });
});

describe('later cases', () => {
  const form = (request: VendorRequest | undefined) => new URLSearchParams(request?.body.toString());

  it('mint-browser: a form, base64, gzip, JSON, with the words that were typed innermost', async () => {
    const { received } = await runReplay(mintBrowser, lab);
    expect(received).toHaveLength(2);
    expect(received[0]?.target).toBe('/sa?project=global_browser_mini');
    expect(form(received[1]).get('gzip')).toBe('1');
    const list = Buffer.from(form(received[1]).get('data_list') ?? '', 'base64');
    expect(JSON.parse(gunzipSync(list).toString())).toMatchObject([
      { properties: { url: 'https://en.wikipedia.org/wiki/Lab_rat', search_word: 'lab rat', incognito: true } },
    ]);
  });

  it('miui-analytics: base64url of JSON with one-letter names and hashes', async () => {
    const { received } = await runReplay(miuiAnalytics, lab);
    const value = form(received[0]).get('value') ?? '';
    expect(value).toMatch(/^[\w-]+$/);
    const { a, b } = JSON.parse(Buffer.from(value, 'base64url').toString());
    expect([a, b]).toEqual([LAB.mac, LAB.imei].map((each) => createHash('md5').update(each).digest('hex')));
  });

  it('oneplus-2017: every identifier of the report beside the events', async () => {
    const { received } = await runReplay(oneplus2017, lab);
    const { id } = JSON.parse(received[0]?.body.toString() ?? '');
    expect(Object.values(id)).toEqual(
      expect.arrayContaining([LAB.imei, LAB.serial, LAB.mac, LAB.phoneNumber, LAB.ssid]),
    );
  });

  it('adups-2016: identifiers after a day, messages after three, each a zip archive in a form', async () => {
    const { received } = await runReplay(adups2016, lab);
    const texts = received.map((request) => {
      const zip = request.body.subarray(request.body.indexOf('PK\x03\x04', 0, 'latin1'));
      return Object.values(unzipSync(zip)).map((file) => Buffer.from(file).toString())[0];
    });
    expect(texts[0]).toContain(LAB.imei);
    expect(texts[1]).toContain(LAB.message);
  });
});
