/** Functions of the C library that Node has none for. */
import { createRequire } from 'node:module';
import type koffi from 'koffi';

/** Loaded on first use, which a lab that rests and has no gateway never comes to: it is 4 MB resident. Throws where it cannot be loaded. */
export const loadC = () => (createRequire(import.meta.url)('koffi') as typeof koffi).load(null);
