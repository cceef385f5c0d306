/** What a replayed case needs of the running lab: places, phones and trust for as long as it plays, and a case of its own. */
import { setTimeout } from 'node:timers/promises';
import type { Cases } from '../cases/cases.ts';
import type { LoadedDecoder } from '../inspect/operator/loader.ts';
import type { Device } from '../model/device.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import type { ReplayGround } from './replaying.ts';
import { allAlertsSince, must } from './services.ts';
import type { UpstreamMap } from './upstream-map.ts';

/** How long a replay waits for its last connection to be looked at. */
const QUIET_MS = 10_000;

export interface ReplayGroundOptions {
  proxyPort: () => number;
  caPem: string;
  dataDir: string;
  upstreamMap: Pick<UpstreamMap, 'add' | 'remove'>;
  /** Trusts a server's authority until the answer is called. */
  trust: (pem: string) => () => void;
  /** Knows a phone until the answer is called. */
  receive: (device: Device) => () => void;
  cases: Pick<Cases, 'open' | 'mark' | 'close'>;
  evidence: Pick<EvidenceStore, 'alerts' | 'lastSeq'>;
  openFlows: () => number;
  /** Hands out what alerts have only counted so far. */
  flush: () => void;
  decoders: readonly LoadedDecoder[];
  now: () => number;
}

export function createReplayGround(options: ReplayGroundOptions): ReplayGround {
  const { upstreamMap, cases, evidence, now } = options;
  return {
    proxy: () => ({ host: '127.0.0.1', port: options.proxyPort() }),
    caPem: options.caPem,
    dataDir: options.dataDir,
    now,
    addUpstream(entries) {
      upstreamMap.add(entries);
      return () => {
        for (const { host, port } of entries) upstreamMap.remove(host, port);
      };
    },
    addUpstreamCa: options.trust,
    addDevice: options.receive,
    openCase({ name, title, label }) {
      const opened = must(cases.open({ title: `${name}: ${title}`, deviceId: name, label }, now()));
      return {
        mark: (phase) => void must(cases.mark(opened.id, phase, now())),
        close: () => void cases.close(opened.id, now()),
      };
    },
    alertsSince: (seq) => allAlertsSince(evidence, seq),
    lastSeq: () => evidence.lastSeq(),
    async quiet() {
      const until = now() + QUIET_MS;
      while (options.openFlows() > 0 && now() < until) await setTimeout(5);
      options.flush();
    },
    opens: (publicKey) => options.decoders.some((decoder) => decoder.publicKey === publicKey),
  };
}
