/**
 * Which group the severity policy puts each identifier kind in; what it is called stands in the catalogue (`kind.…`).
 * `device` names the phone or its subscriber for good; `content` is private life or position;
 * `environment` says little by itself; `opaque` is a payload nobody could read.
 */
import type { Kind } from '../model/identifier.ts';

export type KindGroup = 'device' | 'content' | 'environment' | 'opaque';

export interface KindFacts {
  group: KindGroup;
  /** False: each sighting has another value (a position, a random padding), so repeats are folded without it. */
  stable: boolean;
}

export const KIND_FACTS: Record<Kind, KindFacts> = {
  imei: { group: 'device', stable: true },
  imsi: { group: 'device', stable: true },
  iccid: { group: 'device', stable: true },
  phone_number: { group: 'device', stable: true },
  serial: { group: 'device', stable: true },
  wifi_mac: { group: 'device', stable: true },
  bluetooth_mac: { group: 'device', stable: true },
  android_id: { group: 'device', stable: true },
  advertising_id: { group: 'device', stable: true },
  vendor_id: { group: 'device', stable: true },
  email: { group: 'device', stable: true },
  location: { group: 'content', stable: false },
  cell: { group: 'content', stable: true },
  ssid: { group: 'content', stable: true },
  bssid: { group: 'content', stable: true },
  contact: { group: 'content', stable: true },
  message: { group: 'content', stable: true },
  call_log: { group: 'content', stable: true },
  photo: { group: 'content', stable: true },
  installed_apps: { group: 'content', stable: false },
  browsing: { group: 'content', stable: true },
  device_name: { group: 'environment', stable: true },
  clipboard: { group: 'content', stable: true },
  local_ip: { group: 'environment', stable: true },
  opaque: { group: 'opaque', stable: false },
};
