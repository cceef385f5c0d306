/** What a text stands for that is written in a roundabout way. */
export interface Opened {
  /** Chain entry. */
  name: string;
  bytes: Buffer;
}
