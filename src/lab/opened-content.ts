/** Kept bytes opened for people: in the searching thread, with the values of the phone and of its alerts to be marked. */
import type { ContentSide } from '../formats/flow-content.ts';
import type { Device } from '../model/device.ts';
import type { FlowRecord } from '../model/flow.ts';
import type { Opened } from '../model/opened.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import type { LiveDependencies } from '../sinks/live/dependencies.ts';
import type { Searching } from './searching.ts';

/** More is opened only as far as this. */
const MOST_BYTES = 1 << 20;
const MOST_ALERTS = 20;

export interface OpeningOptions {
  content: Pick<LiveDependencies, 'content' | 'contentPart'>;
  evidence: Pick<EvidenceStore, 'alerts' | 'reveal'>;
  deviceOf: (id: string | null) => Device | null;
  now: () => number;
  open: Searching['open'];
}

export async function openKept(
  { content, evidence, deviceOf, now, open }: OpeningOptions,
  flow: FlowRecord,
  side: ContentSide,
  who: string,
): Promise<Opened | null> {
  const part = content.contentPart(flow, side, 0, MOST_BYTES);
  if (part === null) return null;
  const time = new Date(now()).toISOString();
  const secrets = evidence
    .alerts({ flow: flow.id, limit: MOST_ALERTS })
    .map(({ id }) => evidence.reveal(id, { who, time }))
    .flatMap((revealed) => (revealed.ok ? [revealed.secret.value, revealed.secret.seen] : []));
  const layers = await open(Buffer.from(part.bytes, 'base64'), {
    ...headOf(content.content(flow, true), side),
    values: [...valuesOf(deviceOf(flow.deviceId)), ...secrets],
  });
  return { layers, isWhole: part.from === 0 && part.next === null };
}

/** What the head says of a body. */
function headOf(kept: ReturnType<LiveDependencies['content']>, side: ContentSide) {
  const exchange = 'exchange' in side ? kept.exchanges.find((one) => one.exchange === side.exchange) : undefined;
  const headers = (side.side === 'response' ? exchange?.response : exchange?.request)?.headers ?? [];
  const field = (name: string): string => headers.find(([given]) => given.toLowerCase() === name)?.[1] ?? '';
  return { contentType: field('content-type'), encoding: field('content-encoding') };
}

/** As they were registered. */
function valuesOf(device: Device | null): string[] {
  if (device === null) return [];
  const { contacts, messages, searches = [], visited = [], clipboard = [] } = device.canaries;
  const texts = Object.values(device.identifiers)
    .flat()
    .filter((value) => typeof value === 'string');
  return [
    ...texts,
    ...contacts.flatMap(({ name, phone }) => [name, phone]),
    ...messages,
    ...searches,
    ...visited,
    ...clipboard,
  ];
}
