/**
 * What the kernel had counted when it was read last, kept over restarts in DATA/counted.json: what was told is not told again,
 * and what went past while no lab ran is what is new then.
 * Promise: counts of another boot or another gateway are none; a file that is broken is none.
 */
import { readFileSync } from 'node:fs';
import type { Counted } from '../formats/nft-json.ts';
import { replaceFile } from '../formats/replace-file.ts';
import type { GatewayState } from '../gateway/state.ts';

export interface CountedFile {
  read(gateway: GatewayState): Counted | null;
  keep(gateway: GatewayState, counted: Counted): void;
}

const idOf = ({ bootId, startedAt }: GatewayState): string => `${bootId} ${startedAt}`;

export function openCountedFile(file: string, onTrouble: (error: unknown) => void): CountedFile {
  return {
    read(gateway) {
      try {
        const { of, refused, past } = JSON.parse(readFileSync(file, 'utf8')) as Counted & { of: string };
        return of === idOf(gateway) && Array.isArray(refused) && Array.isArray(past) ? { refused, past } : null;
      } catch {
        return null;
      }
    },
    keep(gateway, counted) {
      try {
        replaceFile(file, JSON.stringify({ of: idOf(gateway), ...counted }));
      } catch (error) {
        onTrouble(error);
      }
    },
  };
}
