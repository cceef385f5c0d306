import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How this program is called in a shell: a checkout has a wrapper of its own, and is on no PATH. */
export const OWN_NAME = existsSync(fileURLToPath(new URL('../../phonehome', import.meta.url)))
  ? './phonehome'
  : 'phonehome';
