/**
 * Turns a request's address into one that may be shown: query values become `…`, path segments and host labels that
 * look like tokens or hold a known secret become `…`, ordinary words stay readable.
 * A segment is shown only when it looks like words, so an encoding nobody thought of is hidden by default.
 * What holds a secret is the detector's to say, about the text that is to be shown (`SecretTest`).
 */
import { isIP } from 'node:net';

const HIDDEN = '…';

/** Longer addresses are cut: nobody reads more, and an alert stays small. */
const MAX_URL_LENGTH = 512;
const MAX_QUERY_NAMES = 20;

export interface RequestHeadFacts {
  protocol: string;
  method: string;
  /** As on the wire: origin form, absolute form, authority form or `*`. */
  target: string;
  scheme: string;
  authority: string;
}

/** Says whether a text that is about to be shown holds a value: the detector's word. */
export interface SecretTest {
  /** Of a name: a host or one of its labels, a path, a locator. */
  holds(name: string): boolean;
  /** Of words for people. */
  tells(words: string): boolean;
}

const WORDS =
  /^(?:\d{1,3}|(?:[A-Z]{1,6}|[A-Z]?[a-z]+)(?:[A-Z][a-z]{2,}|[A-Z]{2,4}|(?:At|By|Id|In|Ip|No|Of|On|Os|To))*\d{0,3})$/;

/** Words, camel case, version numbers. At most three digits and 32 characters: no identifier fits into that. */
export function looksLikeWords(text: string): boolean {
  if (text.length > 32 || (text.match(/\d/g)?.length ?? 0) > 3) return false;
  if (/[bcdfghjklmnpqrstvwxz]{6}/i.test(text)) return false;
  return text.split(/[-_.~@:,]/).every((part) => part === '' || WORDS.test(part));
}

/** `hiddenSegment`: index of the path segment the finding stands in, if any; `inName`: it stands in the host name. */
export function maskUrl(
  head: RequestHeadFacts,
  secrets: SecretTest,
  hiddenSegment: number | null,
  inName: boolean,
): string {
  if (head.target === '*') return `${head.scheme}://${maskAuthority(head.authority, secrets, inName)}`;
  const absolute = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(head.target);
  const scheme = absolute?.[1]?.toLowerCase() ?? head.scheme;
  const authority = absolute?.[2] ?? head.authority;
  const rest = absolute?.[3] ?? (head.target.startsWith('/') ? head.target : '');
  const cut = rest.search(/[?#]/);
  const path = cut === -1 ? rest : rest.slice(0, cut);
  const query = cut === -1 || rest[cut] === '#' ? '' : (rest.slice(cut + 1).split('#', 1)[0] ?? '');
  const url = `${scheme}://${maskAuthority(authority, secrets, inName)}${maskPath(path || '/', secrets, hiddenSegment)}${maskQuery(query, secrets)}`;
  return url.length <= MAX_URL_LENGTH ? url : `${url.slice(0, MAX_URL_LENGTH - 1)}${HIDDEN}`;
}

function maskPath(path: string, secrets: SecretTest, hiddenSegment: number | null): string {
  const segments = path.slice(1).split('/');
  const masked = segments.map((segment, index) =>
    index !== hiddenSegment && looksLikeWords(segment) && !secrets.holds(segment) ? segment : HIDDEN,
  );
  // A value may be cut by the slashes themselves: then no segment is innocent.
  const shown = `/${masked.join('/')}`;
  return secrets.holds(shown) ? `/${HIDDEN}` : shown;
}

function maskQuery(query: string, secrets: SecretTest): string {
  if (query === '') return '';
  const pairs = query.split('&');
  const masked = pairs.slice(0, MAX_QUERY_NAMES).map((pair) => {
    const equals = pair.indexOf('=');
    const name = equals === -1 ? '' : pair.slice(0, equals);
    return name !== '' && looksLikeWords(name) && !secrets.holds(name) ? `${name}=${HIDDEN}` : HIDDEN;
  });
  if (pairs.length > MAX_QUERY_NAMES) masked.push(HIDDEN);
  const shown = masked.join('&');
  return `?${secrets.holds(shown) ? HIDDEN : shown}`;
}

function maskAuthority(authority: string, secrets: SecretTest, strict: boolean): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1); // a user name or password is nobody's business
  const port = /:\d{1,5}$/.exec(host)?.[0] ?? '';
  return `${maskHost(host.slice(0, host.length - port.length), secrets, strict)}${port}`;
}

/** `strict`: the finding stands in the name itself, so every label that is not plain words is hidden. */
export function maskHost(host: string, secrets: SecretTest, strict: boolean): string {
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) return host;
  const labels = host.split('.');
  const whole = secrets.holds(host);
  const masked = labels.map((label, index) => {
    if (secrets.holds(label) || /\d{10}/.test(label)) return HIDDEN;
    const registrable = index >= labels.length - 2;
    if (registrable || looksLikeWords(label)) return label;
    return strict || whole || label.length >= 16 ? HIDDEN : label;
  });
  const shown = masked.join('.');
  return whole && secrets.holds(shown) ? [HIDDEN, ...labels.slice(-2)].join('.') : shown;
}

/** A locator (`$.a[0].b`, `header:X-Imei`, `part:photo`) or a layer, without values used as keys or file names. */
export function maskLocator(locator: string, secrets: SecretTest): string {
  const shown = locator.replace(/[^.[\]:$ ]+/g, (token) => (isNamed(token, secrets) ? token : HIDDEN));
  return secrets.holds(shown) ? HIDDEN : shown;
}

/** False for a value, coded or not, that stands where a name should. */
function isNamed(token: string, secrets: SecretTest): boolean {
  const digits = token.match(/\d/g)?.length ?? 0;
  if (digits >= 8 || token.length > 48 || secrets.holds(token)) return false;
  return !looksCoded(token.replace(/^"|=*"?$/g, ''));
}

/** Letters and digits as thrown: names consist of words of three letters and more. */
function looksCoded(token: string): boolean {
  if (token.length < 12 || looksLikeWords(token) || !/[A-Z]/.test(token) || !/[a-z]/.test(token)) return false;
  const pieces = token.match(/[A-Z]?[a-z]+|[A-Z]+|\d+|[^A-Za-z\d]+/g) ?? [];
  return pieces.length * 2.5 > token.length;
}

/** A name somebody gave himself, in a certificate or a protocol list. */
export function maskText(text: string, secrets: SecretTest): string {
  return maskSentence(text, secrets).replace(/[^ ]*\d{10}[^ ]*/g, HIDDEN);
}

/** For sentences written elsewhere that promise to hold no value: checked all the same. */
export function maskSentence(text: string, secrets: SecretTest): string {
  if (!secrets.tells(text)) return text;
  const shown = text
    .split(' ')
    .map((word) => (secrets.tells(word) ? HIDDEN : word))
    .join(' ');
  return secrets.tells(shown) ? 'withheld: the explanation contained the value' : shown;
}
