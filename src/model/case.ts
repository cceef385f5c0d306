/** A case is one test run of one phone; its marks divide it into phases. */
import type { z } from 'zod';
import type { testCase } from './schemas/lab.ts';

export type Case = z.infer<typeof testCase>;
export type CaseMark = Case['marks'][number];
