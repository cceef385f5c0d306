/**
 * Recorded forms: identifiers under the names and in the containers that SDKs and APIs document or were seen to use, each with its
 * source, nothing registered. Written from those sources, not from key-names.yaml: what the detector does not know counts as
 * missed. Values are the lab's.
 */
import { createInspector } from '../src/inspect/inspector.ts';
import type { FlowEvent } from '../src/model/flow.ts';
import type { Finding, Kind } from '../src/model/identifier.ts';
import { KIND_FACTS } from '../src/model/kinds.ts';
import { ARMOURS } from '../test/inspect/armour.ts';
import { closed, labFlow } from '../test/inspect/lab-phone.ts';

type Form = readonly [kind: Kind, path: string, source: string, beside?: Readonly<Record<string, unknown>>];

const VALUES: Partial<Record<Kind, readonly string[]>> = {
  imei: ['490154203237518', '356938035643809'],
  imsi: ['452040123456789', '310150123456789'],
  iccid: ['89860012345678901238', '898602e3091512345678'],
  eid: ['89049032123451234512345678901235'],
  serial: ['R58M12ABCDE', 'ZX1G22KHQK'],
  wifi_mac: ['f4:f5:db:10:00:01', 'F4-F5-DB-10-00-01'],
  bluetooth_mac: ['f4:f5:db:10:00:02'],
  bssid: ['04:f5:db:01:00:01', '4:f5:db:1:0:1'],
  android_id: ['9d3f1c7a5b2e8046', 'a1b2c3d4e5f60718'],
  advertising_id: ['38400000-8cf0-41bd-b23e-10b96e40000d', '6D92078A-8246-4BA4-AE5B-76104861E7DC'],
  vendor_id: ['7c9e6679-7425-40de-944b-e07fc1f90ae7'],
  udid: ['00008030-001A2D3E0E88802E', '2b6f0cc904d137be2e1730235f5664094b831186'],
  phone_number: ['+84912345678', '15812345678'],
  email: ['lab.phone@example.org'],
  ssid: ['LabWiFi', 'Cafe_1Abcdef23gh'],
};

const android = { os: 'android', manufacturer: 'Google', model: 'Pixel 7' };
const msa = { oaid: '5ab1e000-1ab0-4abc-8def-00000000fa1d' };

/** `table:x`: under a header; `typed:x`: in an object that says its type; `after:x`: the name behind its value. `a.b`: in a container; `a[].b`: in a list of records; `name:x`: as the name beside a value; `key_type=x` says what an id is. */
export const FORMS: readonly Form[] = [
  ['imei', 'imei', 'AppsFlyer S2S events API 3, Android body parameters'],
  ['imei', 'deviceInfo.imei', 'GrowingIO Android SDK'],
  ['imei', 'device.imei1', 'NRKbeta 2019'],
  ['imei', 'imeis[]', 'Android TelephonyManager, all slots (Chinese SDKs)'],
  ['imei', 'name:imei', 'Apache HttpClient NameValuePair, as many SDKs serialise it'],
  ['imei', 'phone.IMEI', 'Adups 2016'],
  ['imei', 'secondaryimei', 'Umeng SDK, constants of its envelope'],
  ['imei', 'SMEI', 'TCL data SDK (tct.gpdatahub), GeneralUtils'],
  ['imei', 'SMET', 'TCL data SDK (tct.gpdatahub), second slot'],
  ['imei', 'imei_raw', 'attribution links: _raw beside a hash (Airbridge)'],
  ['imei', 'table:imei', 'a table whose columns are named once'],
  ['imei', 'typed:imei', 'MongoDB Extended JSON v2, DynamoDB, Firestore'],
  ['imei', 'after:imei', 'OpenTelemetry; the name after the value'],
  ['imsi', 'imsi', 'F-Secure 2014'],
  ['imsi', 'SIMS', 'TCL data SDK (tct.gpdatahub), GeneralUtils'],
  ['imsi', 'table:imsi', 'a table whose columns are named once'],
  ['imsi', 'typed:imsi', 'MongoDB Extended JSON v2, DynamoDB, Firestore'],
  ['imsi', 'sim', 'recorded: sim= beside imei='],
  ['imsi', 'subscriberId', 'Android TelephonyManager.getSubscriberId'],
  ['imsi', 'SIM1LTEIMSI', 'NRKbeta 2019'],
  ['imsi', 'name:imsi', 'name and value as two members'],
  ['iccid', 'iccid', 'NRKbeta 2019'],
  ['iccid', 'simSerialNumber', 'Android TelephonyManager.getSimSerialNumber'],
  ['iccid', 'sims[].iccid', 'Android SubscriptionInfo.getIccId'],
  ['iccid', 'sim.iccId', 'Android SubscriptionInfo.getIccId'],
  ['iccid', 'table:iccid', 'a table whose columns are named once'],
  ['iccid', 'typed:iccid', 'MongoDB Extended JSON v2, DynamoDB, Firestore'],
  ['eid', 'eid', 'GSMA SGP.22'],
  ['eid', 'euicc.eid', 'Android EuiccManager.getEid'],
  ['eid', 'deviceInfo.EID', 'Apple MDM protocol, DeviceInformation'],
  ['serial', 'serial', 'Android Build.SERIAL'],
  ['serial', 'device.serialNumber', 'Apple MDM protocol, DeviceInformation'],
  ['serial', 'build.serial', 'Android Build.SERIAL'],
  ['serial', 'hardware.serialno', 'Android ro.serialno'],
  ['serial', 'name:serial_number', 'name and value as two members'],
  ['serial', 'table:serial', 'a table whose columns are named once'],
  ['wifi_mac', 'SWMC', 'TCL data SDK (tct.gpdatahub), GeneralUtils'],
  ['wifi_mac', 'table:wifi_mac', 'a table whose columns are named once'],
  ['wifi_mac', 'mac', 'OpenRTB 2.6 device (macsha1, macmd5); GrowingIO'],
  ['wifi_mac', 'mac_address', 'TrackHAR, AdColony (mac_address)'],
  ['wifi_mac', 'network.wifiMac', 'GrowingIO Android SDK'],
  ['wifi_mac', 'device.macAddress', 'usual'],
  ['wifi_mac', 'wifi.mac', 'usual'],
  ['wifi_mac', 'MACID', 'NRKbeta 2019'],
  ['bluetooth_mac', 'bluetooth_address', 'Android Settings.Secure'],
  ['bluetooth_mac', 'bluetooth.address', 'usual'],
  ['bluetooth_mac', 'btMac', 'usual'],
  ['bssid', 'bssid', 'Android WifiInfo.getBSSID'],
  ['bssid', 'wifiAccessPoints[].macAddress', 'Google Geolocation API'],
  ['bssid', 'wifi[].bssid', 'Mozilla Location Service'],
  ['bssid', 'bssids[]', 'plural, seen in SDK traffic'],
  ['bssid', 'router.mac', 'usual'],
  ['bssid', 'wifi.connectedBssid', 'usual'],
  ['android_id', 'android_id', 'TrackHAR, AppMetrica'],
  ['android_id', 'androidId', 'device checkers on GitHub (androidId)'],
  ['android_id', 'device.id', 'Segment context.device.id', android],
  ['android_id', 'context.device.id', 'RudderStack context.device.id', android],
  ['android_id', 'deviceId', 'Bugsnag device.id', android],
  ['android_id', 'SAID', 'TCL data SDK (tct.gpdatahub), GeneralUtils'],
  ['android_id', 'table:android_id', 'a table whose columns are named once'],
  ['android_id', 'typed:android_id', 'MongoDB Extended JSON v2, DynamoDB, Firestore'],
  ['android_id', 'after:android_id', 'OpenTelemetry; the name after the value'],
  ['android_id', 'SSAID', 'device checkers on GitHub (SSAID)'],
  ['android_id', 'andId', 'recorded'],
  ['android_id', 'name:android_id', 'name and value as two members'],
  ['android_id', 'device_id type=android_id', 'an id whose type stands beside it'],
  ['advertising_id', 'advertising_id', 'AppsFlyer S2S events API 3'],
  ['advertising_id', 'MOE_GAID', 'MoEngage SDK, MoEConstants'],
  ['advertising_id', 'gaid_raw', 'Airbridge, as TikTok documents its links'],
  ['advertising_id', 'ifa_raw', 'Airbridge, as TikTok documents its links'],
  ['advertising_id', 'advertiserId', 'AppsFlyer SDK, ServerParameters'],
  ['advertising_id', 'table:gaid', 'a table whose columns are named once'],
  ['advertising_id', 'typed:gaid', 'MongoDB Extended JSON v2, DynamoDB, Firestore'],
  ['advertising_id', 'after:gaid', 'OpenTelemetry; the name after the value'],
  ['advertising_id', 'ifa type=idfa', 'IAB OpenRTB device.ext.ifa_type, before or behind'],
  ['advertising_id', 'amazon_aid', 'AppsFlyer S2S events API 3'],
  ['advertising_id', 'idfa', 'TrackHAR, Google Analytics, Mintegral'],
  ['advertising_id', 'gps_adid', 'TrackHAR, Adjust'],
  ['advertising_id', 'google_advertising_id', 'TrackHAR, Branch'],
  ['advertising_id', 'advertising_ids.aaid', 'TrackHAR, Branch'],
  ['advertising_id', 'device.ifa', 'OpenRTB 2.6'],
  ['advertising_id', 'device.identity.gaid', 'TrackHAR, Chartboost'],
  ['advertising_id', 'identity.ifa', 'TrackHAR, Chartboost'],
  ['advertising_id', 'advertiser_id', 'TrackHAR, Facebook and AdColony'],
  ['advertising_id', 'consent_ifa', 'TrackHAR, MoPub'],
  ['advertising_id', 'google_id', 'TrackHAR, Kidoz'],
  ['advertising_id', 'userAdvertisingId', 'TrackHAR, Start.io'],
  ['advertising_id', 'advertisingTrackingId', 'TrackHAR, Unity Ads'],
  ['advertising_id', 'device.ext.vungle.android.gaid', 'TrackHAR, Vungle'],
  ['advertising_id', 'adv_id', 'TrackHAR, AppMetrica'],
  ['advertising_id', 'aifa', 'TrackHAR, Singular'],
  ['advertising_id', 'rdid', 'TrackHAR, Google funding choices'],
  ['advertising_id', 'androidIdfa', 'Snowplow mobile context'],
  ['advertising_id', 'appleIdfa', 'Snowplow mobile context'],
  ['advertising_id', 'context.device.advertisingId', 'Segment, RudderStack'],
  ['advertising_id', 'advertisingIdentifier', 'iOS ASIdentifierManager'],
  ['advertising_id', 'identifierForAdvertising', 'recorded'],
  ['advertising_id', 'mt_ifa', 'recorded'],
  ['advertising_id', '$gpsAdId.value', 'mParticle'],
  ['advertising_id', 'deviceIds[AID]', 'recorded'],
  ['advertising_id', 'ads_id', 'recorded'],
  ['advertising_id', 'hardware_id type=idfa', 'Branch (hardware_id_type)'],
  ['advertising_id', 'name:gaid', 'name and value as two members'],
  ['vendor_id', 'oaid', 'AppsFlyer S2S events API 3'],
  ['vendor_id', 'aaid', 'Mobile Security Alliance, beside oaid', msa],
  ['vendor_id', 'vaid', 'Mobile Security Alliance'],
  ['vendor_id', 'appleIdfv', 'Snowplow mobile context'],
  ['vendor_id', 'ios_idfv', 'Amplitude SDK'],
  ['vendor_id', 'ios_vendor_id', 'Branch SDK'],
  ['vendor_id', 'identifierForVendor', 'iOS UIDevice'],
  ['vendor_id', 'device.ext.ifv', 'OpenRTB community extensions'],
  ['vendor_id', 'mt_ifv', 'recorded'],
  ['vendor_id', 'app_set_id', 'Android AppSetId'],
  ['udid', 'UDID', 'Apple MDM protocol'],
  ['udid', 'device.udid', 'Apple MDM protocol'],
  ['udid', 'ios_udid', 'usual'],
  ['phone_number', 'msisdn', '3GPP TS 23.003'],
  ['phone_number', 'mobile', 'recorded: national number of China'],
  ['phone_number', 'mobilePhoneNumber', 'Parse; recorded in Italy'],
  ['phone_number', 'user.phone_number', 'usual'],
  ['phone_number', 'LINE_1_NUMBER', 'Android TelephonyManager.getLine1Number'],
  ['phone_number', 'name:phoneNumber', 'name and value as two members'],
  ['email', 'email', 'usual'],
  ['email', '$email.value', 'mParticle'],
  ['email', 'traits.email', 'Segment traits'],
  ['email', 'em', 'Meta Conversions API'],
  ['ssid', 'ssid', 'Android WifiInfo.getSSID'],
  ['ssid', 'wifi.name', 'usual'],
  ['ssid', 'network.wifiSsid', 'usual'],
  ['ssid', 'connected_wifi', 'usual'],
];

export interface FormCase {
  kind: Kind;
  form: string;
  place: string;
  source: string;
  found: boolean;
  /** Findings `likely` or `certain` of device identifiers that are another kind or another value. */
  wrong: string[];
}

/** The record that a path describes, around one value. */
export function recordOf(path: string, value: string, beside: Readonly<Record<string, unknown>> = {}): unknown {
  if (path.startsWith('name:'))
    return {
      params: [
        { name: path.slice(5), value },
        { name: 'lang', value: 'vi' },
      ],
    };
  const [form, name = ''] = path.split(':');
  if (form === 'table') return { columns: ['time', name, 'lang'], rows: [[1690000000, value, 'vi']] };
  if (form === 'typed')
    return { [name]: { [/^\d{10,18}$/.test(value) ? '$numberLong' : 'stringValue']: value }, n: { N: '1' } };
  if (form === 'after') return { attributes: [{ value: { stringValue: value }, key: name }] };
  const [plain = '', type] = path.split(' type=');
  const steps = plain.split('.');
  const last = steps.pop() ?? '';
  const isList = last.endsWith('[]');
  const typed = type === undefined ? {} : { [`${last}_type`]: type };
  const inner: Record<string, unknown> = {
    ...beside,
    [isList ? last.slice(0, -2) : last]: isList ? [value] : value,
    ...typed,
  };
  return steps.reduceRight<unknown>(
    (inside, step) => (step.endsWith('[]') ? { v: 2, [step.slice(0, -2)]: [inside] } : { v: 2, [step]: inside }),
    inner,
  );
}

interface Place {
  name: string;
  /** Undefined where the form needs containers or partners that the place has not. */
  events(path: string, value: string, beside?: Readonly<Record<string, unknown>>): FlowEvent[] | undefined;
}

const FLOW = { flowId: 'f', exchange: 1, time: 0 } as const;

function request(target: string, body: Buffer | null, headers: [string, string][] = []): FlowEvent[] {
  return [
    labFlow('f'),
    {
      ...FLOW,
      type: 'request-head',
      protocol: 'http/1.1',
      method: 'POST',
      target,
      scheme: 'http',
      authority: 'v.example',
      headers,
    },
    ...(body ? [{ ...FLOW, type: 'body-chunk', direction: 'request', bytes: body } as const] : []),
    { ...FLOW, type: 'body-end', direction: 'request', trailers: [], complete: true },
  ];
}

const pairsOf = (path: string, value: string, beside: Readonly<Record<string, unknown>> = {}): string | undefined =>
  /[.: ]|\[\]/.test(path)
    ? undefined
    : Object.entries({ v: 2, ...beside, [path]: value, n: 'x' })
        .map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(text))}`)
        .join('&');

/** As lines, where the form is a table. */
const linesOf = (path: string, value: string, by: string): string | undefined =>
  path.startsWith('table:') ? `time${by}${path.slice(6)}${by}lang\n1690000000${by}${value}${by}vi\n` : undefined;

const bodyOf = (text: string | undefined): FlowEvent[] | undefined =>
  text === undefined ? undefined : request('/c', Buffer.from(text));

/** One of the texts that hide it, the same for the same form. */
const armoured = (path: string, value: string): string => {
  const [, write] =
    ARMOURS[[...`${path}${value}`].reduce((sum, char) => sum + char.charCodeAt(0), 0) % ARMOURS.length]!;
  return write(Buffer.from(JSON.stringify(recordOf(path, value))));
};

const PLACES: readonly Place[] = [
  { name: 'lines with commas', events: (path, value) => bodyOf(linesOf(path, value, ',')) },
  {
    name: 'lines with tabs, in JSON',
    events: (path, value) =>
      path.startsWith('table:') ? bodyOf(JSON.stringify({ log: linesOf(path, value, '\t') })) : undefined,
  },
  {
    name: 'JSON in another alphabet, in JSON',
    events: (path, value, beside) => (beside ? undefined : bodyOf(JSON.stringify({ d: armoured(path, value), v: 1 }))),
  },
  {
    name: 'JSON in another alphabet, in a form',
    events: (path, value, beside) =>
      beside ? undefined : bodyOf(`v=1&d=${encodeURIComponent(armoured(path, value))}`),
  },
  { name: 'JSON', events: (...form) => request('/c', Buffer.from(JSON.stringify(recordOf(...form)))) },
  {
    name: 'JSON in a list, with blanks',
    events: (...form) => request('/c', Buffer.from(JSON.stringify({ events: [{ t: 1 }, recordOf(...form)] }, null, 1))),
  },
  {
    name: 'JSON in a form',
    events: (...form) => request('/c', Buffer.from(`e=${encodeURIComponent(JSON.stringify([recordOf(...form)]))}&v=1`)),
  },
  {
    name: 'JSON in base64 in a query',
    events: (...form) => request(`/c?d=${Buffer.from(JSON.stringify(recordOf(...form))).toString('base64url')}`, null),
  },
  {
    name: 'query',
    events: (...form) => {
      const pairs = pairsOf(...form);
      return pairs === undefined ? undefined : request(`/c?${pairs}`, null);
    },
  },
  {
    name: 'form',
    events: (...form) => {
      const pairs = pairsOf(...form);
      return pairs === undefined
        ? undefined
        : request('/c', Buffer.from(pairs), [['Content-Type', 'application/x-www-form-urlencoded']]);
    },
  },
  {
    name: 'address inside an address',
    events: (...form) => {
      const pairs = pairsOf(...form);
      return pairs === undefined
        ? undefined
        : request(`/c?dl=${encodeURIComponent(encodeURIComponent(`https://shop.example/p?${pairs}`))}`, null);
    },
  },
];

const plain = (value: string): string => value.toLowerCase().replace(/[^a-z0-9]/g, '');

/** An access point without leading zeros is told with them. */
const written = (kind: Kind, value: string): string =>
  plain(
    kind === 'bssid'
      ? value
          .split(':')
          .map((pair) => pair.padStart(2, '0'))
          .join(':')
      : value,
  );

export function recallForms(): FormCase[] {
  const inspector = createInspector({ deviceFor: () => null });
  const cases: FormCase[] = [];
  for (const [kind, path, source, beside] of FORMS) {
    for (const value of VALUES[kind] ?? []) {
      for (const place of PLACES) {
        const events = place.events(path, value, beside);
        if (!events) continue;
        const found = [...events, closed('f')]
          .flatMap((event) => inspector.push(event))
          .flatMap((event) => (event.type === 'finding' ? [event.finding] : []));
        const isIt = (finding: Finding): boolean =>
          finding.identifier.kind === kind && plain(finding.value).endsWith(written(kind, value));
        const others = Object.values(beside ?? {}).map((other) => plain(String(other)));
        const wrong = found
          .filter((finding) => finding.identifier.confidence !== 'possible' && !isIt(finding))
          .filter(
            (finding) =>
              KIND_FACTS[finding.identifier.kind].group === 'device' && !others.includes(plain(finding.value)),
          )
          .map((finding) => `${finding.identifier.kind} in ${path}, ${place.name}`);
        cases.push({ kind, form: path, place: place.name, source, found: found.some(isIt), wrong });
      }
    }
  }
  return cases;
}

/** Of the findings that are sure of a device identifier, how many are right. */
export function precisionOf(cases: readonly FormCase[]): number {
  const right = cases.filter(({ found, kind }) => found && KIND_FACTS[kind].group === 'device').length;
  const wrong = cases.reduce((sum, one) => sum + one.wrong.length, 0);
  return right / (right + wrong);
}
