/** The summary table notices both mistakes: a leak that was missed, and a leak nobody expected. */
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { Kind, Where } from '../../src/model/identifier.ts';
import { nokia7Plus } from '../../src/replay/cases/nokia-7-plus.ts';
import { nokia7PlusFixed } from '../../src/replay/cases/nokia-7-plus-fixed.ts';
import { redmiNoteBenign } from '../../src/replay/cases/redmi-note-benign.ts';
import { redmiNotePhotos } from '../../src/replay/cases/redmi-note-photos.ts';
import { wikoSts } from '../../src/replay/cases/wiko-sts.ts';
import { wikoStsFixed } from '../../src/replay/cases/wiko-sts-fixed.ts';
import { xiaomiCloudMessagingFixed } from '../../src/replay/cases/xiaomi-cloud-messaging-fixed.ts';
import { compare } from '../../src/replay/expectation-check.ts';

type Given = Partial<Omit<Alert, 'device'>> & {
  device: string;
  kind: Kind;
  where?: Where;
  hash?: string;
  decoding?: string[];
};

let made = 0;
function alert({ device, kind, where = 'body', hash, decoding = [], ...rest }: Given): Alert {
  made++;
  return {
    v: 1,
    seq: made,
    id: `alert-${made}`,
    time: '2026-11-22T10:00:00.000Z',
    type: 'leak',
    severity: 'critical',
    device: { id: `replay.${device}`, model: null, ip: '127.0.0.1', mac: null },
    case: null,
    identifier: { kind, masked: '', known: true, confidence: 'certain', reasoning: '' },
    evidence: { flow: 'f', direction: 'request', where, path: null, decoding, hash: hash ?? null, offset: 0 },
    flow: null,
    destination: null,
    count: 1,
    firstSeen: '',
    lastSeen: '',
    simulated: true,
    message: '',
    label: null,
    ...rest,
  };
}

const nokia = (kind: Kind, rest: Partial<Given> = {}): Alert =>
  alert({ device: 'nokia-7-plus', kind, decoding: ['base64', 'json:$.X'], ...rest });
const allOfNokia = (): Alert[] => (['imei', 'wifi_mac', 'iccid', 'cell', 'imsi'] as const).map((kind) => nokia(kind));

describe('compare', () => {
  it('says of what is missing that the lab passed something on unread meanwhile, and nothing of that where nothing is missing', () => {
    const message = 'The lab could not keep up: what 2 connections sent meanwhile was passed on and not looked into.';
    const lab = {
      ...nokia('imei'),
      device: { id: 'lab', model: null, ip: '', mac: null },
      type: 'system' as const,
      message,
    };
    const deaf = { ...lab, text: { key: 'lab.was-deaf', values: { flows: 2 } } };
    const [missed] = compare([nokia7Plus], [...allOfNokia().slice(1), deaf]);
    expect(missed?.note).toMatch(/^missed: .*imei.*; this machine was too busy: The lab could not keep up: what 2 /);
    expect(compare([nokia7Plus], [...allOfNokia(), deaf])[0]).toMatchObject({ ok: true, note: null });
  });

  it('accepts a case when every expected alert came, in any order and however often', () => {
    expect(compare([nokia7Plus], [...allOfNokia().reverse(), nokia('imei')])).toEqual([
      {
        case: 'nokia-7-plus',
        expected: 'imei, wifi_mac, iccid, cell, imsi',
        seen: 'imei, wifi_mac, iccid, cell, imsi',
        ok: true,
        note: null,
      },
    ]);
  });

  it.each([
    ['an expected kind is missing', () => allOfNokia().slice(1), 'missed: critical imei in body'],
    [
      'it came with a lower severity',
      () => [...allOfNokia().slice(1), nokia('imei', { severity: 'low' })],
      'missed: critical imei in body; not expected: low imei in body',
    ],
    [
      'the layers are not those of the report',
      () => [...allOfNokia().slice(1), nokia('imei', { decoding: ['json'] })],
      'missed: critical imei in body; not expected: critical imei in body',
    ],
    [
      'something else was found as well',
      () => [...allOfNokia(), nokia('email')],
      'not expected: critical email in body',
    ],
    [
      'an alert is not marked as simulated',
      () => [...allOfNokia(), nokia('imei', { simulated: false })],
      'without simulated mark or label: critical imei in body',
    ],
  ])('rejects a case when %s', (_, alerts, note) => {
    expect(compare([nokia7Plus], alerts())).toMatchObject([{ ok: false, note }]);
  });

  it('judges the last state of an alert that grew', () => {
    const first = nokia('imei', { severity: 'low' });
    const grown = { ...nokia('imei'), id: first.id };
    expect(compare([nokia7Plus], [...allOfNokia().slice(1), first, grown])).toMatchObject([{ ok: true }]);
  });

  it.each([nokia7PlusFixed, redmiNoteBenign])(
    'calls any leak or opaque alert a failure where none may be: $name',
    (replay) => {
      expect(compare([replay], [])).toMatchObject([{ expected: 'nothing', seen: 'nothing', ok: true }]);
      for (const type of ['leak', 'opaque'] as const) {
        const wrong = alert({ device: replay.name, kind: 'imei', type, severity: 'low' });
        expect(compare([replay], [wrong])).toMatchObject([{ seen: 'imei', ok: false }]);
      }
    },
  );

  it('does not judge a bare contact with a watched country', () => {
    const contact = alert({ device: redmiNoteBenign.name, kind: 'opaque', type: 'contact', identifier: null });
    expect(compare([redmiNoteBenign], [contact])).toMatchObject([{ ok: true }]);
  });

  it("does not count another phone's alerts", () => {
    expect(compare([nokia7PlusFixed], allOfNokia())).toMatchObject([{ ok: true }]);
  });

  it('expects an opaque Wiko report without the key, and never an IMEI', () => {
    const opaque = alert({ device: 'wiko-sts', kind: 'opaque', type: 'opaque', where: 'query', severity: 'high' });
    const invented = alert({ device: 'wiko-sts', kind: 'imei', where: 'query' });
    expect(compare([wikoSts], [opaque])).toMatchObject([{ ok: true, expected: 'opaque' }]);
    expect(compare([wikoSts], [opaque, invented])).toMatchObject([{ ok: false }]);
    expect(compare([wikoSts], [])).toMatchObject([{ ok: false, seen: 'nothing' }]);
  });

  it('expects IMEI, serial number and cell of the Wiko report once the key is loaded', () => {
    const seen = (['imei', 'serial', 'cell'] as const).map((kind) =>
      alert({ device: 'wiko-sts', kind, where: 'query' }),
    );
    expect(compare([wikoSts], seen, 'loaded')).toMatchObject([{ ok: true, expected: 'imei, serial, cell' }]);
    expect(compare([wikoSts], seen.slice(1), 'loaded')).toMatchObject([{ ok: false }]);
  });

  it('accepts a fixed twin that still sends something only below the severity of the case', () => {
    const cookie = (severity: Alert['severity']): Alert =>
      alert({
        device: xiaomiCloudMessagingFixed.name,
        kind: 'imei',
        where: 'cookie',
        hash: 'sha1[:16 base64url]',
        severity,
      });
    expect(compare([xiaomiCloudMessagingFixed], [cookie('medium')])).toMatchObject([{ ok: true }]);
    expect(compare([xiaomiCloudMessagingFixed], [cookie('critical')])).toMatchObject([{ ok: false }]);
    const opaque = alert({
      device: wikoStsFixed.name,
      kind: 'opaque',
      type: 'opaque',
      where: 'query',
      severity: 'high',
    });
    expect(compare([wikoStsFixed], [opaque])).toMatchObject([{ ok: false }]);
    expect(compare([wikoStsFixed], [{ ...opaque, severity: 'medium' }])).toMatchObject([
      { ok: true, expected: 'nothing (or opaque)', seen: 'opaque' },
    ]);
    expect(compare([wikoStsFixed], [])).toMatchObject([{ ok: true, expected: 'nothing', seen: 'nothing' }]);
  });

  it('rejects an alert of a disputed claim that lost its label, and repeats the label in the table', () => {
    const seen = (label: string | null): Alert[] =>
      (['photo', 'location', 'message'] as const).map((kind) => alert({ device: redmiNotePhotos.name, kind, label }));
    expect(compare([redmiNotePhotos], seen(redmiNotePhotos.label))).toMatchObject([
      { ok: true, note: 'reconstruction of a disputed claim' },
    ]);
    expect(compare([redmiNotePhotos], seen(null))).toMatchObject([{ ok: false }]);
  });
});
