/** A phone under test and what is registered about it. */

export interface RegisteredLocation {
  lat: number;
  lon: number;
  /** How far from the point a position still counts as this phone's, metres. */
  radius_m: number;
}

export interface RegisteredCell {
  mcc: number;
  mnc: number;
  /** LAC or TAC. */
  lac: number;
  cid: number;
}

/** Kinds that are registered as text. A device may have several of each. */
export type TextIdentifierKind =
  | 'imei'
  | 'imsi'
  | 'iccid'
  | 'serial'
  | 'wifi_mac'
  | 'bluetooth_mac'
  | 'phone_number'
  | 'android_id'
  | 'advertising_id'
  | 'vendor_id'
  | 'email'
  | 'ssid'
  | 'bssid'
  | 'device_name';

export interface RegisteredIdentifiers extends Partial<Record<TextIdentifierKind, string[]>> {
  location?: RegisteredLocation[];
  cell?: RegisteredCell[];
}

/** Things planted on the phone so that their leaving proves itself. */
export interface Canaries {
  contacts: { name: string; phone: string }[];
  messages: string[];
  photos: PlantedPhoto[];
  /** Search words typed. */
  searches?: string[];
  /** Addresses of pages opened. */
  visited?: string[];
  /** Texts copied. */
  clipboard?: string[];
}

export interface PlantedPhoto {
  /** File name, for people. */
  name: string;
  bytes: Buffer;
}

export interface Device {
  id: string;
  model: string | null;
  match: { ip: string | null; mac: string | null; default: boolean };
  identifiers: RegisteredIdentifiers;
  canaries: Canaries;
  /** Operator-known salts that vendors mix into hashes. */
  salts: string[];
}

/** A phone that was met on the lab's network, registered or not. */
export interface DiscoveredPhone {
  /** `aa:bb:cc:dd:ee:ff`. */
  mac: string;
  /** Addresses it was met under, the latest first. */
  addresses: string[];
  /** As it introduced itself (DHCP option 12); null when it did not. */
  hostName: string | null;
  /** DHCP option 60, e.g. `android-dhcp-14`. */
  vendorClass: string | null;
  /** DHCP option 55, the codes in the order asked for: differs between systems, alike within one. */
  fingerprint: string | null;
  /** What vendor class and fingerprint say, e.g. `Android 14`; null when they say nothing known. */
  system: string | null;
  /** Who made the network hardware, by its address; null when made up or unknown. */
  maker: string | null;
  /** The address is made up, for this network only (the "private Wi-Fi address" of the system). */
  randomised: boolean;
  /** Registered device of this address; null: name it. */
  deviceId: string | null;
  /** ISO 8601, UTC. */
  firstSeen: string;
  lastSeen: string;
}
