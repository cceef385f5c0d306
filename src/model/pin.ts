/** Which apps refuse the lab's certificate: a state per device and server name that the operator can see and flip. */

/** `always` passes through, `never` intercepts whatever happens, `auto` follows what the app does. */
export const PIN_OVERRIDES = ['auto', 'always', 'never'] as const;
export type PinOverride = (typeof PIN_OVERRIDES)[number];

export interface PinState {
  /** Registered device id, or the phone's address. */
  device: string;
  /** Server name of the ClientHello, or the destination when it has none. */
  name: string;
  override: PinOverride;
  /** `watching`: refused, not often enough yet. `pinned`: passed through. `probing`: one connection tries again. */
  state: 'watching' | 'pinned' | 'probing';
  /** Rejections counted so far. */
  rejections: number;
  /** TLS alert name, or `silent-close`; null when only an override is set. */
  how: string | null;
  /** Milliseconds since the epoch. */
  since: number;
  /** When a probe is due; null while not pinned. */
  until: number | null;
}
