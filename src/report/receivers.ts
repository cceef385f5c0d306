/** What left and to whom, in words: company, place of the server and network stay three facts. */
import type { Alert } from '../model/alert.ts';
import { shown } from './document.ts';
import type { Words } from './words.ts';

/** Named in one sentence or cell. */
export const MAX_NAMED = 4;

export const kindOf = ({ identifier }: Alert, { say }: Words): string =>
  identifier ? say(`kind.${identifier.kind}`) : '';

export const hostOf = ({ destination }: Alert): string => shown(destination?.host ?? '');

/** Anybody on the way could read it. */
export const isClear = ({ flow, evidence }: Alert): boolean =>
  flow?.encrypted === false || evidence?.where === 'sni' || evidence?.where === 'dns';

/** The company, or the name of the server, and its country. */
export function receiverOf({ destination }: Alert, { country }: Words): string {
  if (destination === null) return '';
  const { owner, location, host } = destination;
  const home = owner.country ?? location.country;
  return `${shown(owner.name ?? host)}${home ? ` (${country(home)})` : ''}`;
}

export function countries(company: string | null, server: string | null, { say, country }: Words): string {
  const parts = [
    company ? say('country.company', { country: country(company) }) : '',
    server ? say('country.server', { country: country(server) }) : '',
  ];
  return parts.filter(Boolean).join('; ');
}

/** `a, b, c, d (+3)`. */
export function named(texts: readonly string[]): string {
  const more = texts.length > MAX_NAMED ? ` (+${texts.length - MAX_NAMED})` : '';
  return `${texts.slice(0, MAX_NAMED).join(', ')}${more}`;
}
