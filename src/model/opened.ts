/** Kept bytes opened for people. */
import type { z } from 'zod';
import type * as schemas from './schemas/opened.ts';

export type OpenedLayer = z.infer<typeof schemas.openedLayer>;
export type Opened = z.infer<typeof schemas.opened>;
export type BodyHits = z.infer<typeof schemas.bodyHits>;
