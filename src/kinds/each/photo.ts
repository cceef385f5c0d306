/**
 * Pictures from the camera. They are found in the bytes, not in text: planted ones by content and likeness, others by
 * what the camera wrote into them. `src/inspect/photo/` does it; this entry gives the kind its place in the registry.
 */
import type { IdentifierKind, Spelling } from '../kind.ts';

export const photo: IdentifierKind = {
  kind: 'photo',
  title: 'photo',
  /** A file name is not a photo: `canary.jpg` in a log line would be a false alert. */
  spell: (): Spelling[] => [],
  shape: null,
  vectors: [],
};
