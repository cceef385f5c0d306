/** A test whether an app checks certificates: asked for by the operator, for one phone and one server name, once. */
import type { z } from 'zod';
import type { trustTest } from './schemas/phone.ts';
import type { TRUST_TESTS } from './words.ts';

export { TRUST_TESTS } from './words.ts';

export type TrustTest = (typeof TRUST_TESTS)[number];
export type TrustTestState = z.infer<typeof trustTest>;
