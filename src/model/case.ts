/** A case is one test run of one phone; its marks divide it into phases. */

export interface CaseMark {
  /** e.g. `before-consent`, `boot`, `unlock`, `after-consent`. */
  phase: string;
  at: string;
}

export interface Case {
  id: string;
  title: string;
  /** Null: every device. */
  deviceId: string | null;
  /** Shown with every alert of the case, e.g. `reconstruction of a disputed claim`. */
  label: string | null;
  openedAt: string;
  closedAt: string | null;
  marks: CaseMark[];
}
