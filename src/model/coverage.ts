/** How much of a phone's traffic could be looked into. Silence must be distinguishable from innocence. */
import type { z } from 'zod';
import type * as schemas from './schemas/phone.ts';
import type { COVERAGE_CLASSES, TRUSTS } from './words.ts';

export { COVERAGE_CLASSES } from './words.ts';

export type CoverageClass = (typeof COVERAGE_CLASSES)[number];
export type Trust = (typeof TRUSTS)[number];
export type Gap = z.infer<typeof schemas.gap>;
export type DeviceCoverage = z.infer<typeof schemas.coverage>;
export type CoverageRow = DeviceCoverage['rows'][number];
export type Unseen = DeviceCoverage['unseen'][number];
