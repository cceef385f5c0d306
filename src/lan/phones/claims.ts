/**
 * What machines on the phones' network say of addresses (ARP): which phone has which, and who poses as the gateway itself.
 * Promise: own words are not listened to; a flood of claims costs no more than a look-up each, and is told once a minute.
 */
import { networkInterfaces } from 'node:os';

export interface Claims {
  hear(ip: string, mac: string): void;
}

interface Own {
  addresses: ReadonlySet<string>;
  macs: ReadonlySet<string>;
}

const OWN_FRESH_MS = 1000;
const TOLD_AGAIN_MS = 60_000;

export function createClaims(options: {
  isPhone: (ip: string) => boolean;
  /** Of this machine. Default: asked of the system. */
  readOwn?: () => Own;
  uptimeMs: () => number;
  /** A phone says that it has this address. */
  onPhone: (ip: string, mac: string) => void;
  /** Another machine says that it has the gateway's. */
  onPosing: (ip: string) => void;
}): Claims {
  const { isPhone, readOwn = ownOf, uptimeMs, onPhone, onPosing } = options;
  let own = readOwn();
  let readAt = uptimeMs();
  let toldAt = -Infinity;
  return {
    hear(ip, mac) {
      const time = uptimeMs();
      if (time - readAt > OWN_FRESH_MS) {
        own = readOwn();
        readAt = time;
      }
      if (own.macs.has(mac)) return;
      if (!own.addresses.has(ip)) {
        if (isPhone(ip)) onPhone(ip, mac);
      } else if (time - toldAt > TOLD_AGAIN_MS) {
        toldAt = time;
        onPosing(ip);
      }
    },
  };
}

function ownOf(): Own {
  const all = Object.values(networkInterfaces()).flatMap((infos) => infos ?? []);
  return { addresses: new Set(all.map(({ address }) => address)), macs: new Set(all.map(({ mac }) => mac)) };
}
