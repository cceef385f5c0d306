/** What a lab found as a sentence, in the words in which that lab says it itself. A phone is called by its model. */
import type { HubAlert } from '../../../src/model/hub.ts';
import { type Text, text } from '../../../src/model/text.ts';
import { country, said, t } from '../words.ts';

export const phoneOf = ({ name, model }: Pick<HubAlert, 'name' | 'model'>): string =>
  name ?? model ?? t('findings.some-phone');

/** `Umeng (China)`; the server's name where nobody knows whose it is. */
export function receiverOf({ company, companyCountry, country: server, host }: HubAlert): string {
  const name = company || host || t('alert.unknown');
  const place = country(company ? (companyCountry ?? server) : server);
  return place ? `${name} (${place})` : name;
}

export function sentenceOf(alert: HubAlert): string {
  const { type, kind, confidence, direction } = alert;
  const phone = phoneOf(alert);
  const receiver = receiverOf(alert);
  // Without its direction it is not known that it left.
  if (kind === null || direction === null || direction === undefined)
    return t('findings.other', { phone, what: t(`type.${type}`), receiver });
  const end = { when: whenOf(alert), protection: protectionOf(alert) };
  if (kind === 'opaque') return say(text('leak.opaque', { phone, receiver, ...end }));
  const what = text(`leak.${confidence ?? 'possible'}`, { kind: text(`kind.${kind}`), phone });
  const way = text(direction === 'response' ? 'leak.returned' : 'leak.sent', { receiver });
  const spelling = alert.hashed === null ? '' : text('leak.as-hash', { hash: alert.hashed });
  return say(text('leak', { what, way, spelling, ...end }));
}

const say = (sentence: Text): string => said(sentence, '');

function whenOf({ phase }: HubAlert): Text | '' {
  if (phase === null) return '';
  return phase === 'before-consent' ? text('leak.before-consent') : text('leak.in-phase', { phase });
}

function protectionOf({ where, encrypted, kind }: HubAlert): Text {
  if (where === 'dns' || where === 'sni') return text(`leak.in-${where}`);
  if (encrypted) return text('leak.encrypted');
  return text(kind === 'opaque' ? 'leak.without-tls' : 'leak.clear');
}
