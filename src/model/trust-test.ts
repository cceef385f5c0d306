/** A test whether an app checks certificates: asked for by the operator, for one phone and one server name, once. */

/** Bad certificates on purpose: an app that goes on with one does not check. */
export const TRUST_TESTS = ['self-signed', 'wrong-name', 'expired'] as const;
export type TrustTest = (typeof TRUST_TESTS)[number];

export interface TrustTestState {
  id: string;
  /** Registered device id, or the phone's address. */
  device: string;
  /** Server name of the ClientHello, lower case. */
  name: string;
  test: TrustTest;
  /**
   * `waiting`: no connection came yet, or the last one told nothing. `running`: one is being tested.
   * `accepted`: the app sent data (weak). `refused`: it did not (good). `expired`: nobody came in time.
   */
  state: 'waiting' | 'running' | 'accepted' | 'refused' | 'expired' | 'cancelled';
  /** TLS alert name, or `silent-close`; null unless refused. */
  how: string | null;
  /** Milliseconds since the epoch. */
  requestedAt: number;
  until: number;
  decidedAt: number | null;
}
