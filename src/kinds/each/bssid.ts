/**
 * The hardware address of the access point the phone uses or sees: with public maps of access points it is a
 * position. Unregistered: by name only.
 */
import type { Device } from '../../model/device.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { isNobodysMac, judgeMac, registerMac, spellMac } from '../parts/mac-address.ts';
import { distinct } from '../parts/spelling.ts';

export const bssid: IdentifierKind = {
  kind: 'bssid',
  title: 'access point address (BSSID)',
  register: registerMac,
  example: '02:11:22:33:44:55',
  isPlaceholder: isNobodysMac,
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.bssid ?? []).flatMap((mac) => spellMac(mac)));
  },
  shape: {
    anchors: ['mac', 'hex'],
    judge: (run: Run): Verdict | null => judgeMac(run, 'bssid', false),
  },
  vectors: [
    {
      name: 'beside its name',
      text: '{"ssid":"LabWiFi","bssid":"02:11:22:33:44:55"}',
      expect: { value: '02:11:22:33:44:55', confidence: 'likely' },
    },
    {
      name: 'without separators',
      text: 'router_mac=021122334455',
      expect: { value: '02:11:22:33:44:55', confidence: 'likely' },
    },
    {
      name: 'without leading zeros',
      text: '{"bssid":"4:f5:db:1:0:1"}',
      expect: { value: '04:f5:db:01:00:01', confidence: 'likely' },
      source: 'iOS CNCopyCurrentNetworkInfo',
    },
    {
      name: 'of a list of access points',
      text: '{"wifiAccessPoints.macAddress":"04:f5:db:01:00:01"}',
      expect: { value: '04:f5:db:01:00:01', confidence: 'likely' },
      source: 'Google Geolocation API',
    },
    { name: 'a time with parts of a second', text: 'bssid=12:30:45:1:2', expect: null },
    {
      name: 'withheld without location permission',
      text: 'bssid=02:00:00:00:00:00',
      expect: null,
      source: 'Android WifiInfo.getBSSID',
    },
    { name: 'the emulator has one for all', text: 'bssid=02:15:b2:00:00:00', expect: null, source: 'Android emulator' },
    { name: 'no name beside it', text: 'x 02:11:22:33:44:55 y', expect: null },
  ],
};
