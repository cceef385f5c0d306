/** Contacts a phone makes by itself: at regular intervals, or right after something happened to it. */

export interface Beacon {
  device: string;
  /** Name, or address, and port: who is contacted. */
  host: string;
  port: number;
  /** Contacts counted; connections opened together are one. */
  contacts: number;
  /** Usual interval, seconds. */
  periodS: number;
  /** Spread of the intervals as a share of the period (1.4826 × median deviation): 0.02 is a clock, 0.3 a habit. */
  jitter: number;
  /**
   * Upper bound of the probability that contacts at random moments, at whatever rate, would look as regular in any of the
   * pairs watched so far. The lab speaks of a beacon below 0.001.
   */
  chance: number;
  /** ISO 8601, UTC. */
  firstSeen: string;
  lastSeen: string;
}

export interface Reaction {
  device: string;
  host: string;
  port: number;
  /** The mark: `boot`, `unlock`, `screen-on`… */
  phase: string;
  /** Times it was marked, and after how many of them a contact followed soon. */
  marks: number;
  followed: number;
  /** Median delay of the first contact, seconds. */
  delayS: number;
  /** Share of all other moments that a contact follows as soon. */
  usual: number;
  /** Upper bound of the probability that as many would follow by chance, over all pairs and phases watched. */
  chance: number;
}

export interface IdleContact {
  device: string;
  host: string;
  port: number;
  /** While a phase `idle` was marked. */
  contacts: number;
  idleHours: number;
}
