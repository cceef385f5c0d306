/** How an attempt to tell somebody went. */
import type { Text } from '../model/text.ts';

export type Outcome =
  | { ok: true }
  /** The receiver cannot be reached, or takes nothing now. */
  | { ok: false; isRefused: false; detail: Text; retryAfterMs?: number }
  /** It takes others, not this one: tried a few times more, then given up. */
  | { ok: false; isRefused: true; detail: Text };

export const failed = (detail: Text, retryAfterMs?: number): Outcome => ({
  ok: false,
  isRefused: false,
  detail,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

export const refused = (detail: Text): Outcome => ({ ok: false, isRefused: true, detail });
