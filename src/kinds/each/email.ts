/** Email addresses (RFC 5322 addr-spec as people use it), judged by the list of top-level domains. */
import { parse } from 'tldts';
import type { Device } from '../../model/device.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { placeholders } from '../parts/placeholders.ts';
import { bad, good } from '../parts/registration.ts';
import { distinct, spelling } from '../parts/spelling.ts';
import { found, judgeNamedHash } from '../parts/verdict.ts';

/** Mailboxes of a role, not of a person (RFC 2142 and habit). */
const ROLES = new Set(
  [
    'abuse',
    'admin',
    'contact',
    'dev',
    'feedback',
    'git',
    'help',
    'hello',
    'hostmaster',
    'info',
    'legal',
    'mailer-daemon',
    'marketing',
  ]
    .concat([
      'no-reply',
      'noc',
      'noreply',
      'do-not-reply',
      'donotreply',
      'office',
      'postmaster',
      'press',
      'privacy',
      'root',
      'sales',
    ])
    .concat([
      'security',
      'service',
      'support',
      'team',
      'webmaster',
      'android',
      'users',
      'dpo',
      'jobs',
      'news',
      'newsletter',
    ]),
);
/** Private names of algorithms in SSH's key exchange (RFC 4251 6): `aes128-gcm@openssh.com`. */
const SSH = /^(?:openssh\.com|libssh\.org|ssh\.com|lysator\.liu\.se|tinyssh\.org|putty\.projects\.tartarus\.org)$/i;
/** RFC 5321 4.5.3.1: 64 octets before the @; domains of real people stay below this. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 128;

/** Of forms and manuals. */
const isNobody = placeholders({
  fixed: [
    ...['foo@bar.com', 'user@domain.com', 'name@example.com'],
    ...['email@example.com', 'user@example.com', 'you@example.com'],
  ],
  isSpoken: true,
});

export const email: IdentifierKind = {
  kind: 'email',
  title: 'email address',
  register: (text) => (/^[^\s@]+@[^\s@]+$/.test(text) ? good(text) : bad('registered.email')),
  example: 'lab@example.com',
  isPlaceholder: isNobody,
  canonical: mailboxOf,
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.email ?? []).flatMap(spellOne));
  },
  shape: { anchors: ['at', 'hex'], judge },
  vectors: [
    {
      name: 'in JSON',
      text: '{"user":"lab.tester@mail.example.com"}',
      expect: { value: 'lab.tester@mail.example.com', confidence: 'likely' },
    },
    {
      name: 'with a tag',
      text: 'to=lab+tag@example.org&x',
      expect: { value: 'lab+tag@example.org', confidence: 'likely' },
    },
    {
      name: 'in angle brackets',
      text: 'From: Lab <lab@example.com>',
      expect: { value: 'lab@example.com', confidence: 'likely' },
    },
    {
      name: 'mailto',
      text: 'mailto:lab@example.com?subject=x',
      expect: { value: 'lab@example.com', confidence: 'likely' },
    },
    {
      name: 'a role, not a person',
      text: 'write to support@example.com.',
      expect: { value: 'support@example.com', confidence: 'possible' },
    },
    {
      name: 'network name of an IMSI',
      text: 'id=0001010123456789@nai.epc.mnc001.mcc001.3gppnetwork.org',
      expect: null,
      source: '3GPP TS 23.003 19.3.2: root NAI',
    },
    { name: 'image for dense screens', text: 'src=icon@2x.png', expect: null, source: 'Apple naming of image scales' },
    { name: 'package version', text: 'lodash@4.17.21', expect: null },
    {
      name: 'key and host of an error reporter',
      text: 'https://0123456789abcdef0123456789abcdef@o1.ingest.example.com/1',
      expect: null,
    },
    { name: 'Java object', text: 'android.view.View@3f2a1b', expect: null },
    {
      name: 'algorithm of a key exchange',
      text: 'umac-64-etm@openssh.com,hmac-sha2-256-etm@openssh.com',
      expect: null,
      source: 'RFC 4251 6; OpenSSH PROTOCOL',
    },
    { name: 'no such top-level domain', text: 'a@b.notatld', expect: null, source: 'IANA root zone' },
    { name: 'example in a form', text: 'placeholder user@example.com', expect: null },
  ],
};

/** A tag sorts mail into folders: the mailbox is the same (RFC 5233). */
const TAG = /(?<=.)\+.*$/;

/** Gmail ignores dots, and has two names. */
const GMAIL = /^(?:gmail|googlemail)\.com$/;

/** `Lab+news@Example.com` is delivered where `lab@example.com` is. */
function mailboxOf(value: string): string {
  const at = value.lastIndexOf('@');
  if (at < 1) return value;
  const [local, domain] = [value.slice(0, at).replace(TAG, '').toLowerCase(), value.slice(at + 1).toLowerCase()];
  return GMAIL.test(domain) ? `${local.replaceAll('.', '')}@gmail.com` : `${local}@${domain}`;
}

function spellOne(registered: string): Spelling[] {
  const value = registered.trim();
  const at = value.lastIndexOf('@');
  if (at < 1 || isNobody(value)) return [];
  const [local, domain] = [value.slice(0, at), value.slice(at + 1)];
  // `label@…` ends in `el@…`: in front of a mailbox stands no letter.
  const anyCase = { anyCase: true, bounded: true, isPart: isPartOfMailbox };
  const untagged = local.replace(TAG, '');
  const spelled = [
    spelling(value, value, 'as registered', anyCase),
    spelling(`${untagged}@${domain}`, value, 'without tag', anyCase),
  ];
  if (GMAIL.test(domain.toLowerCase())) {
    // Advertisers remove the dots before hashing.
    const bare = untagged.replaceAll('.', '');
    for (const host of ['gmail.com', 'googlemail.com'])
      spelled.push(spelling(`${bare}@${host}`, value, 'without dots', anyCase));
  }
  if (untagged.length >= 8 && !ROLES.has(untagged.toLowerCase())) {
    spelled.push(
      spelling(untagged, value, 'the part before the @ alone', {
        anyCase: true,
        bounded: true,
        hashed: false,
        isPart: (before) => goesOnBefore(before),
      }),
    );
  }
  return spelled;
}

/** A word and a dot: `my.` of `my.lab@…`. Other signs stand between fields, too (`user_lab@…`, `q=a+lab@…`). */
const goesOnBefore = (before: string): boolean => /[a-z\d]\.$/i.test(before);

/** Of another mailbox: `my.lab@example.com`, `lab@example.com.evil.org`; `lab@example.com.json` is a file of this one. */
function isPartOfMailbox(before: string, after: string): boolean {
  const isWord = /[a-z\d]$/i.test(before) && !/%(?:25)*[\da-f]{2}$/i.test(before);
  if (isWord || goesOnBefore(before)) return true;
  const [rest = ''] = /^[.-][a-z\d.-]*[a-z\d]/i.exec(after) ?? [];
  return rest !== '' && isMailDomain(`a${rest}`);
}

function judge(run: Run): Verdict | null {
  const hashed = judgeNamedHash(run, 'email');
  if (hashed) return hashed;
  const at = run.text.indexOf('@', run.start);
  if (at < 0 || at >= run.end) return null;
  const start = localStart(run.text, at);
  const end = domainEnd(run.text, at);
  const local = run.text.slice(start, at);
  const domain = run.text.slice(at + 1, end);
  if (local === '' || local.length > MAX_LOCAL || domain.length > MAX_DOMAIN || !isMailDomain(domain)) return null;
  // `//user:password@host` and the public keys of error reporters are no mailboxes.
  if (/(?:\/\/|\/\/[^/\s]{1,64}:)$/.test(run.text.slice(Math.max(0, start - 70), start))) return null;
  if (/^[0-9a-f]{24,}$/i.test(local) || local.includes('..') || /\.$/.test(local)) return null;
  if (SSH.test(domain)) return null;
  // RFC 7542: the name of a subscription in a network, an IMSI in the form of an address (3GPP TS 23.003 19).
  if (/(?:^|\.)3gppnetwork\.org$/i.test(domain)) return null;
  const value = `${local}@${domain}`;
  if (isNobody(value)) return null;
  const named = hintOf(run, 'email') !== null;
  if (ROLES.has(local.toLowerCase())) return found({ start, end }, value, 'possible', 'email.role');
  return found({ start, end }, value, 'likely', named ? 'email.named' : 'email.domain');
}

/** First character of the local part: letters, digits and `._%+-`, and no dot in front. */
function localStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && at - start <= MAX_LOCAL && /[A-Za-z0-9._%+-]/.test(text.charAt(start - 1))) start--;
  while (start < at && /[.%+-]/.test(text.charAt(start))) start++;
  return start;
}

function domainEnd(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && end - at <= MAX_DOMAIN && /[A-Za-z0-9.-]/.test(text.charAt(end))) end++;
  while (end > at + 1 && /[.-]/.test(text.charAt(end - 1))) end--;
  return end;
}

/** A name below a top-level domain of the root zone. */
function isMailDomain(domain: string): boolean {
  const parsed = parse(domain, { allowPrivateDomains: false });
  return parsed.isIcann === true && parsed.domain !== null && parsed.isIp !== true;
}
