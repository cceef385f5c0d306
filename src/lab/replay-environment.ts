/** What a replayed case needs of the running lab: places, phones and trust for as long as it plays, and a case of its own. */
import { setTimeout } from 'node:timers/promises';
import { replayId } from '../replay/lab-device.ts';
import type { Relay } from './api.ts';
import type { Knowledge } from './knowledge.ts';
import type { LiveDetection } from './live-detection.ts';
import type { ReplayEnvironment } from './replaying.ts';
import { allAlertsSince, type Between, must } from './services.ts';

/** How long a replay waits for its last connection to be looked at. */
const QUIET_MS = 60_000;

export interface ReplayEnvironmentOptions {
  knowledge: Knowledge;
  detection: Pick<LiveDetection, 'road' | 'settle' | 'forget'>;
  relay: Relay;
  between: Between;
  proxyPort: () => number;
}

export function createReplayEnvironment({
  knowledge,
  detection,
  relay,
  between,
  proxyPort,
}: ReplayEnvironmentOptions): ReplayEnvironment {
  const { cases, evidence, guests, decoders, authority, now } = knowledge;
  return {
    proxy: () => ({ host: '127.0.0.1', port: proxyPort() }),
    caPem: authority.root.certificatePem,
    dataDir: knowledge.options.data,
    now,
    async addUpstream(entries) {
      await relay.addUpstream(entries);
      return async () => {
        for (const { host, port } of entries) await relay.removeUpstream(host, port);
      };
    },
    async addUpstreamCa(pem) {
      await relay.trust(pem);
      return () => relay.distrust(pem);
    },
    async addDevice(device) {
      await between(() => guests.set(device.id, device));
      return async () => {
        await between(() => guests.delete(device.id));
        detection.forget(device.id);
      };
    },
    async openCase({ name, title, label }) {
      const opened = await between(() => {
        // Of a lab that was killed in the middle of one.
        for (const left of cases.list())
          if (left.closedAt === null && left.deviceId === replayId(name)) cases.close(left.id, now());
        return must(cases.open({ title: `${name}: ${title}`, deviceId: replayId(name), label }, now()));
      });
      return {
        mark: (phase) => between(() => void must(cases.mark(opened.id, phase, now()))),
        close: () => between(() => void cases.close(opened.id, now())),
      };
    },
    alertsSince: (seq) => allAlertsSince(evidence, seq),
    lastSeq: () => evidence.lastSeq(),
    async quiet() {
      const until = now() + QUIET_MS;
      do await relay.barrier();
      while (detection.road.openFlows() > 0 && now() < until && (await setTimeout(5, true)));
      detection.settle();
    },
    opens: (publicKey) => decoders.some((decoder) => decoder.publicKey === publicKey),
  };
}
