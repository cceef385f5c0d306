/** A phone that logs in under another phone's name: told once, not at every connection. */
import { LRUCache } from 'lru-cache';
import type { LoginConflict } from '../devices/match-table.ts';
import type { AlertDevice } from '../model/alert.ts';
import { type Text, text } from '../model/text.ts';

/** Addresses and logins remembered; what falls off may be told again, and is then counted. */
const MAX_TOLD = 1000;

export function createLoginConflicts(tell: (conflict: LoginConflict) => void): (conflict: LoginConflict) => void {
  const told = new LRUCache<string, true>({ max: MAX_TOLD });
  return (conflict) => {
    const { ip, login, filed } = conflict;
    const key = `${ip} ${login} ${filed}`;
    if (told.has(key)) return;
    told.set(key, true);
    tell(conflict);
  };
}

export function loginNotice({ ip, login, filed, other }: LoginConflict): { subject: string; text: Text } {
  return {
    subject: `login ${ip} ${login} ${filed}`,
    text: text('login.address-wins', { ip, login, phone: filed, other }),
  };
}

/** The phone it is filed under, as alerts name it. */
export const conflictDevice = ({ ip, filed }: LoginConflict, model: string | null): AlertDevice => ({
  id: filed,
  model,
  ip,
  mac: null,
});
