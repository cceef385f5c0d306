/** Why an app's connections to a server went as they did. */
import type { z } from 'zod';
import type * as schemas from './schemas/why.ts';

export type Why = z.infer<typeof schemas.why>;
