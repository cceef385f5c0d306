/** The end of a store's chain as it was signed, to be taken away: whoever has it notices when the chain was cut off before it. */
export interface Checkpoint {
  /** Names the history of the store. */
  epoch: string;
  /** So many records the chain had. */
  position: number;
  /** Of the last of them, hex. */
  hash: string;
  /** ISO 8601, UTC. */
  time: string;
  /** SHA-256 of the key that signed it, hex, its first 16 digits. */
  key: string;
  /** Ed25519, base64. */
  signature: string;
}

const LINE =
  /^phonehome-head ([0-9a-f]{16}) (\d{1,15}) ([0-9a-f]{64}) (\d{4}-\d\d-\d\dT[\d:.]+Z) ([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)$/;

export const writeCheckpoint = ({ epoch, position, hash, time, key, signature }: Checkpoint): string =>
  `phonehome-head ${epoch} ${position} ${hash} ${time} ${key} ${signature}`;

/** Null when it is none. */
export function readCheckpoint(line: string): Checkpoint | null {
  const found = LINE.exec(line.trim());
  if (!found) return null;
  const [, epoch = '', position, hash = '', time = '', key = '', signature = ''] = found;
  return { epoch, position: Number(position), hash, time, key, signature };
}
