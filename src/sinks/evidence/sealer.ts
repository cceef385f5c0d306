/** Which key seals what: the phone's own, so that it goes with it. */
import type { PhoneKeys } from './phone-keys.ts';
import { seal, unseal } from './seal.ts';
import type { Secret } from './store.ts';

export interface Sealer {
  seal(device: string, alertId: string, secret: Secret): Buffer;
  /** Null when no key that is left opens it, or the bytes were changed. */
  unseal(device: string, alertId: string, sealed: Buffer): Secret | null;
}

/** With the key of the phone; with the installation's where there is none: before phones had their own, or while the disk took no key. */
export function createSealer(installation: Buffer, phones: PhoneKeys | null): Sealer {
  return {
    seal: (device, alertId, secret) => seal(phones?.keyOf(device) ?? installation, alertId, secret),
    unseal(device, alertId, sealed) {
      const own = phones?.find(device);
      return (own && unseal(own, alertId, sealed)) ?? unseal(installation, alertId, sealed);
    },
  };
}
