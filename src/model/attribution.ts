/** Which app or SDK probably sent something: a hint for people, with what it rests on. Anybody can write a header. */
import type { z } from 'zod';
import type { attribution } from './schemas/alert.ts';

export type Attribution = z.infer<typeof attribution>;
