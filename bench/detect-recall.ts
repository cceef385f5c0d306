/** Recall: which of the values that were sent were found, per kind × encoding × place, known and by shape. */
import { createInspector, type Inspector } from '../src/inspect/inspector.ts';
import { registry } from '../src/kinds/registry.ts';
import type { Device } from '../src/model/device.ts';
import type { FlowEvent } from '../src/model/flow.ts';
import type { Finding, Kind } from '../src/model/identifier.ts';
import { closed, labPhone } from '../test/inspect/lab-phone.ts';
import { codings, type Encoding, hashForms, plainForms } from './detect-encodings.ts';
import { placements, withCoding } from './detect-places.ts';

export interface Case {
  kind: Kind;
  encoding: string;
  place: string;
  found: boolean;
  value: string;
}

const APPS = 'com.whatsapp,com.grindr.android,org.mozilla.firefox,vn.momo.app,com.zing.zalo';

interface SentValue {
  kind: Kind;
  value: string;
  key: string;
  hashed: boolean;
  /** Nothing is registered for this kind, or nothing is known by shape. */
  only?: 'known' | 'shape';
}

/** One value per kind, the way apps write it, with a name that was seen beside it. Photos have tests of their own. */
export const sentValues: SentValue[] = [
  { kind: 'imei', value: '490154203237518', key: 'imei', hashed: true },
  { kind: 'imsi', value: '001010123456789', key: 'imsi', hashed: true },
  { kind: 'iccid', value: '89001000000000000002', key: 'iccid', hashed: true },
  { kind: 'phone_number', value: '+84912345678', key: 'msisdn', hashed: true },
  { kind: 'serial', value: 'LABSERIAL0001', key: 'build_serial', hashed: true },
  { kind: 'wifi_mac', value: '02:00:5e:10:00:01', key: 'mac', hashed: true },
  { kind: 'bluetooth_mac', value: '02:00:5e:20:00:02', key: 'bluetooth_mac', hashed: true },
  { kind: 'android_id', value: '9774d56d682e549c', key: 'android_id', hashed: true },
  { kind: 'advertising_id', value: '38400000-8cf0-11bd-b23e-10b96e40000d', key: 'gaid', hashed: true },
  { kind: 'vendor_id', value: '7b1f3c52-9d0e-4e8a-8f41-5d6c7e8f9a0b', key: 'oaid', hashed: true },
  { kind: 'email', value: 'lab@example.com', key: 'email', hashed: true },
  { kind: 'location', value: '21.0278,105.8342', key: 'latlng', hashed: false },
  { kind: 'cell', value: '7509000', key: 'cid', hashed: false },
  { kind: 'ssid', value: 'LabWiFi', key: 'ssid', hashed: true },
  { kind: 'bssid', value: '02:11:22:33:44:55', key: 'bssid', hashed: true },
  { kind: 'contact', value: 'Canary Nguyen', key: 'display_name', hashed: false },
  { kind: 'message', value: 'purple elephant seventeen', key: 'sms_body', hashed: false },
  { kind: 'browsing', value: 'heart clinic near me', key: 'search_word', hashed: true },
  { kind: 'clipboard', value: 'meet me at the old bridge', key: 'clipboard_text', hashed: true },
  { kind: 'device_name', value: "Linh's Nokia", key: 'device_name', hashed: true },
  { kind: 'call_log', value: '+84912000001', key: 'calls', hashed: false, only: 'shape' },
  { kind: 'installed_apps', value: APPS, key: 'installed_apps', hashed: false, only: 'shape' },
  { kind: 'local_ip', value: '192.168.1.23', key: 'local_ip', hashed: false, only: 'shape' },
];

export const benchPhone: Device = {
  ...labPhone,
  identifiers: {
    ...labPhone.identifiers,
    bluetooth_mac: ['02:00:5e:20:00:02'],
    vendor_id: ['7b1f3c52-9d0e-4e8a-8f41-5d6c7e8f9a0b'],
    device_name: ["Linh's Nokia"],
  },
  canaries: {
    ...labPhone.canaries,
    searches: ['heart clinic near me'],
    clipboard: ['meet me at the old bridge'],
  },
  salts: ['pepper'],
};

/** Documents carry the name with the value, wherever they stand. */
const DOCUMENT_FORMS = new Set([
  'base64 of JSON',
  'hex of JSON',
  'JSON in a JSON string',
  'JWT',
  'gzip, base64',
  'gzip',
  'zlib',
  'zstd',
  'lz4',
  'zip',
  'msgpack',
  'cbor',
]);
/** Taken apart only when they fill their place. */
/** A document written into a JSON string; into a JSON place it would be written twice. */
const ESCAPED = 'JSON in a JSON string';
/** Kinds that are known by what stands together, not by one value. */
const shapeRecords: Partial<Record<Kind, string>> = {
  cell: '{"mcc":452,"mnc":4,"lac":1234,"cid":7509000}',
  contact: '[{"name":"Canary Nguyen","phone":"+84987654321"},{"name":"Binh Tran","phone":"+84912000002"}]',
  call_log: '{"number":"+84912000001","date":1763805600000,"duration":42,"type":2}',
  message: '{"address":"+84912000001","date":1763805600000,"type":1,"body":"purple elephant seventeen"}',
};
/** Forms that carry any text. */
const TEXT_WRAPS = new Set(['plain', 'percent', 'base64 of text', 'base64 in lines']);
const RECORDS = new Set(['msgpack', 'cbor']);
/** Forms whose name is the place's own. */
const VALUE_FORMS = new Set(['plain', 'percent']);
const NAMED_PLACES = new Set(['query', 'header', 'cookie', 'JSON', 'form', 'text', 'XML', 'multipart']);
/** Where percent escapes are part of the place. */
const ESCAPED_PLACES = new Set(['query', 'cookie', 'form']);

export function findingsOf(inspector: Inspector, events: FlowEvent[]): Finding[] {
  return [...events, closed('f')]
    .flatMap((event) => inspector.push(event))
    .flatMap((event) => (event.type === 'finding' ? [event.finding] : []));
}

export function recallKnown(): Case[] {
  const inspector = createInspector({ deviceFor: () => benchPhone, kinds: registry });
  return run(
    sentValues.filter(({ only }) => only !== 'shape'),
    inspector,
    (hashed) => (hashed ? [...plainForms, ...hashForms] : plainForms),
    () => true,
    () => 'id',
    (finding, kind) => finding.identifier.known && finding.identifier.kind === kind,
  );
}

/** Nothing registered: values beside a name that was seen in the wild. */
export function recallShape(): Case[] {
  const inspector = createInspector({ deviceFor: () => null, kinds: registry });
  return run(
    sentValues.filter(({ only }) => only !== 'known'),
    inspector,
    () => plainForms.filter(({ name }) => DOCUMENT_FORMS.has(name) || VALUE_FORMS.has(name)),
    (form, place) =>
      (DOCUMENT_FORMS.has(form) &&
        !(RECORDS.has(form) && place === 'raw') &&
        !(form === ESCAPED && place === 'JSON')) ||
      (NAMED_PLACES.has(place) && (form === 'plain' || ESCAPED_PLACES.has(place))),
    (key) => key,
    (finding, kind) => finding.identifier.kind === kind,
    shapeRecords,
  );
}

function run(
  sent: readonly SentValue[],
  inspector: Inspector,
  formsFor: (hashed: boolean) => Encoding[],
  isClaimed: (form: string, place: string) => boolean,
  nameInside: (key: string) => string,
  isHit: (finding: Finding, kind: Kind) => boolean,
  records: Partial<Record<Kind, string>> = {},
): Case[] {
  const cases: Case[] = [];
  for (const { kind, value, key, hashed } of sent) {
    const test = (encoding: string, place: string, events: FlowEvent[]): void => {
      const found = findingsOf(inspector, events).some((finding) => isHit(finding, kind));
      cases.push({ kind, encoding, place, found, value });
    };
    for (const form of formsFor(hashed)) {
      if (form.fits && !form.fits(value)) continue;
      const record = records[kind];
      if (record && !TEXT_WRAPS.has(form.name)) continue;
      const encoded = record ? form.make(record) : form.make(value, nameInside(key));
      for (const place of placements) {
        if ((form.form === 'bytes' && place.carries === 'text') || !isClaimed(form.name, place.name)) continue;
        test(form.name, place.name, place.events(encoded, key));
      }
    }
    for (const { name, coding, make } of records[kind] ? [] : codings)
      test(name, 'body', withCoding(coding, make(value, nameInside(key))));
  }
  return cases;
}
