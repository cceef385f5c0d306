/** Hides what is registered of a phone in names that are kept or shown. */
import { createSecretTest, maskHost, type SecretTest } from '../alert/masked-url.ts';
import type { Device } from '../model/device.ts';
import { secretWordsOf } from './opening.ts';

export interface Masking {
  /** What must not show of that phone. */
  secretsOf(deviceId: string | null): SecretTest;
  secretWords(deviceId: string | null): string[];
  maskHost(host: string, deviceId: string | null): string;
}

export function createMasking(deviceOf: (deviceId: string | null) => Device | null): Masking {
  const secretWords = (deviceId: string | null): string[] => secretWordsOf(deviceOf(deviceId));
  const secretsOf = (deviceId: string | null): SecretTest => createSecretTest(secretWords(deviceId));
  return { secretsOf, secretWords, maskHost: (host, deviceId) => maskHost(host, secretsOf(deviceId), false) };
}
