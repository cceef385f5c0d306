/**
 * The hardware address of the phone's Wi-Fi. A bare address is `possible` and counted here; the ones named as
 * Bluetooth's or as an access point's are kinds of their own.
 */
import type { Device } from '../../model/device.ts';
import { namesOther } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { isNobodysMac, judgeMac, registerMac, spellInterfaceId, spellMac } from '../parts/mac-address.ts';
import { distinct } from '../parts/spelling.ts';

export const wifiMac: IdentifierKind = {
  kind: 'wifi_mac',
  title: 'Wi-Fi MAC address',
  register: registerMac,
  example: '02:00:5e:10:00:01',
  isPlaceholder: isNobodysMac,
  spell(device: Device): Spelling[] {
    const values = device.identifiers.wifi_mac ?? [];
    return distinct(values.flatMap((mac) => [...spellMac(mac), ...spellInterfaceId(mac)]));
  },
  shape: { anchors: ['mac', 'hex'], judge },
  vectors: [
    {
      name: 'with colons beside its name',
      text: '{"MACID":"02:00:5E:10:00:01"}',
      expect: { value: '02:00:5e:10:00:01', confidence: 'likely' },
      source: 'NRKbeta 2019: MACID',
    },
    {
      name: 'without separators beside its name',
      text: 'mac=02005e100001',
      expect: { value: '02:00:5e:10:00:01', confidence: 'likely' },
    },
    {
      name: 'three quads beside its name',
      text: 'mac_address=0200.5e10.0001',
      expect: { value: '02:00:5e:10:00:01', confidence: 'likely' },
    },
    {
      name: 'with dashes, without a name',
      text: '/ap/3C-5A-B4-10-00-01/x',
      expect: { value: '3c:5a:b4:10:00:01', confidence: 'possible' },
    },
    {
      name: 'its SHA-1 beside a name that says so',
      text: 'macsha1=0c1a3be3cf1b6a7a6b7f0d1d3a3c5d9e7f801122',
      expect: { value: '0c1a3be3cf1b6a7a6b7f0d1d3a3c5d9e7f801122', confidence: 'likely' },
      source: 'OpenRTB 2.6 device.macsha1',
    },
    {
      name: 'withheld since Android 6',
      text: 'mac=02:00:00:00:00:00',
      expect: null,
      source: 'Android WifiInfo.getMacAddress',
    },
    { name: 'all zeros', text: 'mac=00:00:00:00:00:00', expect: null },
    { name: 'broadcast', text: 'mac=ff:ff:ff:ff:ff:ff', expect: null, source: 'IEEE 802' },
    { name: 'multicast', text: 'to 01:00:5e:00:00:fb now', expect: null, source: 'RFC 1112' },
    { name: 'beside the name of an access point', text: '{"bssid":"02:11:22:33:44:55"}', expect: null },
    { name: 'certificate fingerprint: longer than an address', text: 'fp=3c:5a:b4:10:00:01:22:33', expect: null },
    { name: 'twelve hex digits without a name', text: 'x=3c5ab4100001', expect: null },
  ],
};

function judge(run: Run): Verdict | null {
  if (namesOther(run, 'wifi_mac')) return null;
  return judgeMac(run, 'wifi_mac', true);
}
