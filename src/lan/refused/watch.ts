/**
 * Reads the counters of refused attempts every few seconds (13 ms of another process; 282 ms with 10,000 entries).
 * Promise: readings never overlap; what cannot be read is said once, with what to do, and once when it can again.
 */
import { parseRefused } from '../../formats/nft-json.ts';
import type { RefusedAttempts } from '../../model/gateway.ts';
import type { Said } from '../tool.ts';
import { createRefusedDifference } from './refused.ts';

export interface RefusedWatch {
  /** Reads now; resolves when what is new was told. */
  read(): Promise<void>;
  stop(): void;
}

export function watchRefused(options: {
  /** `nft -j list sets table inet phonehome`. */
  list: () => Promise<Said>;
  onRefused: (fresh: RefusedAttempts) => void;
  onTrouble: (line: string | null) => void;
  intervalMs?: number;
}): RefusedWatch {
  const { list, onRefused, onTrouble, intervalMs = 3000 } = options;
  const difference = createRefusedDifference();
  let told: string | null = null;
  let running: Promise<void> | null = null;

  function say(line: string | null): void {
    if (line !== told) onTrouble(line);
    told = line;
  }

  async function readNow(): Promise<void> {
    const said = await list();
    if (!said.ok) return say(`refused attempts (QUIC, encrypted DNS) cannot be counted: ${said.why}`);
    const read = parseRefused(said.out);
    if (!read) return say('refused attempts (QUIC, encrypted DNS) cannot be counted: nft gave no JSON');
    for (const fresh of difference(read.counts)) onRefused(fresh);
    say(
      read.full
        ? 'more refused destinations than the kernel keeps (4,096): newer ones are refused but not listed'
        : null,
    );
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
