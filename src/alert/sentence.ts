/**
 * The one plain sentence of an alert, for somebody behind a shop counter: what left, from which phone, to whom,
 * whether strangers can read it, and when. Never a value; receiver names come in already masked.
 */
import { digestText } from '../formats/digest-name.ts';
import type { AlertDevice, AlertFlow } from '../model/alert.ts';
import type { Evidence, Identifier } from '../model/identifier.ts';
import { type Text, type TextValue, text } from '../model/text.ts';

export interface LeakWords {
  device: AlertDevice;
  identifier: Identifier;
  evidence: Evidence;
  flow: AlertFlow;
  /** As `nameReceiver` writes it. */
  receiver: TextValue;
  clear: boolean;
  phase: string | null;
  /** Further values of the same place share this alert. */
  crowded: boolean;
}

export function nameDevice(device: AlertDevice): string {
  return device.model ?? device.id;
}

export function writeLeak(words: LeakWords): Text {
  const { identifier, evidence, receiver } = words;
  const phone = nameDevice(words.device);
  const end = { when: when(words.phase), protection: protection(words) };
  if (identifier.kind === 'opaque') return text('leak.opaque', { phone, receiver, ...end });
  const kind = text(`kind.${identifier.kind}`);
  const what = words.crowded ? text('leak.further', { kind }) : text(`leak.${identifier.confidence}`, { kind, phone });
  const way = text(evidence.direction === 'response' ? 'leak.returned' : 'leak.sent', { receiver });
  return text('leak', { what, way, spelling: spelling(evidence), ...end });
}

function when(phase: string | null): TextValue {
  if (phase === null) return '';
  return phase === 'before-consent' ? text('leak.before-consent') : text('leak.in-phase', { phase });
}

function protection(words: LeakWords): Text {
  const { where } = words.evidence;
  if (where === 'dns' || where === 'sni') return text(`leak.in-${where}`);
  if (!words.clear) return text('leak.encrypted');
  return words.identifier.kind === 'opaque' ? text('leak.without-tls') : text('leak.clear');
}

/** Layers every web request has (JSON, forms) say nothing to a layman; others do, innermost first: ` packed as gzip in base64`. */
function spelling(evidence: Evidence): TextValue {
  if (evidence.hash !== null) return text('leak.as-hash', { hash: digestText(evidence.hash) });
  const names = evidence.decoding.map((layer) => layer.split(':', 1)[0] ?? layer);
  const unusual = names.filter((name) => !ORDINARY.includes(name)).toReversed();
  if (unusual.length === 0) return '';
  return text('leak.packed', {
    layers: unusual.reduce<TextValue>(
      (inner, outer) => (inner === '' ? outer : text('leak.layer-in', { inner, outer })),
      '',
    ),
  });
}

const ORDINARY = ['json', 'form', 'percent', 'multipart', 'xml', 'csv'];
