/** A recording is judged beside a lab as the lab would judge it live: by the tables of its hub that it has in force. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sealFeed } from '../../src/formats/signed-feed.ts';
import { giveOpaqueFormats } from '../../src/inspect/opaque-formats.ts';
import { giveNames } from '../../src/kinds/key-names.ts';
import { openFeedInForce } from '../../src/lab/feed.ts';
import { scan } from '../../src/lab/scanning.ts';
import { givePlans } from '../../src/plans/plans.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const FILES = {
  'owners.json': JSON.stringify({
    'zz-feed.example': { org: 'Feed Ltd', country: 'VN', kind: 'ads', evidence: 'feed' },
  }),
  'key-names.yaml': 'android_id:\n  strong:\n    zzfeedname: a phone that was seen\n',
};
const HAR = JSON.stringify({
  log: {
    version: '1.2',
    creator: { name: 'test', version: '1' },
    entries: [
      {
        startedDateTime: '2026-11-22T10:00:00.000Z',
        time: 1,
        request: {
          ...{ method: 'GET', url: 'https://a.zz-feed.example/?zzfeedname=9774d56d682e549c', httpVersion: 'HTTP/1.1' },
          ...{ headers: [], queryString: [], cookies: [], headersSize: -1, bodySize: 0 },
        },
        response: {
          ...{ status: 204, statusText: '', httpVersion: 'HTTP/1.1', headers: [], cookies: [] },
          ...{ content: { size: 0, mimeType: '' }, redirectURL: '', headersSize: -1, bodySize: 0 },
        },
        cache: {},
        timings: { send: 0, wait: 1, receive: 0 },
      },
    ],
  },
});

describe('a scan beside a lab', () => {
  let data = '';
  beforeEach(() => {
    data = mkdtempSync(path.join(tmpdir(), 'scan-feed-'));
    mkdirSync(path.join(data, 'geoip'));
    writeFileSync(path.join(data, 'session.har'), HAR);
  });
  afterEach(() => {
    giveNames({});
    givePlans([]);
    giveOpaqueFormats([], null);
    rmSync(data, { recursive: true, force: true });
  });
  async function found(): Promise<(string | null)[]> {
    const told: (string | null)[] = [];
    const options = { data, devicesFile: null, decoders: [], homeCountry: null };
    for await (const one of scan([path.join(data, 'session.har')], options))
      if (one.type === 'finding')
        told.push(
          one.finding.identifier.kind,
          one.finding.identifier.confidence,
          one.finding.destination?.owner?.name ?? null,
        );
    return told;
  }

  it('knows names and companies of the feed that the lab has in force, and without it neither', async () => {
    const before = await found();
    expect(before).not.toContain('Feed Ltd');
    const feed = openFeedInForce({
      key: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      file: path.join(data, 'feed.json'),
      organisation: 'alpha',
      geo: path.join(data, 'geoip'),
      reopenPlaces: () => {},
      giveHints: () => {},
    });
    const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(feed.take(sealFeed({ version: 3, made: '2026-11-22T10:00:00.000Z', files: FILES }, secret))).toBe('taken');
    giveNames({});
    const after = await found();
    expect(after).toContain('android_id');
    expect(after).toContain('Feed Ltd');
    expect(after).not.toEqual(before);
  });

  it('finds what it finds without a feed where the one that lies there cannot be read', async () => {
    const before = await found();
    writeFileSync(path.join(data, 'feed.json'), '{"signed":"{}"}');
    expect(await found()).toEqual(before);
  });
});
