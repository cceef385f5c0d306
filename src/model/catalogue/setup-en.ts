/**
 * Every sentence of the pages a phone opens (`src/portal`), in English; other languages have the same keys. Menu names as in the
 * vendors' own builds (AOSP settings, Apple support HT204477); makers rename them. `›` parts the steps of a path, which is drawn, too.
 */
export const SETUP_EN = {
  tagline: 'what a phone tells whom',
  language: 'Language',
  footer: 'This page comes from the lab itself. It loads nothing from anywhere else.',

  'setup.title': 'Set up this phone',
  'setup.for': 'For: {{phone}}',
  'setup.version-hidden':
    'This browser keeps the version of Android to itself. It stands under Settings › About phone; steps for older ones are further down.',
  'phone.android': 'Android phone',
  'phone.android-version': 'Android {{version}}',
  'phone.ios': 'iPhone or iPad',
  'phone.ios-version': 'iPhone or iPad with iOS {{version}}',
  'phone.other': 'no phone that the lab knows: choose yours below',

  'notice.title': 'To whoever owns this phone',
  'notice.what':
    'This network belongs to a test lab. While the phone is set up as below, the lab can read what its apps and its system send, also much of what is encrypted: addresses, messages, passwords.',
  'notice.kept':
    'It keeps whom the phone contacted and which identifiers it sent. Values are shown masked and are encrypted on disk; nothing is sent to anybody.',
  'notice.yes': 'Set up only a phone that is yours, or whose owner agreed. Do not bank or chat on it meanwhile.',
  'notice.end': 'It ends when you undo the steps; how is said at the end of this page.',

  'steps.title': 'Where this phone stands',
  'steps.reaches': 'The phone reaches the lab',
  'steps.passes': 'Its traffic passes the lab',
  'steps.passes.todo': 'Not yet: step 1',
  'steps.downloaded': 'The certificate was downloaded',
  'steps.downloaded.todo': 'Not yet: step 2',
  'steps.trusted': 'This browser trusts the certificate',
  'steps.trusted.todo': 'Not yet: install it as step 2 says',
  'steps.trusted.todo-ios': 'Not yet: install it, then switch it on (the second switch of step 2)',
  'steps.caught': 'The lab found its test values in what this phone sent',
  'steps.caught.todo': 'Not yet: step 3',
  'steps.next': 'Done? Show what is next',
  'steps.again': 'Look again',
  'steps.done': 'done',
  'steps.open': 'open',
  'steps.live': 'Looked at every few seconds.',

  'step.joined': 'This phone is on the lab’s network',
  'step.joined.text':
    'All that it sends passes the lab; there is nothing to set. Leave the proxy of this network at “None”, and switch private DNS, VPN and mobile data off.',
  'step.proxy': 'Use the lab’s proxy',
  'step.proxy.already': 'This phone already uses the lab’s proxy.',
  'step.proxy.android.path': 'Settings › Wi-Fi › this network › pencil or “Modify” › Advanced › Proxy: Manual',
  'step.proxy.ios.path': 'Settings › Wi-Fi › (i) beside this network › Configure Proxy › Manual',
  'step.proxy.host': 'Host',
  'step.proxy.port': 'Port',
  'step.proxy.pac': 'or PAC address, for “Automatic”',
  'step.proxy.then': 'Then go on at {{url}}, and switch mobile data off: it goes past the lab.',
  'step.certificate': 'Trust the lab’s certificate',
  'step.certificate.shown':
    'The phone shows it as “{{name}}”. Fingerprint (SHA-256), to compare with what the phone shows:',
  'step.check': 'See it work',
  'step.check.text': 'The test page sends made-up values in many encodings and shows which of them the lab found.',
  'step.check.open': 'Open the test page',
  'download.ios': 'Download profile (iPhone, iPad)',
  'download.android': 'Download certificate (Android)',
  'download.pem': 'PEM (computers)',
  'other-systems': 'Steps for other phones',

  'sees.title': 'What the lab will see, and what not',
  'sees.clear': 'Whatever is sent unencrypted: everything.',
  'sees.whom': 'Whom the phone contacts, how often and how much: always, also of what cannot be read.',
  'sees.android-7':
    'Since Android 7 an app accepts certificates that a person installed only if its maker allowed it. Browsers do, most other apps do not: theirs stays unread, and the lab says so per app.',
  'sees.android-6': 'Up to Android 6 nearly every app trusts the certificate.',
  'sees.ios': 'Most apps trust the certificate once its second switch is on.',
  'sees.pinned':
    'Apps that insist on a certificate of their own (banks, messengers, some makers’ services) stay unread on every phone.',
  'sees.system.title': 'On the lab’s own phones: the system store',
  'sees.system.why':
    'With root, the certificate can go where the system’s own are. Then apps trust it, too, except those that insist on their own. Not for somebody else’s phone: unlocking erases it and weakens its protection.',
  'sees.system.adb':
    'With adb, on an emulator without Google Play or a developer’s build, up to Android 13 (the name is what openssl prints):',
  'sees.system.apex':
    'Android 14 and later read /apex/com.android.conscrypt/cacerts instead, which is part of a module: mount a copy with the certificate over it, in the namespace of zygote too, or use a Magisk module that does.',

  'undo.title': 'How to undo it all',
  'undo.network': 'Leave this network, or have the phone forget it.',
  'undo.proxy.android': 'Settings › Wi-Fi › this network › pencil or “Modify” › Proxy: None.',
  'undo.proxy.ios': 'Settings › Wi-Fi › (i) beside this network › Configure Proxy › Off.',
  'undo.mobile': 'Switch mobile data, private DNS and VPN back on, as they were.',
  'undo.kept':
    'What was recorded of the phone is destroyed by the lab’s administrator on request: phonehome forget PHONE.',
  'undo.until': 'Until then the lab can read what this phone sends whenever it is on the lab’s network.',

  'another.title': 'Another phone?',
  'another.qr': 'QR code of this page',
  'another.text': 'Scan it while on this network, or type:',

  'guide.android-14.title': 'Android 14 and later',
  'guide.android-14.path':
    'Settings › Security & privacy › More security & privacy › Encryption & credentials › Install a certificate › CA certificate',
  'guide.android-14.step.1':
    'Tap “Download certificate” above. The phone says that it cannot install it from here: that is expected.',
  'guide.android-14.step.2': 'Open Settings and search for “CA certificate”. Usual place: as drawn.',
  'guide.android-14.step.3':
    'Tap “Install anyway”, confirm with PIN or fingerprint, choose phonehome-ca.cer under Downloads.',
  'guide.android-14.undo':
    'Settings › Security & privacy › More security & privacy › Encryption & credentials › User credentials: tap “{{name}}”, then “Remove” or “Uninstall”. If it is not found: search the settings for “Trusted credentials”.',
  'guide.android-11.title': 'Android 11 to 13',
  'guide.android-11.path': 'Settings › Security › Encryption & credentials › Install a certificate › CA certificate',
  'guide.android-11.step.1':
    'Tap “Download certificate” above. The phone says that it cannot install it from here: that is expected.',
  'guide.android-11.step.2': 'Open Settings and search for “CA certificate”. Usual place: as drawn.',
  'guide.android-11.step.3':
    'Tap “Install anyway”, confirm with PIN or fingerprint, choose phonehome-ca.cer under Downloads.',
  'guide.android-11.undo':
    'Settings › Security › Encryption & credentials › Trusted credentials › User: tap “{{name}}”, then “Remove” or “Uninstall”.',
  'guide.android-7.title': 'Android 7 to 10',
  'guide.android-7.path': 'Settings › Security › Encryption & credentials › Install from storage › phonehome-ca.cer',
  'guide.android-7.step.1': 'Tap “Download certificate” above and open the downloaded file.',
  'guide.android-7.step.2': 'If nothing opens: as drawn.',
  'guide.android-7.step.3':
    'Give it any name, and choose “VPN and apps” when asked what it is for. The phone may want a screen lock first.',
  'guide.android-7.undo':
    'Settings › Security › Encryption & credentials › Trusted credentials › User: tap “{{name}}”, scroll down, “Remove”. The screen lock that it asked for may be taken away afterwards.',
  'guide.android-4.title': 'Android 4 to 6',
  'guide.android-4.path': 'Settings › Security › Install from SD card › phonehome-ca.cer',
  'guide.android-4.step.1': 'Tap “Download certificate” above and open the downloaded file.',
  'guide.android-4.step.2': 'Give it any name, and choose “VPN and apps”. The phone may want a screen lock first.',
  'guide.android-4.step.3':
    'If it is refused: very old phones know no elliptic curves, and this lab’s certificate has one.',
  'guide.android-4.undo':
    'Settings › Security › Trusted credentials › User: tap “{{name}}”, scroll down, “Remove”. The screen lock that it asked for may be taken away afterwards.',
  'guide.ios-15.title': 'iPhone and iPad, iOS 15 and later',
  'guide.ios-15.path': 'Settings › General › VPN & Device Management › {{name}} › Install',
  'guide.ios-15.switch': 'Settings › General › About › Certificate Trust Settings › {{name}}',
  'guide.ios-15.step.1': 'Open this page in Safari and tap “Download profile” above, then “Allow”.',
  'guide.ios-15.step.2': 'Install the profile, as drawn.',
  'guide.ios-15.step.3':
    'The second switch: turn “{{name}}” on under Certificate Trust Settings, as drawn. Without it nothing encrypted can be read.',
  'guide.ios-15.undo':
    'Settings › General › VPN & Device Management › “{{name}}” › Remove Profile. The certificate and its switch go with it.',
  'guide.ios-12.title': 'iPhone and iPad, iOS 14 and earlier',
  'guide.ios-12.path': 'Settings › General › Profile › {{name}} › Install',
  'guide.ios-12.switch': 'Settings › General › About › Certificate Trust Settings › {{name}}',
  'guide.ios-12.step.1': 'Open this page in Safari and tap “Download profile” above, then “Allow”.',
  'guide.ios-12.step.2': 'Install the profile, as drawn. (Called “Profiles & Device Management” on some.)',
  'guide.ios-12.step.3':
    'The second switch, since iOS 10.3: turn “{{name}}” on under Certificate Trust Settings, as drawn. Without it nothing encrypted can be read.',
  'guide.ios-12.undo':
    'Settings › General › Profile › “{{name}}” › Remove Profile. The certificate and its switch go with it.',
  'guide.firefox.title': 'Firefox on Android',
  'guide.firefox.path':
    'Firefox › Settings › About Firefox › tap the logo seven times › Secret settings › Use third party CA certificates',
  'guide.firefox.step.1': 'Install the certificate on the phone first, as said for its Android.',
  'guide.firefox.step.2': 'Firefox keeps its own list: switch “Use third party CA certificates” on, as drawn.',
  'guide.firefox.undo':
    'Firefox › Settings › Secret settings: switch “Use third party CA certificates” off; remove the certificate from the phone.',

  'check.title': 'Does the lab see this phone?',
  'check.direct':
    'This page was opened past the lab, so it can prove nothing. Open the address below on the phone. If it is not found, the proxy is not set.',
  'check.set-up': 'Set it up',
  'check.clear': 'Unencrypted traffic',
  'check.clear.ok': '✓ Visible: this page came through the lab.',
  'check.encrypted': 'Encrypted traffic of this browser',
  'check.encrypted.ok': '✓ Visible: the certificate is trusted.',
  'check.encrypted.no':
    '✗ Not visible: this browser does not trust the lab’s certificate. Install it; on an iPhone also turn its second switch on.',
  'check.values': 'Test values',
  'check.values.text':
    'This page sent a made-up serial number that belongs to no phone, each time written differently. Listed is what the lab found in it by its own searching. It makes no alert.',
  'check.by-hand': 'Forms need your tap:',
  'check.apps': 'Other apps',
  'check.apps.text':
    'An app decides for itself whom it trusts. If one does not work, or the lab shows it as “pinned”, its traffic to that server is not visible; the lab still shows whom it contacts, and counts how much.',
  'check.found': '✓ found',
  'check.missed': '✗ sent, not found',
  'check.waiting': 'not sent yet',
  'check.not-trusted': 'not sent: needs the certificate',
  'check.count': '{{found}} of {{sent}} that were sent were found.',
  'test.plain': 'as it is, in an address',
  'test.lower': 'in small letters',
  'test.path': 'in the path of an address',
  'test.percent': 'every letter percent-encoded',
  'test.base64': 'Base64 of JSON',
  'test.twice': 'Base64, twice',
  'test.hex': 'hexadecimal',
  'test.gzip': 'compressed (gzip), then Base64',
  'test.md5': 'as a hash (MD5)',
  'test.sha1': 'as a hash (SHA-1)',
  'test.sha256': 'as a hash (SHA-256)',
  'test.https': 'inside encrypted traffic (HTTPS)',
  'test.form': 'in a form',
  'test.multipart': 'in a form with parts',

  'home.title': 'A lab runs here',
  'home.what': 'What is this?',
  'home.what.text':
    'A Phonehome lab: it shows live which identifiers the phones under test send, to whom and into which country.',
  'home.phone': 'Put a phone on it',
  'home.phone.button': 'Set up a phone',
  'home.sign-in': 'Sign in',
  'home.token': 'Token',
  'home.ui': 'Or run this on the lab’s machine, whose address signs you in:',
  'home.signed-in': 'Signed in as {{role}}',
  'home.sign-out': 'Sign out',
  'home.not-built':
    'The dashboard is not built here. In the lab’s folder, run the following without --omit=dev, then start the lab again:',
  'home.runs': 'Test runs',
  'home.runs.button': 'Mark what you do',
  'home.watch': 'Watch without a dashboard',
  'home.watch.terminal': 'in a terminal of this machine:',
  'home.watch.elsewhere': 'from another machine:',
  'home.watch.program': 'as a program:',
  'home.watch.token':
    'All of it needs a token: “token” in the lab’s data directory (administrator), “token.operator” or “token.viewer” (mode 0600, made at first start).',
  'role.viewer': 'viewer',
  'role.operator': 'operator',
  'role.administrator': 'administrator',
} as const;

export type SetupKey = keyof typeof SETUP_EN;
