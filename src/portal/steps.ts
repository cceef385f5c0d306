/**
 * `{name}` stands for the certificate's name as the phone shows it.
 * How a phone gets the lab's certificate and the proxy, per system and version. Menu names as in the vendors' own
 * builds (AOSP settings, Apple support HT204477); makers rename them, so each step also says what to look for.
 */
import type { PhoneKind } from './phone.ts';

export interface Guide {
  title: string;
  system: PhoneKind['system'];
  /** Inclusive range of major versions; null = open. */
  from: number | null;
  to: number | null;
  certificate: string[];
  /** How the phone is rid of it again. */
  removal: string[];
  /** What this system lets the lab see, and what not. */
  remark: string;
}

export const GUIDES: readonly Guide[] = [
  {
    title: 'Android 11 and later',
    system: 'android',
    from: 11,
    to: null,
    certificate: [
      'Tap “Download certificate” above. The phone says that it cannot install it from here: that is expected.',
      'Open Settings and search for “CA certificate”. Usual place: Security & privacy › More security settings › Encryption & credentials › Install a certificate › CA certificate.',
      'Tap “Install anyway”, confirm with PIN or fingerprint, and choose phonehome-ca.cer under Downloads. Under Trusted credentials › User it is called “{name}”.',
    ],
    removal: [
      'Settings › Security & privacy › More security settings › Encryption & credentials › Trusted credentials › User: tap “{name}”, then “Remove” or “Uninstall”.',
      'If it is not found: search the settings for “Trusted credentials” or “View security certificates”.',
    ],
    remark:
      'Browsers and system services that trust user certificates become readable. Most apps trust only built-in certificates: the lab still shows whom they contact, and counts what it could not read.',
  },
  {
    title: 'Android 7 to 10',
    system: 'android',
    from: 7,
    to: 10,
    certificate: [
      'Tap “Download certificate” above and open the downloaded file.',
      'If nothing opens: Settings › Security › Encryption & credentials › Install from storage (or “Install a certificate”), then phonehome-ca.cer.',
      'Give it any name, and choose “VPN and apps” when asked what it is for. The phone may want a screen lock first.',
    ],
    removal: [
      'Settings › Security › Encryption & credentials › Trusted credentials › User: tap “{name}”, scroll down, “Remove”.',
      'The screen lock that it asked for may be taken away afterwards.',
    ],
    remark: 'Browsers and apps built for Android 6 and older become readable; newer apps only when they allow it.',
  },
  {
    title: 'Android 4 to 6',
    system: 'android',
    from: null,
    to: 6,
    certificate: [
      'Tap “Download certificate” above and open the downloaded file.',
      'Give it any name, and choose “VPN and apps”. The phone may want a screen lock first.',
      'If it is refused: very old phones know no elliptic curves, and this lab’s certificate has one.',
    ],
    removal: [
      'Settings › Security › Trusted credentials › User: tap “{name}”, scroll down, “Remove”.',
      'The screen lock that it asked for may be taken away afterwards.',
    ],
    remark: 'Nearly every app on these versions trusts the certificate.',
  },
  {
    title: 'iPhone and iPad',
    system: 'ios',
    from: null,
    to: null,
    certificate: [
      'Open this page in Safari and tap “Download profile” above, then “Allow”.',
      'Settings › Profile Downloaded (or General › VPN & Device Management) › “{name}” › Install.',
      'Settings › General › About › Certificate Trust Settings: switch “{name}” on. Without this last step nothing can be read.',
    ],
    removal: [
      'Settings › General › VPN & Device Management › “{name}” › Remove Profile. The certificate goes with it.',
    ],
    remark: 'Browsers and most apps become readable; apps that pin their certificate are shown as such.',
  },
  {
    title: 'Firefox on Android',
    system: 'android',
    from: null,
    to: null,
    certificate: [
      'Install the certificate as above first.',
      'Firefox › Settings › About Firefox: tap the logo seven times; back in Settings › Secret settings: switch “Use third party CA certificates” on.',
    ],
    removal: [
      'Firefox › Settings › Secret settings: switch “Use third party CA certificates” off, and remove the certificate from the phone.',
    ],
    remark: 'Firefox keeps its own list of certificates.',
  },
];

export function fits(guide: Guide, phone: PhoneKind): boolean {
  if (guide.system !== phone.system) return false;
  if (phone.version === null) return guide.to === null;
  return (guide.from ?? 0) <= phone.version && phone.version <= (guide.to ?? Number.POSITIVE_INFINITY);
}

export const PROXY_STEPS: Record<'android' | 'ios', string> = {
  android: 'Settings › Wi-Fi › this network › pencil or “Modify” › Advanced › Proxy: Manual (or Proxy Auto-Config).',
  ios: 'Settings › Wi-Fi › the (i) beside this network › Configure Proxy › Manual (or Automatic).',
};
