/**
 * Turns flow events into one record per flow and writes the records in batches, so that a thousand connections a second
 * cost a few transactions. Bounded: past `maxQueued` waiting records the newest are dropped and counted; a record that
 * is already waiting is replaced by its newer version, never queued twice. Written twice per flow: soon after it
 * opened, and after it closed. Host names are masked by the caller's function before they touch a disk.
 */

import { say } from '../../formats/say.ts';
import type { ContentNote } from '../../model/content.ts';
import type { DestinationFacts } from '../../model/destination.ts';
import type { Flow, FlowEvent } from '../../model/flow.ts';
import type { InspectEvent } from '../../model/identifier.ts';
import type { Text } from '../../model/text.ts';
import type { FlowRecord, Stored } from './store.ts';

export interface FlowLogOptions {
  write: (flows: readonly FlowRecord[]) => Stored;
  maskHost: (host: string, deviceId: string | null) => string;
  /** Name of the app or SDK that probably sent this exchange, or opened the flow; null: nothing tells. */
  appOf?: (flow: Flow, exchange: number | null) => string | null;
  /** A record is about 1.5 KB: 10,000 are 15 MB while the disk stands still. */
  maxQueued?: number;
  /** Longest wait before a batch is written. */
  delayMs?: number;
  /** Told once when writing begins to fail and once when it works again. */
  onTrouble?: (result: Stored) => void;
  /** How much of its content was kept, of a flow that closes. */
  contentOf?: (flowId: string, relayedBytes: number) => ContentNote;
}

export interface FlowLog {
  consume(event: FlowEvent, facts: DestinationFacts | null): void;
  inspected(event: InspectEvent): void;
  /** Writes nothing of a phone's connections any more. */
  forget(deviceId: string): void;
  /** Writes what waits, a bounded batch at a time. */
  flush(): void;
  /** Flows open now, and records that were lost because the queue was full. */
  stats(): { open: number; queued: number; dropped: number };
  close(): void;
}

/** One transaction of this many records takes about 5 ms: the relay must not wait longer. */
const BATCH = 200;
const MAX_REASONS = 8;

export function createFlowLog(options: FlowLogOptions): FlowLog {
  const {
    write,
    maskHost,
    appOf = () => null,
    maxQueued = 10_000,
    delayMs = 250,
    onTrouble = () => {},
    contentOf,
  } = options;
  const open = new Map<string, FlowRecord>();
  /** Of the open ones: what tells their app. */
  const senders = new Map<string, { flow: Flow; exchange: number | null }>();
  const queue = new Map<string, FlowRecord>();
  let dropped = 0;
  let failing = false;
  let timer: NodeJS.Timeout | null = null;

  function enqueue(record: FlowRecord): void {
    if (!queue.has(record.id) && queue.size >= maxQueued) dropped++;
    else queue.set(record.id, record);
    timer ??= setTimeout(writeBatch, delayMs).unref();
  }

  function writeBatch(): boolean {
    timer = null;
    const batch = [...queue.values()].slice(0, BATCH);
    if (batch.length === 0) return true;
    const result = write(batch);
    if (result.ok) for (const { id } of batch) queue.delete(id);
    if (result.ok === failing) {
      failing = !result.ok;
      onTrouble(result);
    }
    if (queue.size > 0) timer = setTimeout(writeBatch, result.ok ? 0 : 1000).unref();
    return result.ok;
  }

  function notSeen(flowId: string, { reason, text }: { reason: string; text: Text }): void {
    const record = open.get(flowId);
    if (!record || record.notSeen.includes(reason) || record.notSeen.length >= MAX_REASONS) return;
    record.notSeen.push(reason);
    record.notSeenTexts?.push(text);
  }

  return {
    consume(event, facts) {
      if (event.type === 'flow-opened') {
        const record = begin(event.flow, facts, maskHost);
        open.set(record.id, record);
        senders.set(record.id, { flow: event.flow, exchange: null });
        enqueue(record);
        return;
      }
      const record = open.get(event.flowId);
      if (record === undefined) return;
      note(record, event, facts, notSeen);
      const sender = senders.get(event.flowId);
      if (event.type === 'request-head' && sender) sender.exchange = event.exchange;
      if (event.type !== 'flow-closed') return;
      if (sender) record.app = appOf(sender.flow, sender.exchange) ?? appOf(sender.flow, null);
      senders.delete(event.flowId);
      open.delete(event.flowId);
      if (contentOf) record.content = contentOf(event.flowId, event.bytesUp + event.bytesDown);
      enqueue(record);
    },
    inspected(event) {
      if (event.type === 'partially-scanned') notSeen(event.flowId, event);
      else {
        const record = open.get(event.finding.evidence.flow);
        if (record) record.findings++;
      }
    },
    forget(deviceId) {
      for (const records of [open, queue])
        for (const [id, record] of records) {
          if ((record.deviceId ?? record.client.ip) !== deviceId) continue;
          records.delete(id);
          senders.delete(id);
        }
    },
    flush() {
      while (queue.size > 0) {
        if (timer !== null) clearTimeout(timer);
        if (!writeBatch()) return;
      }
    },
    stats: () => ({ open: open.size, queued: queue.size, dropped }),
    close() {
      this.flush();
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

function begin(flow: Flow, facts: DestinationFacts | null, maskHost: FlowLogOptions['maskHost']): FlowRecord {
  const { id, openedAt, deviceId, client, engine, arrival, treatment, treatmentReason, passCause } = flow;
  const host = maskHost(flow.destination.host, deviceId);
  const sni = flow.hello?.sni ?? null;
  return {
    id,
    openedAt,
    closedAt: null,
    deviceId,
    client,
    engine,
    arrival,
    treatment,
    treatmentReason: treatmentReason && say(treatmentReason),
    ...(treatmentReason && { treatmentReasonText: treatmentReason }),
    passCause: passCause ?? null,
    destination: { ...flow.destination, host },
    facts,
    encrypted: flow.encrypted,
    intercepted: flow.intercepted,
    simulated: flow.simulated,
    hello: flow.hello === null ? null : { ...flow.hello, sni: sni === null ? null : maskHost(sni, deviceId) },
    tls: null,
    certificate: null,
    protocol: flow.protocol ?? null,
    requests: 0,
    findings: 0,
    notSeen: [],
    notSeenTexts: [],
    reason: null,
    detail: null,
    bytesUp: 0,
    bytesDown: 0,
  };
}

function note(
  record: FlowRecord,
  event: Exclude<FlowEvent, { type: 'flow-opened' }>,
  facts: DestinationFacts | null,
  notSeen: (flowId: string, why: { reason: string; text: Text }) => void,
): void {
  switch (event.type) {
    case 'tls-established':
      record.tls = { alpn: event.alpn, version: event.version, cipher: event.cipher };
      record.certificate = event.certificate ?? record.certificate;
      return;
    case 'request-head':
      record.protocol = event.protocol;
      record.requests++;
      return;
    case 'response-head':
      record.clock = clockOf(event.headers, event.time) ?? record.clock;
      return;
    case 'upgraded':
      record.protocol = event.protocol;
      return;
    case 'unreadable':
      notSeen(event.flowId, event);
      return;
    case 'flow-closed':
      record.facts = facts ?? record.facts;
      record.closedAt = event.time;
      record.reason = event.reason;
      record.detail = event.detail && say(event.detail);
      if (event.detail) record.detailText = event.detail;
      record.bytesUp = event.bytesUp;
      record.bytesDown = event.bytesDown;
      return;
  }
}

/** How far the lab's clock is ahead of the server's, in seconds (RFC 9110 6.6.1); an answer out of a cache has an old date. */
function clockOf(headers: readonly [string, string][], time: number): number | undefined {
  const header = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const date = Date.parse(header('date') ?? '');
  return Number.isNaN(date) || header('age') !== undefined ? undefined : (time - date) / 1000;
}
