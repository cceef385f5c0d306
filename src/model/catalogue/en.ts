/**
 * Every sentence the lab says of phones, in English: keys with places for values, as i18next reads them. The catalogue
 * of another language has the same keys; a test holds it to that. A value may be a text of its own, whose key stands
 * here too. `_one` and `_other` are chosen by the value `count`.
 */
import { KIND_FACTS, type Kind } from '../kinds.ts';
import { ENDINGS_EN } from './endings.ts';
import { FAULTS_EN } from './faults-en.ts';
import { FILES_EN } from './files.ts';
import { GATEWAY_EN } from './gateway.ts';
import { GATEWAY_STEPS_EN } from './gateway-steps.ts';
import { HUB_REFUSALS_EN } from './hub-refusals.ts';
import { INPUT_EN } from './input.ts';
import { INTACT_EN } from './intact.ts';
import { NETWORK } from './network.ts';
import { REASONS } from './reasons.ts';
import { REFUSALS_EN } from './refusals.ts';
import { SPELLINGS } from './spellings.ts';
import { UNHEARD_EN } from './unheard.ts';
import { UNREAD_EN } from './unread.ts';
import { UNSEEN_EN } from './unseen.ts';

type Nouns = { [K in Kind as `kind.${K}`]: (typeof KIND_FACTS)[K]['noun'] };

const nouns = Object.fromEntries(Object.entries(KIND_FACTS).map(([kind, { noun }]) => [`kind.${kind}`, noun])) as Nouns;

export const EN = {
  leak: '{{what}} {{way}}{{spelling}}{{when}}{{protection}}.',
  'leak.opaque':
    '{{phone}} sent data that nobody could read to {{receiver}}{{when}}{{protection}}. What it says is unknown.',
  'leak.certain': 'The {{kind}} of {{phone}}',
  'leak.likely': 'Probably the {{kind}} of {{phone}}',
  'leak.possible': 'Possibly the {{kind}} of {{phone}}',
  'leak.further': 'More of the same ({{kind}})',
  'leak.sent': 'went to {{receiver}}',
  'leak.returned': 'was sent back by {{receiver}}',
  'leak.as-hash': ' as a hash ({{hash}})',
  'leak.packed': ' packed as {{layers}}',
  'leak.layer-in': '{{inner}} in {{outer}}',
  'leak.before-consent': ' before consent was given',
  'leak.in-phase': ' (phase: {{phase}})',
  'leak.in-dns': ', inside a DNS name that anyone on the path can read',
  'leak.in-sni': ', inside a server name that anyone on the path can read',
  'leak.encrypted': ', encrypted on the way',
  'leak.clear': ', unencrypted: anyone on the path can read it',
  'leak.without-tls': ', without TLS',

  ...nouns,
  ...REASONS,
  ...SPELLINGS,
  ...NETWORK,
  ...UNHEARD_EN,
  ...UNREAD_EN,
  ...UNSEEN_EN,
  ...ENDINGS_EN,
  ...FAULTS_EN,
  ...INPUT_EN,
  ...INTACT_EN,
  ...FILES_EN,
  ...GATEWAY_EN,
  ...GATEWAY_STEPS_EN,
  ...HUB_REFUSALS_EN,
  ...REFUSALS_EN,

  'scan.stopped': 'The scan was stopped before its end: this is what was found until then.',
  'scan.left': 'What left the phone: {{kinds}}.',
  'scan.receivers_one': 'It went to {{names}}{{more}}.',
  'scan.receivers_other': 'It went to {{count}} receivers: {{names}}{{more}}.',
  'scan.receiver': '{{name}}',
  'scan.more': '; and {{more}} more',
  'scan.clear': 'Some of it was not encrypted: anyone on the way could read it.',
  'scan.maybe': 'Nothing is certain; something looks like: {{kinds}}.',
  'scan.nothing': 'Nothing that tells who the phone or its owner is was found in what could be read.',
  'scan.nothing-read': 'Nothing of this could be read, as said above: what the phone sent is not known.',
  'scan.contacts_one': 'Of {{count}} server the recording says that it was called, not what it was sent.',
  'scan.contacts_other': 'Of {{count}} servers the recording says that they were called, not what they were sent.',
  'scan.unread': 'Not everything could be read, as said above: there may be more.',
  'scan.all-read': 'Everything in the recording was read.',

  'receiver.in': '{{name}} (server in {{server, country}})',
  'receiver.probably': 'probably {{receiver}}',
  'receiver.of': '{{name}} ({{home, country}})',
  'receiver.of-in': '{{name}} ({{home, country}}; server in {{server, country}})',

  'app.unknown': 'An app',
  'app.probably': 'An app (probably {{name}})',

  'and-more_one': '{{sentence}} The same went to {{count}} more receiver, which is listed with this alert.',
  'and-more_other': '{{sentence}} The same went to {{count}} more receivers, which are listed with this alert.',

  'trust.not-yet':
    '{{phone}} does not trust the lab yet: nothing encrypted can be read. Open http://phonehome.lab/ on it and install the certificate.',
  'trust.now':
    '{{phone}} trusts the lab now: what it sends encrypted can be read, but for apps that insist on a certificate of their own.',
  pinned:
    '{{app}} on {{phone}} insists on a certificate of its own for {{receiver}} ({{proof}}): its traffic there is passed through unread; the lab tries again from time to time.',
  'passing.own-root':
    '{{app}} on {{phone}} knows a certificate of {{receiver}} that the lab cannot verify, and takes no other ({{proof}}): its traffic there is passed through unread; the lab tries again from time to time.',
  'passing.no-certificate':
    "{{phone}} does not have the lab's certificate ({{proof}}): what it sends encrypted is passed through unread until it does.",
  'passing.client-certificate':
    '{{receiver}} asks the app for a certificate the lab does not have: what {{phone}} sends there is passed through unread. If you have that certificate, start the lab with --client-cert.',
  'passing.phone-tls':
    '{{app}} on {{phone}} and the lab cannot agree on TLS for {{receiver}} ({{proof}}): its traffic there is passed through unread.',
  'passing.server-tls':
    '{{receiver}} and the lab cannot agree on TLS ({{proof}}): what {{phone}} sends there is passed through unread.',

  'pass.operator': 'the operator passes this name through',
  'pass.pinned': 'the app insists on a certificate of its own ({{proof}})',
  'pass.no-certificate': "the phone does not have the lab's certificate ({{proof}})",
  'pass.own-root': 'the app knows a certificate of this server that the lab cannot verify ({{proof}})',
  'pass.client-certificate': 'the server asks the app for a certificate the lab does not have',
  'pass.phone-tls': 'the app and the lab cannot agree on TLS ({{proof}})',
  'pass.server-tls': 'the server and the lab cannot agree on TLS ({{proof}})',
  'pass.silent':
    'the connection before this one was closed in silence: this one is passed through to see whether the app speaks then',
  'pass.once': 'the connection before this one failed ({{proof}}): this one is passed through',
  why: '{{phone}} last called {{host}} at {{at, time}} (connections looked at: {{count}}). {{reason}}',
  'why.nobody': 'any phone',
  'why.never':
    "No connection of {{phone}} to {{host}} was seen in this lab. The app may not have called it, or it goes another way: check that the phone's Wi-Fi uses the lab as its proxy (phonehome doctor), and switch mobile data off.",
  'why.read_one': 'It was read: {{count}} request. Nothing has to be done.',
  'why.read_other': 'It was read: {{count}} requests. Nothing has to be done.',
  'why.bytes': 'It was read, in a language the lab does not know: the bytes were searched as they are.',
  'why.nothing-said':
    'It was opened and closed without a word. Apps keep such connections in reserve; use the app and look again.',
  'why.open': 'It is still open.',
  'why.operator':
    'It was passed through unread because you asked for it. To read it again: phonehome pins set {{host}} auto --device {{phone}}',
  'why.pinned':
    'It was passed through unread: the app takes no certificate but its own ({{proof}}), and would not work otherwise. The lab tries again from time to time. What the app sends there can only be seen with a version of the app that has no such pin.',
  'why.no-certificate':
    "It was passed through unread: the phone does not have the lab's certificate ({{proof}}). Open http://phonehome.lab/ on the phone and install it; apps for Android 7 and later must also allow certificates of users.",
  'why.own-root':
    'It was passed through unread: the app knows a certificate of this server that the lab cannot verify ({{proof}}). If you have the authority that signed it, start the lab with --upstream-ca FILE; an app that takes only this authority cannot be read.',
  'why.client-certificate':
    'The server asks the app for a certificate that the lab does not have, so the connections that follow are passed through unread. If you have that certificate and its key, start the lab with --client-cert {{host}}=FILE.',
  'why.phone-tls':
    'The app and the lab found no common way to encrypt ({{proof}}). The connection that follows is passed through unread, so that the app works. For a very old phone, phonehome ca rotate --rsa may help.',
  'why.server-tls':
    'The server and the lab found no common way to encrypt ({{proof}}). The connection that follows is passed through unread; if it carries data twice running, so are the next ones. Nothing has to be done on the phone.',
  'why.silent':
    'It was passed through unread, once: the app had closed the one before in silence, and the lab looks whether it speaks when it is left alone. If it does so twice running, it is taken to insist on a certificate of its own.',
  'why.left-in-silence':
    'The app closed it in silence after it had seen the certificate. It may have been a spare connection; the next one is passed through unread, and shows whether the app insists on a certificate of its own.',
  'why.passed': 'It was passed through unread: {{why}}.',
  'why.refused': 'The lab refused it: {{why}}.',
  'why.refused-untrusted':
    'The lab could not verify the certificate of the server ({{problem}}), so the app was shown an untrusted one, and refused it. If the app knows this certificate, it is passed through after three times; if you have the authority that signed it, start the lab with --upstream-ca FILE.',
  'why.refused-certificate':
    "The app refused the lab's certificate although the phone has it: it insists on one of its own, or takes none that a user installed. After three times its connections are passed through unread, so that it works.",
  'why.no-trust':
    "The phone refused the lab's certificate, and was never seen to trust it: most likely it is not installed. Open http://phonehome.lab/ on the phone and install it. After three times its connections are passed through unread.",
  'why.upstream-refused':
    'The server refused the connection: it does not serve this port, or not from here. It is so without the lab too.',
  'why.upstream-unresolvable': 'The name has no address. Check the name and the connection of the lab to the internet.',
  'why.upstream-timeout':
    'The server did not answer in time. Check the connection of the lab to the internet; try again.',
  'why.phone-left':
    'The phone broke it off: a bad network, or an app that changed its mind. It says nothing about the certificate.',
  'why.server-left': 'The server broke it off.',
  'why.idle': 'Nothing was said on it for a long time, and the lab closed it.',
  'why.lab-ended': 'It ended because the lab ended.',
  'proof.alert': 'alert {{how}} {{times, of(one: time; other: times)}}',
  'proof.hinted':
    'alert {{how}} {{times, of(one: time; other: times)}}, where the feed of {{organisation}}, version {{version}}, says that apps pin',
  'proof.untrusted':
    "it refused the lab's untrusted copy {{times, of(one: time; other: times)}}, the last time with {{how}}",
  'proof.silent':
    'silent when intercepted, with data when passed through, {{times, of(one: time; other: times)}} running',
  'proof.failed':
    '{{how}} when intercepted, with data when passed through, {{times, of(one: time; other: times)}} running',
  'proof.earlier': '{{said}}',
  'proof.asked': 'it asked for one',
  'proof.no-leaf': 'of its cipher suites, groups and signatures none fits a certificate of the lab',

  'weak-tls.accepted':
    '{{app}} on {{phone}} accepted a bad certificate ({{problem}}) for {{host}}: anyone on the way who shows such a one can read what it sends there.',
  'weak-tls.server':
    'The lab could not verify the certificate of {{host}} ({{problem}}), so {{phone}} was shown an untrusted one, and refused it. An app that knows this certificate is passed through after three times.',
  'trust-test.accepted':
    '{{app}} on {{phone}} accepted {{shown}} for {{host}}: anyone on the way who shows such a one can read what it sends there.',
  'trust-test.refused': 'Trust test passed: the app on {{phone}} refused {{shown}} for {{host}} ({{how}}).',
  'trust-test.no-reason': 'no reason given',
  'trust-test.self-signed': 'a certificate anybody could have made',
  'trust-test.wrong-name': 'a certificate for another name',
  'trust-test.expired': 'an expired certificate',

  tried: '{{phone}} tried to reach {{receiver}}, which {{failure}}.',
  'tried.upstream-refused': 'refused the connection',
  'tried.upstream-unresolvable': 'has no address (its name does not resolve)',
  'tried.upstream-timeout': 'did not answer in time',
  'tried.upstream-tls-failed': 'could not agree on TLS with the lab',
  'tried.quic':
    '{{phone}} tried to reach {{receiver}} by QUIC, which the lab refuses: apps fall back to what can be read.',
  'tried.dot':
    '{{phone}} tried to reach {{receiver}} for hidden look-ups (DNS over TLS), which the lab refuses: names stay visible.',
  'tried.doq':
    '{{phone}} tried to reach {{receiver}} for hidden look-ups (DNS over QUIC), which the lab refuses: names stay visible.',
  refused: 'A connection from {{ip}} was refused: {{why}}',
  'refused.not-allowed': 'not allowed by the lab',
  'past-the-lab.unknown': 'an unknown protocol',
  'past-the-lab':
    '{{phone}} sent {{bytes, of(one: byte; other: bytes)}} to {{receiver}} past the lab ({{protocol}}): nobody looked into it.',
  'contact.nothing-sent': '{{phone}} connected to {{receiver}} and sent nothing that could be read.',
  'contact.unread':
    '{{phone}} sent {{bytes, of(one: byte; other: bytes)}} to {{receiver}}; nothing of it could be read.',
  'hidden-look-ups':
    "{{phone}} looks names up over HTTPS at {{operator}}: these look-ups are not in the lab's list of names.",
  'looked-up-elsewhere':
    '{{phone}} looked {{ip}} up as a name of {{elsewhere}}, and asked it for {{host}}: a server they share, or a front for another one.',

  'door.crowded':
    'The phone at {{ip}} opens more connections than its share ({{most}} at once, fewer while all places are taken): those beyond it are closed. Other phones are served as before.',
  'login.address-wins':
    '{{ip}} is the address of {{phone}}, and it logged in to the proxy as {{login}}, the name of {{other}}: what it sends is told of {{phone}}. If the login is right, give it to that phone: phonehome device add {{other}} --login {{login}}.',

  coverage: '{{trust}}{{head}}{{failed}}{{recovered}}{{refused}}{{open}}{{gaps}}',
  'coverage.distrust':
    'This phone does not trust the lab yet: nothing encrypted can be read. Open http://phonehome.lab/ on it and install the certificate. ',
  'coverage.nothing-yet': 'This phone has sent nothing through the lab yet.',
  'coverage.nothing-through': 'This phone has sent nothing that got through; it tried to reach {{names}}.',
  'coverage.all': 'All of what this phone sent through the lab could be read.',
  'coverage.all-that-came': 'What got through the lab could be read.',
  'coverage.part': '{{percent}} % of what this phone sent through the lab could be read; the rest went to: {{names}}.',
  'coverage.little':
    'Less than 1 % of what this phone sent through the lab could be read; the rest went to: {{names}}.',
  'coverage.none': 'Nothing of what this phone sent through the lab could be read; the rest went to: {{names}}.',
  'coverage.failed_one': ' {{count}} app could not connect through the lab: {{names}}.',
  'coverage.failed_other': ' {{count}} apps could not connect through the lab: {{names}}.',
  'coverage.recovered_one': ' {{count}} connection failed because of the lab before later ones got through.',
  'coverage.recovered_other': ' {{count}} connections failed because of the lab before later ones got through.',
  'coverage.refused_one': ' The lab refused {{count}} connection: {{names}}.',
  'coverage.refused_other': ' The lab refused {{count}} connections: {{names}}.',
  'coverage.open_one': ' {{count}} connection that nobody reads is still open: {{names}}.',
  'coverage.open_other': ' {{count}} connections that nobody reads are still open: {{names}}.',
  'coverage.lab-down': ' The lab was not running from {{from, time}} to {{to, time}}: what was sent then is not known.',
  'coverage.lab-down-often':
    ' The lab was not running {{times, of(one: time; other: times)}}, the last time from {{from, time}} to {{to, time}}: what was sent then is not known.',
  'coverage.unwatched': ' Nobody looked into what was sent from {{from, time}} to {{to, time}}.',
  'coverage.unwatched-still': ' Nobody looks into what is sent since {{from, time}}.',
  'coverage.not-counted': ' Not counted from {{from, time}} to {{to, time}}: {{subject}} ({{detail}}).',
  'coverage.not-counted-still': ' Not counted since {{from, time}}: {{subject}} ({{detail}}).',
  'gap.look-ups': 'look-ups',
  'gap.refused-attempts': 'refused attempts',
  'gap.datagrams': 'datagrams',
  'gap.inventory': 'inventory',
  'gap.flows-as-they-come': 'flows as they come',
  'gap.counters': 'counters',
  'gap.many-flows': 'many flows',
  'coverage.named': '{{name}} ({{details}})',
  'coverage.two-details': '{{first}}, {{second}}',
  'coverage.more': '{{more}} more',
  'class.read': 'read',
  'class.unreadable': 'in a language the lab does not know',
  'class.opaque': 'locked inside',
  'class.partially-scanned': 'too large or too deep to search in full',
  'class.pinned': 'the app lets nobody look',
  'class.passed': 'passed through unread',
  'class.refused': 'refused by the lab',
  'class.failed': 'the connection failed',
  'class.lab-failed': 'could not connect through the lab',
  'class.unwatched': 'nobody looked',
  'class.udp': 'plain datagrams, searched as they are',
  'class.quic': 'QUIC, refused by the lab',
  'class.bypassing': 'went past the lab unread',

  beacon:
    '{{phone}} contacts {{host}} every {{period}}, give or take {{jitter}} %: {{contacts, of(one: time; other: times)}} so far; by chance less than once in {{times}}.',
  'span.seconds_one': 'second',
  'span.seconds_other': '{{count}} seconds',
  'span.minutes_one': 'minute',
  'span.minutes_other': '{{count}} minutes',
  'span.hours_one': 'hour',
  'span.hours_other': '{{count}} hours',
  'phone.two-of-address':
    'two phones use {{ip}} in turn ({{one}}, {{other}}): what they send is told of either; one has a fixed address or poses as the other, set both to get theirs by themselves (DHCP)',
  'phone.without-name': 'a phone without a name',
  'lan.missed_one':
    'While no lab ran, {{phone}} sent one packet ({{bytes, of(one: byte; other: bytes)}}) past it that nobody looked into: {{places}}.',
  'lan.missed_other':
    'While no lab ran, {{phone}} sent {{count}} packets ({{bytes, of(one: byte; other: bytes)}}) past it that nobody looked into: {{places}}.',
  'lan.posing':
    "another machine on the phones' network says that it is the gateway ({{ip}}): what phones send may go past the lab; take it off the network, or give it another address",
  'phone.unnamed':
    'A phone without a name joined the lab\'s network{{what}}: name it with "phonehome device name {{ip}} NAME".',
  'lab.deaf-to-marker':
    'The lab did not find its own test value: what phones send may go by unseen. Restart it; if this is told again, trust no silence.',
  'lab.restarted_one':
    'The half of the lab that reads traffic ended ({{reason}}) and was started again: phones went on, and one connection was not looked into meanwhile.',
  'lab.restarted_other':
    'The half of the lab that reads traffic ended ({{reason}}) and was started again: phones went on, and {{count}} connections were not looked into meanwhile.',
  'lab.was-deaf':
    'The lab could not keep up: what {{flows, of(one: connection; other: connections)}} sent meanwhile was passed on and not looked into.',
  'geo.old':
    '{{name}} is {{days, of(one: day; other: days)}} old: servers that moved since are placed wrong; what left, and to which company, does not depend on it. Newer: phonehome geo update FILE',
  'geo.stale':
    '{{name}} is {{days, of(one: day; other: days)}} old: no verdict should rest on its country or network alone; what left, and to which company, does not depend on it. Newer: phonehome geo update FILE',
  'lab.store-damaged':
    'The evidence store was damaged: {{alerts, of(one: alert; other: alerts)}} and {{flows, of(one: connection; other: connections)}} could be read, and were kept. The damaged file is {{file}}; check the disk.',
  'lab.content-damaged':
    'The file of kept content was damaged: it lies aside as {{file}}, and a new one was begun. Alerts and connections are not concerned.',
  'lab.content-trouble': 'Content of connections is not kept: {{reason}}. Alerts and connections are.',
  'lab.content-again': 'Content of connections is kept again.',
  'lab.disk-full':
    'The disk is full: what is shown from now on is kept in a small reserve and not in the store yet. Free some space; nothing else needs doing.',
  'lab.not-stored': 'Alerts cannot be stored ({{reason}}): check the data directory and its disk.',
  'lab.stored-again': 'Alerts are stored again, and so is what waited.',
  'hub.failing': 'The hub {{url}} cannot be reached: {{problem}}. What is found waits in the store and follows.',
  'hub.works-again': 'The hub {{url}} can be reached again; what waited follows.',
  'feed.taken': 'Tables of the hub are in force: version {{version}}.',
  'feed.refused':
    'Tables of the hub were not taken: {{problem}}. Those of version {{version}} stay in force (0: the lab’s own).',
  'notify.failing_one':
    'Alerts cannot be sent to {{receiver}} ({{detail}}): {{count}} waits, and is tried again for three days.',
  'notify.failing_other':
    'Alerts cannot be sent to {{receiver}} ({{detail}}): {{count}} wait, and are tried again for three days.',
  'notify.works-again':
    'Alerts can be sent to {{receiver}} again; {{count, of(one: that waited follows; other: that waited follow)}}.',
  'notify.given-up_one':
    '{{count}} alert was not taken by {{receiver}} ({{detail}}) and is given up. It is kept: phonehome notify retry {{receiver}}.',
  'notify.given-up_other':
    '{{count}} alerts were not taken by {{receiver}} ({{detail}}) and are given up. They are kept: phonehome notify retry {{receiver}}.',
  'notify.bad-file': 'What was said about sending alerts is not in force, what was said before still is: {{problem}}',
  'lab.works-again': '{{subject}}: works again',
  'forget.address':
    'What was recorded under {{address}} while this phone was not registered stands there still: phonehome forget {{address}}.',
  'forget.unknown':
    'nothing was forgotten: no phone "{{device}}" is registered, and nothing was recorded under that name or address (phonehome device list)',
  'forget.ignored': 'It is still ignored: by what it is known by it stays in the list of phones.',
  'forget.notify': '{{file}} names this phone in a rule or a mute: take it out there.',
  'forget.devices-file': '{{file}} names this phone: the lab does not write this file, take it out there.',
  'forget.recordings':
    'The recording of the whole network in {{directory}} holds what this phone sent: forget it again with --recordings, or delete it.',
  'forget.recordings-running':
    'The recording of the whole network in {{directory}} goes on and holds what this phone sent: stop the lab, then forget the phone again with --recordings.',
  'forget.damaged': 'Damaged stores that were kept aside may hold rows of this phone: delete {{files}}.',
  'forget.not-rewritten':
    'Unused parts of the database may hold rows of this phone, masked, until it is written anew: stop the lab, then forget the phone again.',
  'forget.audit': 'The audit says who revealed what of it, and that it was forgotten: by its name, without a value.',
  'forget.elsewhere': 'Backups, exports and reports made before are not the lab’s to destroy.',
  joined: '{{before}}{{part}}',
} as const;
