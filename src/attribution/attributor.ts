/**
 * Which app or SDK probably sent a request, by what it says about itself. Pure.
 * Promise: evidence with its reason, never proof; of several hints the one that names most wins: a package name before
 * an SDK, an SDK before the library that made the request, that before a TLS fingerprint.
 */
import { say } from '../formats/say.ts';
import type { Attribution } from '../model/attribution.ts';
import { type Text, text } from '../model/text.ts';
import type { Signature, Signatures } from './signatures.ts';

export interface Clues {
  /** Fields that may tell something: names in lower case. */
  headers: ReadonlyMap<string, string>;
  /** Name asked for: Host, SNI or CONNECT authority, without port. */
  host: string | null;
  ja4: string | null;
}

interface Hint {
  name: string;
  kind: Signature['kind'];
  reason: Text;
  evidence: string;
}

/** Longer ones are cut: no rule looks further. */
const MAX_VALUE = 512;
/** Larger is better; what names an app or an SDK is worth more than what names a library. */
const WORTH: Record<Signature['kind'], number> = { app: 4, sdk: 3, system: 3, browser: 2, library: 1 };

export function attribute(clues: Clues, signatures: Signatures): Attribution | null {
  const hints = [...fromHeaders(clues, signatures), ...fromAgent(clues, signatures), ...fromHost(clues, signatures)];
  if (hints.length === 0) hints.push(...fromJa4(clues, signatures));
  const best = hints.toSorted((a, b) => WORTH[b.kind] - WORTH[a.kind])[0];
  if (!best) return null;
  const sdk = best.kind === 'app' ? hints.find((hint) => hint.kind === 'sdk') : undefined;
  const told = sdk
    ? text('attribution.two', { reason: best.reason, sdk: sdk.reason })
    : text('attribution', { reason: best.reason });
  const reason = { reason: say(told), text: told };
  if (!sdk) return { name: best.name, ...reason, evidence: best.evidence };
  return {
    name: `${sdk.name} in ${best.name}`,
    ...reason,
    evidence: `${best.evidence}, ${sdk.evidence}`,
  };
}

function* fromHeaders({ headers }: Clues, signatures: Signatures): Generator<Hint> {
  for (const [field, list] of signatures.headers) {
    const value = headers.get(field);
    if (value === undefined) continue;
    for (const signature of list) {
      const name = nameGiven(signature, value);
      if (name === null) continue;
      const reason = signature.name.includes('$1')
        ? text('attribution.named', { field, name })
        : text('attribution.sent', { field, name });
      yield { name, kind: signature.kind, reason, evidence: `header:${field}` };
      break;
    }
  }
}

function* fromAgent({ headers }: Clues, signatures: Signatures): Generator<Hint> {
  const agent = headers.get('user-agent');
  if (agent === undefined) return;
  for (const signature of signatures.agents) {
    const name = nameGiven(signature, agent);
    if (name === null) continue;
    yield { name, kind: signature.kind, reason: text('attribution.agent'), evidence: 'header:user-agent' };
    return;
  }
}

function* fromHost({ host }: Clues, signatures: Signatures): Generator<Hint> {
  // From the whole name to its parents: what stands closest is meant.
  for (let name = host?.toLowerCase() ?? ''; name !== ''; ) {
    const found = signatures.hosts.get(name);
    if (found) {
      yield {
        name: found.name,
        kind: found.kind,
        reason: text('attribution.host', { host: name, name: found.name }),
        evidence: 'host',
      };
      return;
    }
    const dot = name.indexOf('.');
    name = dot < 0 ? '' : name.slice(dot + 1);
  }
}

function* fromJa4({ ja4 }: Clues, signatures: Signatures): Generator<Hint> {
  const found = ja4 === null ? undefined : signatures.ja4.get(ja4);
  if (found) yield { name: found.name, kind: found.kind, reason: text('attribution.ja4'), evidence: 'ja4' };
}

/** The name this value gives, or null. */
function nameGiven({ name, value }: Signature, text: string): string | null {
  if (value === null) return name;
  const match = value.exec(text.slice(0, MAX_VALUE));
  // No app is called by a number: what looks like one may be the phone's own.
  if (!match || /\d{8}/.test(match[1] ?? '')) return null;
  return name.replace('$1', () => match[1] ?? '');
}
