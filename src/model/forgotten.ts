/** What was destroyed of a phone, and what is left that the lab cannot destroy, or was not asked to. */
import type { z } from 'zod';
import type { forgetting } from './schemas/phone.ts';

export type Forgetting = z.infer<typeof forgetting>;
export type Forgotten = Forgetting['removed'];
