/**
 * Which engine the labs of this run use. Files that carry a phone's traffic run once per engine, as two projects of
 * vitest.config.ts; what they expect of either engine where the two differ stands in ../engines/known-differences.ts.
 */
import { ENGINES } from '../../src/model/lab.ts';
import type { EngineName } from '../engines/known-differences.ts';

export const ENGINE: EngineName = ENGINES.find((name) => name === process.env.LAB_ENGINE) ?? 'wire';
