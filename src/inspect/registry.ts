/** All identifier kinds, in the order in which equally sure verdicts are preferred. A kind that is not here does not exist. */
import type { IdentifierKind } from './kind.ts';
import { advertisingId } from './kinds/advertising-id.ts';
import { androidId } from './kinds/android-id.ts';
import { bluetoothMac } from './kinds/bluetooth-mac.ts';
import { browsing } from './kinds/browsing.ts';
import { bssid } from './kinds/bssid.ts';
import { callLog } from './kinds/call-log.ts';
import { cell } from './kinds/cell.ts';
import { clipboard } from './kinds/clipboard.ts';
import { contact } from './kinds/contact.ts';
import { deviceName } from './kinds/device-name.ts';
import { email } from './kinds/email.ts';
import { iccid } from './kinds/iccid.ts';
import { imei } from './kinds/imei.ts';
import { imsi } from './kinds/imsi.ts';
import { installedApps } from './kinds/installed-apps.ts';
import { localIp } from './kinds/local-ip.ts';
import { location } from './kinds/location.ts';
import { message } from './kinds/message.ts';
import { phoneNumber } from './kinds/phone-number.ts';
import { photo } from './kinds/photo.ts';
import { serial } from './kinds/serial.ts';
import { ssid } from './kinds/ssid.ts';
import { vendorId } from './kinds/vendor-id.ts';
import { wifiMac } from './kinds/wifi-mac.ts';

export const registry: readonly IdentifierKind[] = [
  imei,
  imsi,
  iccid,
  phoneNumber,
  serial,
  wifiMac,
  bluetoothMac,
  androidId,
  advertisingId,
  vendorId,
  email,
  location,
  cell,
  ssid,
  bssid,
  contact,
  message,
  callLog,
  photo,
  installedApps,
  browsing,
  deviceName,
  clipboard,
  localIp,
];
