/** Facts of a server's certificate, read from the peer certificate of a TLS socket. Pure; odd fields become null. */
import type { PeerCertificate } from 'node:tls';
import type { ServerCertificate } from '../model/flow.ts';

/** `problem` is the OpenSSL reason it does not verify, or null. */
export function certificateFacts(peer: PeerCertificate, problem: string | null): ServerCertificate {
  const names = new Set<string>();
  for (const name of splitAltNames(peer.subjectaltname ?? '')) names.add(name);
  const common = text(peer.subject?.CN);
  if (common) names.add(common);
  const until = Date.parse(peer.valid_to ?? '');
  return {
    names: [...names].slice(0, MAX_NAMES),
    organization: text(peer.subject?.O),
    country: text(peer.subject?.C),
    issuer: text(peer.issuer?.O) ?? text(peer.issuer?.CN),
    validTo: Number.isNaN(until) ? null : new Date(until).toISOString(),
    problem,
  };
}

/** Some shared-hosting certificates list hundreds. */
const MAX_NAMES = 100;

/** A repeated field is a list: the first one is the most specific by custom. */
function text(value: string | string[] | undefined): string | null {
  const first = Array.isArray(value) ? value[0] : value;
  return first ? first : null;
}

/** `DNS:a, IP Address:1.2.3.4`; Node quotes names that hold commas. Other kinds (URI, email) are no server names. */
function splitAltNames(list: string): string[] {
  return [...list.matchAll(/(?:^|, )(?:DNS|IP Address):(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g)].map(
    (match) => match[1] ?? match[2]!.trim(),
  );
}
