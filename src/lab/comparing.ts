/** Joins the comparison of phones and runs to the store and to what is registered. */
import { createHmac } from 'node:crypto';
import { maskLocator } from '../alert/masked-url.ts';
import { type Comparing, createComparison } from '../compare/comparison.ts';
import { createPayloadWatch, type PayloadWatch } from '../compare/payload-watch.ts';
import { type Device, REPLAY_PREFIX } from '../model/device.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import type { Masking } from './masking.ts';
import type { Surroundings } from './road.ts';

export type LabComparison = Pick<Comparing<Surroundings>, 'token' | 'take' | 'forget' | 'stats'> & {
  remark: PayloadWatch['remark'];
  /** The list of phones changed. */
  devicesChanged(devices: readonly Device[]): void;
  save(): void;
};

/** Read back at the start: phones are often tested one after the other, days apart. */
const MAX_LOADED = 10_000;

export function openComparison(options: {
  evidence: Pick<EvidenceStore, 'tokens' | 'putTokens'>;
  /** Of the evidence store. */
  key: Buffer;
  devices: () => readonly Device[];
  masking: Masking;
  now: () => number;
}): LabComparison {
  const { evidence, key, devices, masking, now } = options;
  const comparison = createComparison<Surroundings>({
    secret: comparisonSecret(key),
    hasTwin(deviceId) {
      const all = devices();
      const model = all.find(({ id }) => id === deviceId)?.model?.toLowerCase();
      return model !== undefined && all.some((other) => other.id !== deviceId && other.model?.toLowerCase() === model);
    },
    hidePath: (path, deviceId) => maskLocator(path, masking.secretsOf(deviceId)),
    hideHost: masking.maskHost,
  });
  // A replay sends the same each time it is played: what an earlier one sent says nothing of what lasts on a phone.
  comparison.load(evidence.tokens({ limit: MAX_LOADED }).filter(({ device }) => !device.startsWith(REPLAY_PREFIX)));
  const payloads = createPayloadWatch();
  const canaries = new Map(devices().map((device) => [device.id, canariesOf(device)]));
  return {
    token: comparison.token,
    take: comparison.take,
    forget: comparison.forget,
    stats: comparison.stats,
    remark: payloads.remark,
    devicesChanged(all) {
      for (const device of all) {
        if (canariesOf(device) > (canaries.get(device.id) ?? 0)) payloads.planted(device.id, now());
        canaries.set(device.id, canariesOf(device));
      }
    },
    save: () => comparison.save((rows) => evidence.putTokens(rows).ok),
  };
}

function comparisonSecret(key: Buffer): Buffer {
  return createHmac('sha256', key).update('phonehome comparison').digest();
}

function canariesOf({ canaries }: Device): number {
  return Object.values(canaries).reduce((sum: number, planted) => sum + (planted?.length ?? 0), 0);
}
