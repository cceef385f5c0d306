/**
 * What a receiver outside the lab is told of an alert. Promise: no value of an identifier, ever; without `personal: masked` not
 * even a masked one, no id, address or URL of a phone, and no word of the operator's but the model and the usual phases.
 */
import { filled } from '../formats/filled.ts';
import { clean } from '../formats/terminal.ts';
import type { Alert } from '../model/alert.ts';
import { KINDS_VI } from '../model/catalogue/kinds-vi.ts';
import { NOTIFY_EN, type NotifyKey } from '../model/catalogue/notify-en.ts';
import { NOTIFY_VI } from '../model/catalogue/notify-vi.ts';
import { KIND_FACTS, type Kind } from '../model/kinds.ts';
import type { Receiver } from '../model/notify.ts';

export interface Notice {
  v: 1;
  id: string;
  seq: number;
  time: string;
  type: Alert['type'];
  severity: Alert['severity'];
  simulated: boolean;
  count: number;
  kind: Kind | null;
  confidence: 'certain' | 'likely' | 'possible' | null;
  phone: { model: string | null; id?: string };
  case: { id: string; phase: string | null } | null;
  destination: {
    host: string;
    /** The phone named no host: the name it last looked this address up by. */
    guessed?: true;
    country: string | null;
    owner: string | null;
    ownerCountry: string | null;
  } | null;
  encrypted: boolean | null;
  title: string;
  text: string;
  /** Only where the receiver may have it. */
  alert?: Alert;
}

type Language = Receiver['language'];

export function noticeOf(alert: Alert, { language, personal }: Pick<Receiver, 'language' | 'personal'>): Notice {
  const { id, seq, time, type, severity, simulated, count, identifier, destination, flow } = alert;
  const isOpen = personal === 'masked';
  const phase = alert.case?.phase ?? null;
  const told = isOpen || isUsualPhase(phase) ? phase : null;
  const notice: Omit<Notice, 'title' | 'text'> = {
    v: 1,
    id,
    seq,
    time,
    type,
    severity,
    simulated,
    count,
    kind: identifier?.kind ?? null,
    confidence: identifier?.confidence ?? null,
    phone: { model: said(alert.device.model), ...(isOpen ? { id: clean(alert.device.id) } : {}) },
    case: alert.case && { id: alert.case.id, phase: said(told) },
    destination: destination && {
      host: clean(destination.host),
      ...(destination.guessed ? { guessed: true as const } : {}),
      country: destination.location.country,
      owner: said(destination.owner.name),
      ownerCountry: destination.owner.country,
    },
    encrypted: flow?.encrypted ?? null,
    ...(isOpen ? { alert } : {}),
  };
  const say = wordsIn(language);
  return { ...notice, title: titleOf(notice, say, language), text: textOf(notice, alert, say, language) };
}

/** What a test sends: nothing of any phone. */
export function testNotice(id: string, time: string, language: Language): Notice {
  const say = wordsIn(language);
  return {
    v: 1,
    id,
    seq: 0,
    time,
    type: 'system',
    severity: 'info',
    simulated: true,
    count: 1,
    kind: null,
    confidence: null,
    phone: { model: null },
    case: null,
    destination: null,
    encrypted: null,
    title: say('test'),
    text: say('test'),
  };
}

export type Say = (key: NotifyKey, values?: Record<string, string | number>) => string;

export function wordsIn(language: Language): Say {
  const catalogue: Record<NotifyKey, string> = language === 'vi' ? NOTIFY_VI : NOTIFY_EN;
  return (key, values = {}) => filled(catalogue[key], values, language);
}

const said = (text: string | null): string | null => (text === null ? null : clean(text));
const isUsualPhase = (phase: string | null): boolean => phase !== null && Object.hasOwn(NOTIFY_EN, `phase.${phase}`);

function titleOf(notice: Omit<Notice, 'title' | 'text'>, say: Say, language: Language): string {
  const { severity, type, kind, destination } = notice;
  const noun = kind === null || type !== 'leak' ? say(`type.${type}`) : nounOf(kind, language);
  const values = { severity: say(`severity.${severity}`), what: noun };
  if (!destination) return say('title', values);
  return say('title-to', { ...values, receiver: destination.owner ?? hostIn(destination, say) });
}

const nounOf = (kind: Kind, language: Language): string => (language === 'vi' ? KINDS_VI[kind] : KIND_FACTS[kind].noun);

function textOf(notice: Omit<Notice, 'title' | 'text'>, alert: Alert, say: Say, language: Language): string {
  const { destination, phone, confidence, encrypted, id, time } = notice;
  const phase = notice.case?.phase ?? null;
  const isOpen = notice.alert !== undefined;
  const lines = [
    titleOf(notice, say, language),
    notice.simulated && say('simulated'),
    // Written in English, and it names the phone.
    isOpen && language === 'en' && clean(alert.message),
    phone.id === undefined
      ? phone.model && say('phone', { phone: phone.model })
      : alert.device.id !== 'lab' && say('phone-id', { phone: phone.model ?? '–', id: phone.id }),
    isOpen && alert.identifier && say('value', { value: clean(alert.identifier.masked) }),
    confidence && say('certainty', { certainty: say(`certainty.${confidence}`) }),
    destination && serverLine(destination, say, language),
    destination?.owner && ownerLine(destination, say, language),
    notice.type === 'leak' && encrypted !== null && say(encrypted ? 'encrypted' : 'clear'),
    phase && say('phase', { phase: isUsualPhase(phase) ? say(`phase.${phase}` as NotifyKey) : phase }),
    say('alert', { id, time }),
    !isOpen && say('more-in-lab'),
  ];
  return lines.filter((line) => typeof line === 'string' && line !== '').join('\n');
}

type Destination = NonNullable<Notice['destination']>;

const hostIn = ({ host, guessed }: Destination, say: Say): string => (guessed ? say('probably', { host }) : host);

function serverLine(destination: Destination, say: Say, language: Language): string {
  const { country } = destination;
  const host = hostIn(destination, say);
  return country === null ? say('server', { host }) : say('server-in', { host, country: nameOf(country, language) });
}

function ownerLine({ owner, ownerCountry }: Destination, say: Say, language: Language): string {
  const name = { owner: owner ?? '' };
  return ownerCountry === null
    ? say('owner', name)
    : say('owner-of', { ...name, country: nameOf(ownerCountry, language) });
}

function nameOf(code: string, language: Language): string {
  try {
    return new Intl.DisplayNames([language], { type: 'region', fallback: 'code' }).of(code) ?? code;
  } catch {
    return code;
  }
}
