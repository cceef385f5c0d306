/**
 * The one plain sentence of an alert, for somebody behind a shop counter: what left, from which phone, to whom,
 * whether strangers can read it, and when. Never a value; receiver names come in already masked.
 */
import type { AlertDevice, AlertFlow } from '../model/alert.ts';
import type { Evidence, Identifier } from '../model/identifier.ts';
import { KIND_FACTS } from './kind-facts.ts';

export interface LeakWords {
  device: AlertDevice;
  identifier: Identifier;
  evidence: Evidence;
  flow: AlertFlow;
  /** As `nameReceiver` writes it. */
  receiver: string;
  clear: boolean;
  phase: string | null;
  /** Further values of the same place share this alert. */
  crowded: boolean;
}

export function nameDevice(device: AlertDevice): string {
  return device.model ?? device.id;
}

export function writeLeak(words: LeakWords): string {
  const { identifier, evidence, receiver } = words;
  const phone = nameDevice(words.device);
  const end = `${when(words.phase)}${protection(words)}.`;
  if (identifier.kind === 'opaque') {
    return `${phone} sent data that nobody could read to ${receiver}${end} What it says is unknown.`;
  }
  const noun = KIND_FACTS[identifier.kind].noun;
  const what = words.crowded
    ? `More of the same (${noun})`
    : identifier.confidence === 'certain'
      ? `The ${noun} of ${phone}`
      : `${identifier.confidence === 'likely' ? 'Probably' : 'Possibly'} the ${noun} of ${phone}`;
  const way = evidence.direction === 'response' ? `was sent back by ${receiver}` : `went to ${receiver}`;
  return `${what} ${way}${spelling(evidence)}${end}`;
}

function when(phase: string | null): string {
  if (phase === null) return '';
  return phase === 'before-consent' ? ' before consent was given' : ` (phase: ${phase})`;
}

function protection(words: LeakWords): string {
  if (words.evidence.where === 'dns') return ', inside a DNS name that anyone on the path can read';
  if (words.evidence.where === 'sni') return ', inside a server name that anyone on the path can read';
  if (!words.clear) return ', encrypted on the way';
  return words.identifier.kind === 'opaque' ? ', without TLS' : ', unencrypted: anyone on the path can read it';
}

/** Layers every web request has (JSON, forms) say nothing to a layman; others do, innermost first: ` packed as gzip in base64`. */
function spelling(evidence: Evidence): string {
  if (evidence.hash !== null) return ` as a hash (${evidence.hash})`;
  const names = evidence.decoding.map((layer) => layer.split(':', 1)[0] ?? layer);
  const unusual = names.filter((name) => !ORDINARY.includes(name)).toReversed();
  return unusual.length === 0 ? '' : ` packed as ${unusual.join(' in ')}`;
}

const ORDINARY = ['json', 'form', 'percent', 'multipart', 'xml', 'csv'];
