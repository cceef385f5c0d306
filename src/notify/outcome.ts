/** How an attempt to tell somebody went. */
export type Outcome =
  | { ok: true }
  /** The receiver cannot be reached, or takes nothing now. */
  | { ok: false; isRefused: false; detail: string; retryAfterMs?: number }
  /** It takes others, not this one: tried a few times more, then given up. */
  | { ok: false; isRefused: true; detail: string };

export const failed = (detail: string, retryAfterMs?: number): Outcome => ({
  ok: false,
  isRefused: false,
  detail,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

export const refused = (detail: string): Outcome => ({ ok: false, isRefused: true, detail });
