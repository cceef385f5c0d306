/** What the readers of binary structures have in common. */

export interface BinaryValue {
  /** Locator in the structure: `field 3.1`, `$.device.imei`. */
  path: string;
  /** Key name, where the format has names. */
  key: string | null;
  /** Text and bytes as they stand; numbers as decimal text. */
  bytes: Buffer;
  /** What the bits of a number mean in other forms than the one in `bytes`. */
  numbers?: readonly string[];
}

/** Null: these bytes are something else, or `mayGoOn` said no, which is asked at each value. Never throws. */
export type ReadBinary = (bytes: Buffer, mayGoOn?: () => boolean) => BinaryValue[] | null;

export const always = (): boolean => true;

/** Bounds that real documents stay far below. */
export const MAX_VALUES = 20_000;
export const MAX_NESTING = 32;

/** A step into a member of a map, as JSON locators write it. */
export function member(path: string, key: string): string {
  return /^[A-Za-z_$][\w$-]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
