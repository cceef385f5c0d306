/** What a phone itself recorded of its connections, given to a case: iOS's App Privacy Report, PCAPdroid's table. */

/** A server, as the phone says it met it. Times in ISO 8601; null: not recorded. */
export interface PhoneContact {
  host: string;
  ip: string | null;
  apps: string[];
  count: number;
  first: string | null;
  last: string | null;
}

export interface PhoneRecord {
  /** Name of the file, without its folder. */
  file: string;
  sha256: string;
  importedAt: string;
  contacts: PhoneContact[];
  /** Servers beyond those kept. */
  further: number;
  /** Lines that name no server. */
  skipped: number;
}

/** The same, held against what the lab saw of the case. */
export interface HeldRecord {
  file: string;
  sha256: string;
  importedAt: string;
  /** Servers of the time of the case that the lab saw too. */
  seen: number;
  /** Servers that the phone met and the lab did not see, the most often met first. */
  unseen: PhoneContact[];
  /** Servers met before or after the case only. */
  outside: number;
  further: number;
}
