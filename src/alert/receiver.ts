/**
 * Who is at the other end, as the policy and a sentence need it: abroad, first party, watched, and how to call them.
 * Server place, network and owner stay three facts (an anycast address has no country; a network's country is where it
 * is registered): a receiver is watched when any of the three is.
 */
import type { DestinationFacts } from '../model/destination.ts';
import type { Destination } from '../model/flow.ts';
import { type TextValue, text } from '../model/text.ts';
import type { AlertPolicy } from './policy.ts';

export const UNKNOWN_FACTS: DestinationFacts = {
  location: { country: null, confidence: 'none', votes: [], note: null },
  network: { asn: null, org: null, country: null },
  owner: { name: null, country: null, kind: null, evidence: 'unknown', parent: null },
};

/**
 * A word of the model's name → words found in the names of companies that make or run such phones.
 * Sources: the brands' own imprints; a joint owner (BBK) is not listed, only the company that runs the service.
 */
const MAKERS: Record<string, readonly string[]> = {
  nokia: ['hmd', 'nokia'],
  hmd: ['hmd'],
  wiko: ['wiko'],
  tinno: ['tinno'],
  xiaomi: ['xiaomi'],
  redmi: ['xiaomi'],
  poco: ['xiaomi'],
  mi: ['xiaomi'],
  oneplus: ['oneplus', 'oppo'],
  oppo: ['oppo', 'heytap'],
  realme: ['realme', 'oppo', 'heytap'],
  vivo: ['vivo'],
  iqoo: ['vivo'],
  huawei: ['huawei'],
  honor: ['honor'],
  samsung: ['samsung'],
  galaxy: ['samsung'],
  google: ['google'],
  pixel: ['google'],
  iphone: ['apple'],
  ipad: ['apple'],
  apple: ['apple'],
  motorola: ['motorola', 'lenovo'],
  moto: ['motorola', 'lenovo'],
  lenovo: ['lenovo'],
  sony: ['sony'],
  xperia: ['sony'],
  asus: ['asus'],
  zte: ['zte'],
  nubia: ['zte', 'nubia'],
  tcl: ['tcl'],
  alcatel: ['tcl'],
  tecno: ['tecno', 'transsion'],
  infinix: ['infinix', 'transsion'],
  itel: ['itel', 'transsion'],
  meizu: ['meizu'],
  fairphone: ['fairphone'],
};

/** True when the owner's name holds the maker's: whole words, any case. */
export function isFirstParty(model: string | null, facts: DestinationFacts): boolean {
  if (model === null || facts.owner.name === null) return false;
  const owner = ` ${facts.owner.name.toLowerCase().replace(/[^a-z0-9]+/g, ' ')} `;
  return model
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => Object.hasOwn(MAKERS, word) && MAKERS[word]?.some((maker) => owner.includes(` ${maker} `)));
}

/** True when server or owner are known to be elsewhere; with no home country every known country is abroad. */
export function isAbroad(policy: AlertPolicy, facts: DestinationFacts): boolean {
  return [facts.location.country, facts.owner.country].some(
    (country) => country !== null && country !== policy.homeCountry,
  );
}

export function isWatched(policy: AlertPolicy, facts: DestinationFacts): boolean {
  const countries = [facts.location.country, facts.network.country, facts.owner.country];
  if (countries.some((country) => country !== null && policy.watchedCountries.includes(country))) return true;
  const names = `${facts.owner.name ?? ''}\n${facts.owner.parent ?? ''}`.toLowerCase();
  return policy.watchedOwners.some((watched) => watched !== '' && names.includes(watched.toLowerCase()));
}

/**
 * `China Telecom (China; server in Hong Kong)`, `zzhc.vnet.cn (server in China)`, `198.51.100.7`; with `probably` before it where
 * the phone did not name it on this connection.
 */
export function nameReceiver(destination: Destination, facts: DestinationFacts): TextValue {
  const receiver = receiverOf(destination, facts);
  return destination.guessed ? text('receiver.probably', { receiver }) : receiver;
}

function receiverOf(destination: Destination, facts: DestinationFacts): TextValue {
  const { owner, location } = facts;
  const server = location.country;
  if (owner.name === null)
    return server === null ? destination.host : text('receiver.in', { name: destination.host, server });
  const home = owner.country;
  const { name } = owner;
  if (server === null || server === home) return home === null ? name : text('receiver.of', { name, home });
  return home === null ? text('receiver.in', { name, server }) : text('receiver.of-in', { name, home, server });
}
