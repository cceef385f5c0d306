/**
 * Reads the kernel's counters every few seconds (13 ms of another process; 282 ms with 10,000 entries): refused attempts as
 * they come, and once, at the first reading, what was forwarded while nobody was there to see it.
 * Promise: readings never overlap; what was told before the lab was ended is not told again; what cannot be read is said
 * once, with what to do, and once when it can again.
 */

import { type Counted, parseCounted } from '../../formats/nft-json.ts';
import type { ForwardedPackets, RefusedAttempts } from '../../model/gateway.ts';
import { isSameText, type Text, text } from '../../model/text.ts';
import type { Said } from '../tool.ts';
import { createDifference } from './refused.ts';

export interface RefusedWatch {
  /** Reads now; resolves when what is new was told. */
  read(): Promise<void>;
  stop(): void;
}

export interface RefusedWatchOptions {
  /** `nft -j list sets table inet phonehome`. */
  list: () => Promise<Said>;
  /** As it was kept when it was read last, by this lab or the one before; null when nothing was. */
  before: Counted | null;
  /** Called after a reading that differs. */
  keep: (counted: Counted) => void;
  onRefused: (fresh: RefusedAttempts) => void;
  /** What went past while no lab ran; not called when nothing did. */
  onMissed: (past: ForwardedPackets[]) => void;
  onTrouble: (trouble: Text | null) => void;
  intervalMs?: number;
}

export function watchRefused(options: RefusedWatchOptions): RefusedWatch {
  const { list, before, keep, onRefused, onMissed, onTrouble, intervalMs = 3000 } = options;
  const refused = createDifference<RefusedAttempts>(
    ({ what, client, destination, port }) => `${what} ${client} ${destination} ${port}`,
    before?.refused,
  );
  const past = createDifference<ForwardedPackets>(
    ({ protocol, client, destination }) => `${protocol} ${client} ${destination}`,
    before?.past,
  );
  let isFirst = true;
  let told: Text | null = null;
  let running: Promise<void> | null = null;

  function say(trouble: Text | null): void {
    if (!isSameText(trouble, told)) onTrouble(trouble);
    told = trouble;
  }

  async function readNow(): Promise<void> {
    const said = await list();
    if (!said.ok) return say(text('net.refused', { why: said.why }));
    const read = parseCounted(said.out);
    if (!read) return say(text('net.refused', { why: text('net.tool-gave', { name: 'nft' }) }));
    const fresh = refused(read.refused);
    const missed = past(read.past);
    fresh.forEach(onRefused);
    // Later on the datagrams' and connections' own readers see it.
    if (isFirst && missed.length > 0) onMissed(missed);
    isFirst = false;
    if (fresh.length > 0 || missed.length > 0) keep({ refused: read.refused, past: read.past });
    say(read.full ? text('net.refused-full') : null);
  }

  const read = (): Promise<void> => {
    running ??= readNow().finally(() => {
      running = null;
    });
    return running;
  };
  void read();
  const timer = setInterval(() => void read(), intervalMs).unref();
  return { read, stop: () => clearInterval(timer) };
}
