/** Whom the phone contacted, what of it was not read, and what of the lab's sight was missing. */
import { say } from '../formats/say.ts';
import type { CaseContact, CaseRecord } from '../model/case-record.ts';
import { type Block, shown } from './document.ts';
import { countries } from './receivers.ts';
import { isAllSeen } from './verdict.ts';
import { minute, type Words } from './words.ts';

const MAX_SERVERS = 200;
/** On the first page. */
const MAX_FIRST_UNREAD = 4;
const MAX_GAPS = 4;
const MAX_NAME = 50;

/** For the first page: as prominent as what was found. */
export function unseenOf(record: CaseRecord, words: Words): Block[] {
  const { say } = words;
  const unread = record.contacts.filter(isUnread);
  const rows = unread
    .slice(0, MAX_FIRST_UNREAD)
    .map((one) => [
      nameOf(one, MAX_NAME),
      countries(one.ownerCountry, one.country, words),
      whyOf(one, words),
      String(one.unreadBytesUp),
    ]);
  const head = [say('column.who'), say('column.country'), say('column.why'), say('column.bytes')];
  const more = unread.length - MAX_FIRST_UNREAD;
  return [
    { type: 'list', items: limitsOf(record, words) },
    ...(rows.length > 0 ? [{ type: 'table' as const, head, rows, widths: [4, 3, 3, 1.5] }] : []),
    ...(more > 0 ? [{ type: 'paragraph' as const, text: say('unseen.more', { count: more }) }] : []),
  ];
}

/** What the lab could not see of a case, a sentence each. */
export function limitsOf(record: CaseRecord, { say }: Words): string[] {
  const { coverage, gaps, readShare, connections, leftOut } = record;
  return [
    readShare === null
      ? say('unseen.none-sent')
      : // Never rounded up: 99 % means that something is left.
        say('unseen.share', { percent: Math.floor(readShare * 100) }),
    ...(connections > 0 && isAllSeen(record) ? [say('unseen.all')] : []),
    ...coverage.map(({ deviceId, trust }) => say(`unseen.${trust}`, { phone: shown(deviceId) })),
    ...gaps
      .slice(-MAX_GAPS)
      .map(({ from, to, subject }) =>
        say('unseen.gap', { from: minute(from), to: to ? minute(to) : say('unseen.now'), subject: shown(subject) }),
      ),
    ...(gaps.length > MAX_GAPS ? [say('unseen.more-gaps', { count: gaps.length - MAX_GAPS })] : []),
    ...(leftOut > 0 ? [say('left-out', { count: leftOut })] : []),
    say('unseen.sms'),
    say('unseen.silence'),
  ];
}

export function serversOf({ contacts, furtherContacts }: CaseRecord, words: Words): Block[] {
  const { say } = words;
  const columns = ['who', 'country', 'network', 'connections', 'bytes', 'unread'] as const;
  const rows = contacts
    .slice(0, MAX_SERVERS)
    .map((one) => [
      nameOf(one),
      countries(one.ownerCountry, one.country, words),
      shown(one.network ?? ''),
      String(one.connections),
      String(one.bytesUp),
      whyOf(one, words),
    ]);
  const more = furtherContacts + Math.max(0, contacts.length - MAX_SERVERS);
  return [
    { type: 'table', head: columns.map((name) => say(`column.${name}`)), rows, widths: [4, 2.8, 2.8, 1.9, 1.3, 2.5] },
    ...(more > 0 ? [{ type: 'paragraph' as const, text: say('servers.more', { count: more }) }] : []),
  ];
}

const isUnread = ({ unread }: CaseContact): boolean => Object.keys(unread).length > 0;
const nameOf = ({ owner, host }: CaseContact, most?: number): string =>
  `${shown(owner ?? '', most)} ${shown(host, most)}`.trim();
const whyOf = ({ unread }: CaseContact, { name }: Words): string =>
  Object.entries(unread)
    .map(([why, times]) => `${name('class', why)}: ${times}`)
    .join('; ');

/** How much of each app could be read, and what left in it, as far as apps showed themselves. */
export function appsOf({ apps, alerts }: CaseRecord, words: Words): Block[] {
  const { say } = words;
  if (apps.every(({ app }) => app === null)) return [];
  const told = Map.groupBy(alerts, ({ attribution }) => attribution?.name ?? null);
  const rows = apps.slice(0, MAX_SERVERS).map(({ app, connections, unread, bytesUp, unreadBytesUp }) => {
    const those = app === null ? [] : (told.get(app) ?? []);
    const left = those.map(({ identifier, type }) => say(identifier ? `kind.${identifier.kind}` : `type.${type}`));
    const readShare = bytesUp === 0 ? 1 : (bytesUp - unreadBytesUp) / bytesUp;
    return [
      app === null ? say('apps.none') : shown(app),
      `${connections}${unread > 0 ? ` (${say('apps.unread', { count: unread })})` : ''}`,
      String(bytesUp),
      `${Math.floor(readShare * 100)} %`,
      [...new Set(left)].join(', '),
      reasonOf(those[0], words),
    ];
  });
  const columns = ['app', 'connections', 'bytes', 'read', 'left', 'reason'] as const;
  return [
    { type: 'heading', text: say('apps') },
    { type: 'table', head: columns.map((name) => say(`column.${name}`)), rows, widths: [3, 2, 1.4, 1.3, 2.5, 3.5] },
    { type: 'paragraph', text: say('apps.hint') },
  ];
}

function reasonOf(alert: CaseRecord['alerts'][number] | undefined, { language }: Words): string {
  const { text, reason = '' } = alert?.attribution ?? {};
  return shown(text ? say(text, language) : reason);
}
