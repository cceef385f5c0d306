/** Which connections cannot be read without breaking an app: a state per device and server name that the operator can see and flip. */
import type { z } from 'zod';
import type { pin } from './schemas/phone.ts';
import type { PASS_CAUSES, PIN_OVERRIDES } from './words.ts';

export { PIN_OVERRIDES } from './words.ts';

export type PinOverride = (typeof PIN_OVERRIDES)[number];
export type PassCause = (typeof PASS_CAUSES)[number];
export type PinState = z.infer<typeof pin>;
/** A feed of a hub, as whoever says something. */
export type FeedSource = NonNullable<PinState['source']>;
