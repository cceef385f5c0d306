/** The hardware address of the phone's Bluetooth (BD_ADDR, Bluetooth Core 5.4 vol 2 part B 1.2). Unregistered: by name only. */
import type { Device } from '../../model/device.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { isNobodysMac, judgeMac, registerMac, spellMac } from '../parts/mac-address.ts';
import { distinct } from '../parts/spelling.ts';

export const bluetoothMac: IdentifierKind = {
  kind: 'bluetooth_mac',
  title: 'Bluetooth MAC address',
  register: registerMac,
  example: '02:00:5e:10:00:02',
  isPlaceholder: isNobodysMac,
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.bluetooth_mac ?? []).flatMap((mac) => spellMac(mac)));
  },
  shape: {
    anchors: ['mac', 'hex'],
    judge: (run: Run): Verdict | null => judgeMac(run, 'bluetooth_mac', false),
  },
  vectors: [
    {
      name: 'beside the Android name',
      text: '{"bluetooth_address":"3C:5A:B4:10:00:02"}',
      expect: { value: '3c:5a:b4:10:00:02', confidence: 'likely' },
      source: 'Android Settings.Secure bluetooth_address',
    },
    {
      name: 'without separators',
      text: 'btmac=3c5ab4100002',
      expect: { value: '3c:5a:b4:10:00:02', confidence: 'likely' },
    },
    {
      name: 'withheld since Android 6',
      text: 'btmac=02:00:00:00:00:00',
      expect: null,
      source: 'Android BluetoothAdapter',
    },
    { name: 'no name beside it', text: 'x 3C:5A:B4:10:00:02 y', expect: null },
    { name: 'part of a longer token', text: 'btmac=3c5ab41000021', expect: null },
  ],
};
