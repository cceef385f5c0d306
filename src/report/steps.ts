/** One example of a finding, from the connection to the value, so that a stranger can follow. */
import type { Alert } from '../model/alert.ts';
import { shown } from './document.ts';
import type { Words } from './words.ts';

export function stepsOf(
  { identifier, evidence, flow, destination }: Alert,
  { say }: Words,
  revealed: { value: string; seen: string; window: Buffer } | null,
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
    ...evidence.decoding.map((layer) => say('step.layer', { layer: shown(layer) })),
    ...(evidence.hash === null ? [] : [say('step.hash', { hash: shown(evidence.hash) })]),
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
