/**
 * The list of kinds: one line for each. `src/kinds/each/` has a file of the same name, which is all there is to a kind besides.
 * In the order in which equally sure verdicts on the same bytes are preferred.
 */

/**
 * `device` names the phone or its subscriber for good; `content` is private life or position; `environment` says little by
 * itself; `opaque` is a payload nobody could read.
 */
export type KindGroup = 'device' | 'content' | 'environment' | 'opaque';

export interface KindFacts {
  /** What it is called in a sentence, after "the" (English; other catalogues have `kind.…`). */
  noun: string;
  /** Which group of the severity policy. */
  group: KindGroup;
  /** False: each sighting has another value (a position, a random padding), so repeats are folded without it. */
  stable: boolean;
  /** Operators register its values as texts. */
  isRegistered: boolean;
}

const device = { group: 'device', stable: true, isRegistered: true } as const;
const content = { group: 'content', stable: true, isRegistered: false } as const;
const environment = { group: 'environment', stable: true, isRegistered: false } as const;

export const KIND_LIST = {
  imei: { noun: 'IMEI', ...device },
  imsi: { noun: 'IMSI', ...device },
  iccid: { noun: 'SIM card number (ICCID)', ...device },
  phone_number: { noun: 'phone number', ...device },
  eid: { noun: 'eSIM chip number (EID)', ...device },
  serial: { noun: 'serial number', ...device },
  wifi_mac: { noun: 'Wi-Fi MAC address', ...device },
  bluetooth_mac: { noun: 'Bluetooth MAC address', ...device },
  android_id: { noun: 'Android id', ...device },
  advertising_id: { noun: 'advertising id', ...device },
  vendor_id: { noun: 'vendor id', ...device },
  udid: { noun: 'Apple device id (UDID)', ...device },
  email: { noun: 'e-mail address', ...device },
  location: { noun: 'position', ...content, stable: false },
  cell: { noun: 'mobile cell', ...content },
  ssid: { noun: 'Wi-Fi name', ...content, isRegistered: true },
  bssid: { noun: 'Wi-Fi access point address', ...content, isRegistered: true },
  contact: { noun: 'address book entry', ...content },
  message: { noun: 'message text', ...content },
  call_log: { noun: 'call log', ...content },
  photo: { noun: 'photo', ...content },
  installed_apps: { noun: 'list of installed apps', ...content, stable: false },
  browsing: { noun: 'browsing history', ...content },
  device_name: { noun: 'device name', ...environment, isRegistered: true },
  clipboard: { noun: 'clipboard text', ...content },
  local_ip: { noun: 'local network address', ...environment },
} as const satisfies Record<string, KindFacts>;

/** A kind with a file of its own. */
export type ListedKind = keyof typeof KIND_LIST;

/** Kinds whose values are registered as texts. A device may have several of each. */
export type TextIdentifierKind = {
  [K in ListedKind]: (typeof KIND_LIST)[K]['isRegistered'] extends true ? K : never;
}[ListedKind];

/** What can leave a phone; what nobody can read is the engine's own. */
export type Kind = ListedKind | 'opaque';

export const LISTED_KINDS = Object.keys(KIND_LIST) as ListedKind[];
export const KINDS = [...LISTED_KINDS, 'opaque'] as readonly Kind[] as readonly [Kind, ...Kind[]];
export const TEXT_KINDS = LISTED_KINDS.filter((kind) => KIND_LIST[kind].isRegistered) as TextIdentifierKind[];

export const KIND_FACTS = {
  ...KIND_LIST,
  opaque: { noun: 'unreadable data', group: 'opaque', stable: false, isRegistered: false },
} as const satisfies Record<Kind, KindFacts>;
