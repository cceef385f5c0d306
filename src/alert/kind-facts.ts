/**
 * What each identifier kind is called in a sentence, and which group the severity policy puts it in.
 * `device` names the phone or its subscriber for good; `content` is private life or position;
 * `environment` says little by itself; `opaque` is a payload nobody could read.
 */
import type { Kind } from '../model/identifier.ts';

export type KindGroup = 'device' | 'content' | 'environment' | 'opaque';

export interface KindFacts {
  /** Stands after "the". */
  noun: string;
  group: KindGroup;
  /** False: each sighting has another value (a position, a random padding), so repeats are folded without it. */
  stable: boolean;
}

export const KIND_FACTS: Record<Kind, KindFacts> = {
  imei: { noun: 'IMEI', group: 'device', stable: true },
  imsi: { noun: 'IMSI', group: 'device', stable: true },
  iccid: { noun: 'SIM card number (ICCID)', group: 'device', stable: true },
  phone_number: { noun: 'phone number', group: 'device', stable: true },
  serial: { noun: 'serial number', group: 'device', stable: true },
  wifi_mac: { noun: 'Wi-Fi MAC address', group: 'device', stable: true },
  bluetooth_mac: { noun: 'Bluetooth MAC address', group: 'device', stable: true },
  android_id: { noun: 'Android id', group: 'device', stable: true },
  advertising_id: { noun: 'advertising id', group: 'device', stable: true },
  vendor_id: { noun: 'vendor id', group: 'device', stable: true },
  email: { noun: 'e-mail address', group: 'device', stable: true },
  location: { noun: 'position', group: 'content', stable: false },
  cell: { noun: 'mobile cell', group: 'content', stable: true },
  ssid: { noun: 'Wi-Fi name', group: 'content', stable: true },
  bssid: { noun: 'Wi-Fi access point address', group: 'content', stable: true },
  contact: { noun: 'address book entry', group: 'content', stable: true },
  message: { noun: 'message text', group: 'content', stable: true },
  call_log: { noun: 'call log', group: 'content', stable: true },
  photo: { noun: 'photo', group: 'content', stable: true },
  installed_apps: { noun: 'list of installed apps', group: 'content', stable: false },
  browsing: { noun: 'browsing history', group: 'content', stable: true },
  device_name: { noun: 'device name', group: 'environment', stable: true },
  clipboard: { noun: 'clipboard text', group: 'content', stable: true },
  local_ip: { noun: 'local network address', group: 'environment', stable: true },
  opaque: { noun: 'unreadable data', group: 'opaque', stable: false },
};
