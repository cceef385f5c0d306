/** One example of a finding, from the connection to the value, so that a stranger can follow. */
import { digestIn } from '../formats/digest-name.ts';
import type { Alert } from '../model/alert.ts';
import { shown } from './document.ts';
import type { Example } from './example.ts';
import type { Words } from './words.ts';

export function stepsOf(
  { identifier, evidence, flow, destination }: Alert,
  { say, language }: Words,
  revealed: { value: string; seen: string; window: Buffer } | null,
  example: Example | null,
): string[] {
  if (identifier === null || evidence === null) return [];
  const kind = say(`kind.${identifier.kind}`);
  const confidence = say(`confidence.${identifier.confidence}`);
  const request = [flow?.method, flow?.url].filter(Boolean).join(' ');
  const path = evidence.path === null ? '' : ` ${evidence.path}`;
  return [
    say('step.connection', {
      host: shown(destination?.host ?? say('step.empty')),
      port: destination?.port ?? say('step.empty'),
      ip: shown(destination?.ip ?? say('step.empty')),
      protection: say(flow?.encrypted ? 'step.encrypted' : 'step.clear'),
    }),
    ...(request === ''
      ? []
      : [say(evidence.direction === 'response' ? 'step.answer' : 'step.request', { request: shown(request) })]),
    say('step.where', { where: shown(`${say(`where.${evidence.where}`)}${path}`) }),
    ...layersOf(evidence.decoding, example, { say }),
    ...(evidence.hash === null ? [] : [say('step.hash', { hash: shown(digestIn(evidence.hash, language)) })]),
    ...(revealed === null
      ? [say('step.value', { value: shown(identifier.masked) })]
      : [
          say('step.around', { text: shown(revealed.window.toString('utf8'), 600) }),
          say('step.stood', { text: shown(revealed.seen) }),
          say('step.revealed', { value: shown(revealed.value) }),
        ]),
    say(identifier.known ? 'step.known' : 'step.shape', { kind, confidence }),
  ];
}

/** Each layer that was opened: with what stood there, where it was kept. */
function layersOf(decoding: readonly string[], example: Example | null, { say }: Pick<Words, 'say'>): string[] {
  if (example === null) return decoding.map((layer) => say('step.layer', { layer: shown(layer) }));
  const opened = example.layers.map(({ name, bytes, text }) => {
    const size = name === null ? say('step.wire', { bytes }) : say('step.opened', { layer: shown(name), bytes });
    return text === null ? size : `${size} ${say('step.text', { text: shown(text, 450) })}`;
  });
  // Those that could not be opened again here.
  return [...opened, ...example.rest.map((layer) => say('step.layer', { layer: shown(layer) }))];
}
