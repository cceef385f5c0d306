/** Contacts a phone makes by itself: at regular intervals, or right after something happened to it. */
import type { z } from 'zod';
import type * as schemas from './schemas/phone.ts';

export type Beacon = z.infer<typeof schemas.beacon>;
export type Reaction = z.infer<typeof schemas.reaction>;
export type IdleContact = z.infer<typeof schemas.idleContact>;
