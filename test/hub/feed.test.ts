import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readOwners } from '../../src/enrich/owners.ts';
import { type Feed, openFeed, sealFeed } from '../../src/formats/signed-feed.ts';
import { giveOpaqueFormats, opaqueFormatOf } from '../../src/inspect/opaque-formats.ts';
import { giveNames, hintOf } from '../../src/kinds/key-names.ts';
import { openFeedInForce } from '../../src/lab/feed.ts';
import { publishFeedDirectory } from '../../src/lab/feed-publishing.ts';
import { listKeptPlans } from '../../src/lab/kept-plans.ts';
import type { FeedSource } from '../../src/model/pin.ts';
import { givePlans, listPlans } from '../../src/plans/plans.ts';
import { connectBroker } from '../../src/sinks/hub/broker.ts';
import { readHubConfig } from '../../src/sinks/hub/config.ts';
import { describeWith } from '../clients/tools.ts';
import { type Nats, openNats, type Postgres, writeHubConfig, writeLabConfig } from './engines.ts';

const pemPair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    shown: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
};
const [own, other] = [pemPair(), pemPair()];
const ownersOf = (name: string): string =>
  JSON.stringify({ 'zz-feed.example': { org: name, country: 'VN', kind: 'ads', evidence: 'feed' } });
const NAMES = 'imei:\n  strong:\n    zzfeedname: a phone that was seen\n';
const PLAN = `name: of-the-hub
title: { en: From the hub, vi: Từ trung tâm }
about: { en: To try it, vi: Để thử }
steps:
  - do: { en: Switch it on, vi: Bật máy }
    mark: boot
`;
const FORMATS = 'formats:\n  - { name: Example Tunnel, because: seen, starts: 16 f1 04 }\n';
const PAYLOAD = { host: 'a.example', head: Buffer.from('16f10499', 'hex'), length: 4, key: null };
const feedOf = (
  version: number,
  files: Feed['files'] = { 'owners.json': ownersOf(`Company ${version}`) },
): Uint8Array => sealFeed({ version, made: '2026-11-22T10:00:00.000Z', files }, own.secret);

describe('tables of a hub in a lab', () => {
  let directory = '';
  let reopened = 0;
  let isDiskFull = false;
  let hinted: { names: readonly string[]; source: FeedSource } | null = null;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'feed-'));
    mkdirSync(path.join(directory, 'geoip'));
    reopened = 0;
    isDiskFull = false;
  });
  afterEach(() => {
    giveNames({});
    givePlans([]);
    giveOpaqueFormats([], null);
    rmSync(directory, { recursive: true, force: true });
  });
  const open = () =>
    openFeedInForce({
      key: own.shown,
      file: path.join(directory, 'feed.json'),
      organisation: 'alpha',
      giveHints: (names, source) => {
        hinted = { names, source };
      },
      geo: path.join(directory, 'geoip'),
      reopenPlaces: () => {
        if (isDiskFull) {
          isDiskFull = false;
          throw new Error('no space left');
        }
        reopened++;
      },
    });
  const ownersFile = (): string => path.join(directory, 'geoip', 'owners.feed.json');
  const owner = (): string | null => readOwners(ownersFile()).get('zz-feed.example')?.name ?? null;

  it('are among the plans that commands list, and a feed that cannot be read takes none of the ready-made ones away', async () => {
    const named = async () => (await listKeptPlans(directory)).map(({ name }) => name);
    const ready = await named();
    expect(ready.length).toBeGreaterThan(0);
    expect(open().take(feedOf(1, { 'plans/of-the-hub.yaml': PLAN }))).toBe('taken');
    givePlans([]);
    expect(await named()).toEqual([...ready, 'of-the-hub']);
    writeFileSync(path.join(directory, 'feed.json'), '{"signed":"{}"}');
    expect(await named()).toEqual(ready);
  });

  it('are in force as one, and again after a restart', async () => {
    const feed = open();
    expect(hintOf('zzfeedname', 'imei')).toBeNull();
    const bytes = feedOf(3, {
      ...{ 'owners.json': ownersOf('A'), 'key-names.yaml': NAMES, 'plans/of-the-hub.yaml': PLAN },
      ...{ 'opaque-formats.yaml': FORMATS, 'pass-through.yaml': 'api.bank.example: seen\n' },
    });
    expect(feed.take(bytes)).toBe('taken');
    const inForce = async () => {
      expect(owner()).toBe('A');
      expect(hintOf('zzfeedname', 'imei')).not.toBeNull();
      expect(hintOf('imei', 'imei')).not.toBeNull();
      const source = { organisation: 'alpha', version: 3 };
      expect(hinted).toEqual({ names: ['api.bank.example'], source });
      expect(opaqueFormatOf(PAYLOAD)).toEqual({ name: 'Example Tunnel', source });
      expect((await listPlans()).map(({ name }) => name)).toContain('of-the-hub');
    };
    await inForce();
    expect(reopened).toBe(1);
    expect(feed.take(bytes)).toBeNull();
    giveNames({});
    givePlans([]);
    giveOpaqueFormats([], null);
    hinted = null;
    expect(open().state()).toEqual({ version: 3, made: '2026-11-22T10:00:00.000Z', problem: null });
    await inForce();
  });

  it.each([
    ['signed by another key', () => sealFeed({ version: 9, made: '', files: {} }, other.secret), /signature/],
    [
      'changed on its way',
      () => Buffer.from(Buffer.from(feedOf(9)).toString().replace('Company', 'Compony')),
      /signature/,
    ],
    ['that is not signed', () => Buffer.from('{"signed":"{}"}'), /not signed/],
    ['cut off', () => feedOf(9).slice(0, 100), /cannot be read/],
    ['of an older version', () => feedOf(2), /version 2 is not newer than 5/],
    ['of the same version, and other content', () => feedOf(5, {}), /version 5 is not newer/],
    ['with owners that are none', () => feedOf(9, { 'owners.json': '{"a.example":{}}' }), /owners.json: a.example/],
    [
      'with names of no kind',
      () => feedOf(9, { 'key-names.yaml': 'shoe-size:\n  strong: {}\n' }),
      /shoe-size is not a kind/,
    ],
    [
      'with a name that says nothing',
      () => feedOf(9, { 'key-names.yaml': 'imei:\n  strong:\n    x: y\n' }),
      /too short/,
    ],
    ['with hints for half of the world', () => feedOf(9, { 'pass-through.yaml': '"*.com": x\n' }), /many owners/],
    [
      'with a format of any payload',
      () => feedOf(9, { 'opaque-formats.yaml': 'formats: [{ name: x }]' }),
      /opaque-formats.yaml.*because/,
    ],
    ['with a plan that is none', () => feedOf(9, { 'plans/a.yaml': 'name: a\n' }), /plans\/a.yaml/],
    ['with a path out of its place', () => feedOf(9, { 'plans/../../token': '' }), /no table of a feed/],
    ['larger than any', () => Buffer.alloc(2_000_000), /larger/],
  ])('stay what they were when one comes %s', (_, poisoned, problem) => {
    const feed = open();
    const hints = { 'pass-through.yaml': 'api.bank.example: seen\n', 'opaque-formats.yaml': FORMATS };
    feed.take(feedOf(5, { 'owners.json': ownersOf('A'), 'key-names.yaml': NAMES, ...hints }));
    expect(feed.take(poisoned())).toBe('refused');
    // Told once.
    expect(feed.take(poisoned())).toBeNull();
    expect(feed.state()).toMatchObject({ version: 5, problem: expect.stringMatching(problem) });
    expect(owner()).toBe('A');
    expect(hintOf('zzfeedname', 'imei')).not.toBeNull();
    const source = { organisation: 'alpha', version: 5 };
    expect(hinted).toEqual({ names: ['api.bank.example'], source });
    expect(opaqueFormatOf(PAYLOAD)).toMatchObject({ source });
    expect(feed.take(feedOf(6))).toBe('taken');
    expect(feed.state()).toMatchObject({ version: 6, problem: null });
    expect(owner()).toBe('Company 6');
    expect(hintOf('zzfeedname', 'imei')).toBeNull();
    expect(hinted).toMatchObject({ names: [] });
    expect(opaqueFormatOf(PAYLOAD)).toBeNull();
  });

  it('go back to what they were when one cannot be put in force', () => {
    const feed = open();
    feed.take(feedOf(5, { 'owners.json': ownersOf('A') }));
    isDiskFull = true;
    expect(feed.take(feedOf(6))).toBe('refused');
    expect(feed.state()).toMatchObject({ version: 5, problem: 'version 6: no space left' });
    expect(owner()).toBe('A');
    expect(openFeed(readFileSync(path.join(directory, 'feed.json')), own.shown)).toMatchObject({
      feed: { version: 5 },
    });
  });

  it('are none when the first is a bad one', () => {
    const feed = open();
    expect(feed.take(feedOf(1, { 'owners.json': '[' }))).toBe('refused');
    expect(feed.state()).toMatchObject({ version: 0, made: null });
    expect(existsSync(ownersFile())).toBe(false);
    expect(existsSync(path.join(directory, 'feed.json'))).toBe(false);
  });
});

describeWith(['nats-server'], 'tables on their way from a hub to a lab', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'hub-'));
  let nats: Nats;
  beforeAll(async () => {
    nats = await openNats(directory, ['alpha/hanoi']);
    await nats.start();
  });
  afterAll(async () => {
    await nats?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  it('count up, are what was signed, and no lab can put others in their place', async () => {
    const hub = writeHubConfig(directory, nats, { url: 'postgresql://hub@127.0.0.1/none' } as Postgres);
    const lab = readHubConfig(writeLabConfig(directory, nats, 'alpha/hanoi'), () => null);
    const broker = await connectBroker(lab);
    expect(await broker.feed()).toBeNull();
    const tables = path.join(directory, 'tables');
    mkdirSync(path.join(tables, 'plans'), { recursive: true });
    writeFileSync(path.join(tables, 'owners.json'), ownersOf('A'));
    writeFileSync(path.join(tables, 'plans', 'of-the-hub.yaml'), PLAN);
    writeFileSync(path.join(directory, 'feed.key'), own.secret);
    const publish = () => publishFeedDirectory(hub, tables, path.join(directory, 'feed.key'));
    expect(await publish()).toBe(1);
    writeFileSync(path.join(tables, 'owners.json'), ownersOf('B'));
    expect(await publish()).toBe(2);
    const opened = openFeed((await broker.feed()) as Uint8Array, own.shown);
    expect(opened).toMatchObject({
      feed: { version: 2, files: { 'owners.json': ownersOf('B'), 'plans/of-the-hub.yaml': PLAN } },
    });
    writeFileSync(path.join(tables, 'owners.json'), '{');
    await expect(publish()).rejects.toThrow(/owners.json/);
    await expect(broker.publish([{ subject: 'phonehome-feed', id: 'x', bytes: feedOf(9) }])).rejects.toThrow(
      /permissions/i,
    );
    await broker.close();
  });
});
