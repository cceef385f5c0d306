/** Joins the comparison of phones and runs to the store and to what is registered. */
import { createHmac } from 'node:crypto';
import { createSecretTest, maskHost, maskLocator } from '../alert/mask-url.ts';
import { type Comparing, createComparison } from '../compare/comparison.ts';
import type { Device } from '../model/device.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import { secretWordsOf } from './opening.ts';
import type { Surroundings } from './road.ts';

export type LabComparison = Pick<Comparing<Surroundings>, 'token' | 'take' | 'stats'> & { save(): void };

/** Read back at the start: phones are often tested one after the other, days apart. */
const MAX_LOADED = 10_000;

export function openComparison(options: {
  evidence: Pick<EvidenceStore, 'tokens' | 'putTokens'>;
  /** Of the evidence store. */
  key: Buffer;
  devices: () => readonly Device[];
}): LabComparison {
  const { evidence, key, devices } = options;
  const wordsOf = (deviceId: string) =>
    createSecretTest(secretWordsOf(devices().find(({ id }) => id === deviceId) ?? null));
  const comparison = createComparison<Surroundings>({
    secret: comparisonSecret(key),
    hasTwin(deviceId) {
      const all = devices();
      const model = all.find(({ id }) => id === deviceId)?.model?.toLowerCase();
      return model !== undefined && all.some((other) => other.id !== deviceId && other.model?.toLowerCase() === model);
    },
    hidePath: (path, deviceId) => maskLocator(path, wordsOf(deviceId)),
    hideHost: (host, deviceId) => maskHost(host, wordsOf(deviceId), false),
  });
  comparison.load(evidence.tokens({ limit: MAX_LOADED }));
  return {
    token: comparison.token,
    take: comparison.take,
    stats: comparison.stats,
    save: () => comparison.save((rows) => evidence.putTokens(rows).ok),
  };
}

function comparisonSecret(key: Buffer): Buffer {
  return createHmac('sha256', key).update('phonehome comparison').digest();
}
