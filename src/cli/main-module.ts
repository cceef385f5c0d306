/** Loads `src/main.ts` when a command needs the lab itself: `watch` on a terminal, `--help` and usage errors stay light. */
import type { LabModule } from '../model/lab.ts';

export async function loadLab(): Promise<LabModule> {
  return await import('../main.ts');
}
