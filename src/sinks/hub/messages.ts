/** Stored records as messages of the stream: each content with the links of the chain since the one before it. */
import type { ChainRun, ChainSignature, HubEvent, HubHeartbeat, HubKind } from '../../model/hub.ts';
import { type Content, contentOf, type Disclosure } from './content.ts';
import type { StoredRecord } from './reader.ts';

export interface Sender {
  organisation: string;
  lab: string;
}

export interface HubMessage {
  subject: string;
  /** The stream removes what comes twice within its window. */
  id: string;
  bytes: Uint8Array;
}

/** Links without content that one message may carry: some 100 bytes each. */
const MAX_LINKS = 500;

export interface Stretch {
  /** Of the chain as the hub is to know it. */
  history: string;
  /** Hash of the record before the first, hex. */
  before: string;
  records: readonly StoredRecord[];
}

/**
 * @param maxBytes what the broker takes; a content above it stays in the shop, its link goes
 * @param time ISO 8601
 * @param key with which the lab signs, as it is sent; null: no signature goes along
 */
export function messagesOf(
  { history, before, records }: Stretch,
  sender: Sender,
  disclosure: Disclosure,
  { maxBytes, time, key }: { maxBytes: number; time: string; key: string | null },
): HubMessage[] {
  const messages: HubMessage[] = [];
  let previous = before;
  let links: StoredRecord[] = [];
  const emit = (said: Content | null): void => {
    const last = links.at(-1);
    if (last === undefined) return;
    const chain: ChainRun = {
      history,
      first: (links[0] as StoredRecord).position,
      before: previous,
      links: links.map(({ type, replaces, commitment }) => [type, replaces, commitment]),
      hash: last.hash,
    };
    const id = `${sender.lab}/${history}/${last.position}`;
    const signed = key !== null && last.signed ? { key, ...last.signed } : undefined;
    const say = (kind: HubKind, content: unknown) => messageOf(sender, id, kind, time, { chain, content, signed });
    const message = say(said?.kind ?? 'chain', said?.content ?? null);
    messages.push(said !== null && message.bytes.length > maxBytes ? say('chain', null) : message);
    previous = last.hash;
    links = [];
  };
  for (const record of records) {
    links.push(record);
    const said = contentOf(record, disclosure);
    if (said !== null || links.length >= MAX_LINKS || (key !== null && record.signed)) emit(said);
  }
  emit(null);
  return messages;
}

/** Says that the lab is there, and how far it has come. @param time ISO 8601 */
export const heartbeatOf = (sender: Sender, heartbeat: HubHeartbeat, time: string): HubMessage =>
  messageOf(sender, `${sender.lab}/heartbeat/${time}`, 'heartbeat', time, { chain: null, content: heartbeat });

function messageOf(
  { organisation, lab }: Sender,
  id: string,
  kind: HubKind,
  time: string,
  data: { chain: ChainRun | null; content: unknown; signed?: ChainSignature | undefined },
): HubMessage {
  const event: HubEvent = {
    specversion: '1.0',
    id,
    source: `/phonehome/${organisation}/${lab}`,
    type: `phonehome.${kind}.v1`,
    time,
    datacontenttype: 'application/json',
    data,
  };
  return { subject: `phonehome.${organisation}.${lab}.${kind}`, id, bytes: Buffer.from(JSON.stringify(event)) };
}
