/**
 * The test a phone's browser makes of the lab: a made-up serial number, written in many ways, in requests to the lab's own name.
 * What the lab's ordinary search finds in them is noted for the page that sent them, and makes no alert.
 */
import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Device } from '../model/device.ts';
import type { Finding } from '../model/identifier.ts';
import type { Visits } from './visits.ts';

/** The made-up phone whose value is searched for in connections to the lab's own name. */
export const SELF_TEST_ID = 'phonehome.self-test';

export const TESTS = [
  'plain',
  'lower',
  'path',
  'percent',
  'base64',
  'twice',
  'hex',
  'gzip',
  'md5',
  'sha1',
  'sha256',
  'https',
  'form',
  'multipart',
] as const;
export type Test = (typeof TESTS)[number];
/** They need a person's tap. */
export const BY_HAND: ReadonlySet<Test> = new Set<Test>(['form', 'multipart']);

export interface SelfTest {
  serial: string;
  deviceOf(deviceId: string | null): Device | null;
  /** Path and query of the image that carries the value this way. */
  address(test: Test, number: string): string;
  /** Notes a finding in a connection to the lab's own name; false: it is none of this test. */
  found(finding: Finding, target: string | null): boolean;
  visits: Visits;
}

const PATH = /^\/check\/test\/([a-z0-9]+)(?:\/[^?]*)?$/;

/** Which test a path belongs to; null: none. */
export function testOf(path: string): Test | null {
  const name = PATH.exec(path.replace(/\.svg$/, ''))?.[1];
  return TESTS.find((one) => one === name) ?? null;
}

export function createSelfTest(
  visits: Visits,
  serial = `LAB${randomBytes(9).toString('hex').toUpperCase()}`,
): SelfTest {
  const device: Device = {
    id: SELF_TEST_ID,
    model: null,
    match: { ip: null, mac: null, default: false },
    identifiers: { serial: [serial] },
    canaries: { contacts: [], messages: [], photos: [] },
    salts: [],
  };
  const json = JSON.stringify({ device: { serial } });
  const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
  const hash = (name: string): string => createHash(name).update(serial).digest('hex');
  const written: Partial<Record<Test, string>> = {
    plain: serial,
    lower: serial.toLowerCase(),
    percent: [...Buffer.from(serial)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
    base64: encodeURIComponent(base64(json)),
    twice: encodeURIComponent(base64(base64(json))),
    hex: Buffer.from(serial).toString('hex'),
    gzip: encodeURIComponent(base64(gzipSync(json))),
    md5: hash('md5'),
    sha1: hash('sha1'),
    sha256: hash('sha256'),
    https: serial,
  };
  return {
    serial,
    visits,
    deviceOf: (deviceId) => (deviceId === SELF_TEST_ID ? device : null),
    address(test, number) {
      if (test === 'path') return `/check/test/path/${serial}.svg?n=${number}`;
      const value = written[test];
      return `/check/test/${test}.svg?n=${number}${value === undefined ? '' : `&d=${value}`}`;
    },
    found({ identifier }, target) {
      // Only the made-up phone's values are known there.
      if (!identifier.known || identifier.kind !== 'serial') return false;
      const url = URL.parse(target ?? '', 'http://phonehome.lab');
      const test = url && testOf(url.pathname);
      if (url && test) visits.of(url.searchParams.get('n'))?.found.add(test);
      return true;
    },
  };
}
