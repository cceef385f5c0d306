/** How much of a phone's traffic could be looked into. Silence must be distinguishable from innocence. */
import type { z } from 'zod';
import type { coverage } from './schemas/phone.ts';
import type { COVERAGE_CLASSES } from './words.ts';

export { COVERAGE_CLASSES } from './words.ts';

export type CoverageClass = (typeof COVERAGE_CLASSES)[number];
export type DeviceCoverage = z.infer<typeof coverage>;
export type CoverageRow = DeviceCoverage['rows'][number];
