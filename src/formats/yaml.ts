/** The YAML library, from when somebody first reads or writes YAML: its 72 files are an eighth of what a command costs that does neither. */
import { createRequire } from 'node:module';

type Library = typeof import('yaml');

let library: Library | null = null;

export function yaml(): Library {
  library ??= createRequire(import.meta.url)('yaml') as Library;
  return library;
}
