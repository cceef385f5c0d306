/**
 * Feeds the inventory from `conntrack`: its events, and every few seconds a dump of the table. Tells what goes past the
 * relay as flows that nobody read.
 * Promise: events that were lost (ENOBUFS, a restarted tool) are made up for by the next dump; a table that is full, a
 * kernel that does not count and a tool that cannot run are told as one line each, and again when it is over.
 */

import { readFileSync } from 'node:fs';
import { createLines } from '../../formats/lines.ts';
import type { EmitFlowEvent, Flow } from '../../model/flow.ts';
import { isSameText, type Text, text } from '../../model/text.ts';
import { lookedUp } from '../looked-up.ts';
import type * as tool from '../tool.ts';
import { keepRunning, type Prefix, streamTool } from '../tool.ts';
import type { Inventory, InventoryNotice, InventoryStats } from './inventory.ts';
import { parseLine, tcpAnsweredBy } from './line.ts';
import type { Relayed, RelayedStats } from './relayed.ts';

export interface InventoryWatchOptions {
  inventory: Inventory;
  relayed: Relayed;
  /** An address of this machine: TCP that it answers is the relay's. */
  isOwn: (ip: string) => boolean;
  prefix: Prefix;
  emit: EmitFlowEvent;
  newId: (time: number) => string;
  identify: (clientIp: string) => string | null;
  nameOf: (clientIp: string, address: string) => string | null;
  now: () => number;
  /** Of anything but the wall clock, which may jump. Default: since the process began. */
  uptimeMs?: () => number;
  onTrouble: (subject: string, trouble: Text | null) => void;
  intervalMs?: number;
  /** How full the kernel's table is, 0 to 1; null where the kernel does not say. */
  readTable?: () => number | null;
  run?: Pick<typeof tool, 'keepRunning' | 'streamTool'>;
}

export interface InventoryWatch {
  /** Reads the whole table now. */
  dump(): Promise<void>;
  stats(): InventoryStats & { lostEvents: number; relayed: RelayedStats };
  close(): Promise<void>;
}

/** Half of 16 MB are some 30,000 events: what a burst needs while the lab is busy elsewhere. */
const EVENTS = ['-E', '-e', 'NEW,DESTROY', '-o', 'timestamp,extended,id', '-b', '8388608'];
const DUMP = ['-L', '-o', 'extended,id'];
const TELL_MS = 500;
/** Share of the kernel's table above which newcomers are soon refused. */
const NEARLY_FULL = 0.95;

export function watchInventory(options: InventoryWatchOptions): InventoryWatch {
  const { inventory, relayed, isOwn, prefix, onTrouble, intervalMs = 5000 } = options;
  const { uptimeMs = () => performance.now(), readTable = readFill, run = { keepRunning, streamTool } } = options;
  const tellers = createTeller(options);
  const say = createSayer(onTrouble);
  let lostEvents = 0;
  let dumping: Promise<void> | null = null;
  let closed = false;

  const feed = () =>
    createLines((line) => {
      const answeredBy = tcpAnsweredBy(line);
      const isRelays = answeredBy !== null && isOwn(answeredBy);
      // The relay counts its own: of them only the end is compared.
      if (isRelays && !line.includes('[DESTROY]')) return;
      const parsed = parseLine(line);
      if (parsed?.event === 'destroy' && parsed.protocol === 'tcp') relayed.ended(parsed);
      if (parsed && !isRelays) inventory.line(parsed, uptimeMs());
    });

  let onEvent = feed();
  const events = run.keepRunning({
    name: 'conntrack',
    args: EVENTS,
    prefix,
    onData: (chunk) => onEvent(chunk),
    onStart() {
      onEvent = feed();
    },
    onTrouble: (why) => say('flows as they come', why && text('net.flows-late', { why })),
    onComplaint(line) {
      if (!line.includes('ENOBUFS')) return;
      lostEvents++;
      void dump();
    },
  });

  async function dumpNow(): Promise<void> {
    inventory.dumpBegins(uptimeMs());
    const said = await run.streamTool(prefix, 'conntrack', DUMP, feed());
    if (said.ok) inventory.dumpEnds(uptimeMs());
    if (closed) return;
    say('inventory', said.ok ? null : text('net.flows', { why: said.why }));
    const { uncounted, dropped } = inventory.stats();
    say('counters', uncounted ? text('net.uncounted') : null);
    say('many flows', dropped > 0 ? text('net.many-flows') : null);
    const fill = readTable();
    say('table', fill !== null && fill >= NEARLY_FULL ? text('net.table-full') : null);
  }

  function dump(): Promise<void> {
    dumping ??= dumpNow().finally(() => {
      dumping = null;
    });
    return dumping;
  }

  const tell = (): void => {
    for (const notice of inventory.notices(uptimeMs())) tellers(notice);
  };
  const dumps = setInterval(() => void dump(), intervalMs).unref();
  const telling = setInterval(tell, TELL_MS).unref();
  void dump();

  return {
    dump,
    stats: () => ({ ...inventory.stats(), lostEvents, relayed: relayed.stats() }),
    async close() {
      closed = true;
      clearInterval(dumps);
      clearInterval(telling);
      await Promise.all([events.stop(), dumping]);
      tell();
    },
  };
}

/** Null where the kernel does not say. */
function readFill(): number | null {
  try {
    const [count, max] = ['count', 'max'].map((name) =>
      Number(readFileSync(`/proc/sys/net/netfilter/nf_conntrack_${name}`, 'utf8')),
    );
    return count && max ? count / max : null;
  } catch {
    return null;
  }
}

/** Passes a trouble on when it is another one than before, per subject. */
function createSayer(onTrouble: (subject: string, trouble: Text | null) => void) {
  const told = new Map<string, Text | null>();
  return (subject: string, trouble: Text | null): void => {
    if (isSameText(told.get(subject) ?? null, trouble)) return;
    told.set(subject, trouble);
    onTrouble(subject, trouble);
  };
}

/** Notices as flow events: a flow that went past, unread. */
function createTeller(options: InventoryWatchOptions): (notice: InventoryNotice) => void {
  const { emit, newId, now } = options;
  const ids = new Map<string, string>();
  return (notice) => {
    const time = now();
    if (notice.type === 'opened') {
      const { protocol, client, destination } = notice.flow;
      const id = newId(time);
      ids.set(notice.key, id);
      const flow: Flow = {
        id,
        openedAt: time,
        engine: 'gateway',
        protocol,
        ...(notice.again ? { continues: true } : {}),
        client,
        deviceId: options.identify(client.ip),
        arrival: 'transparent',
        treatment: 'passthrough',
        treatmentReason: text(protocol === 'udp' ? 'treated.datagrams' : 'treated.not-tcp'),
        destination: lookedUp(options.nameOf(client.ip, destination.ip), destination.ip, destination.port),
        encrypted: false,
        intercepted: false,
        hello: null,
        simulated: false,
      };
      emit({ type: 'flow-opened', flow, time });
      return;
    }
    const flowId = ids.get(notice.key);
    if (flowId === undefined) return;
    ids.delete(notice.key);
    const { bytesUp, bytesDown, lasting } = notice;
    const detail = lasting ? text('ended.lasting') : null;
    emit({ type: 'flow-closed', flowId, time, reason: 'ended', detail, bytesUp, bytesDown });
  };
}
