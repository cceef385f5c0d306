/** What a record says of the machine and the code it was measured with. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** `loadAfter` is told when the measuring is over. */
export const machineFacts = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  kernel: release(),
  node: process.versions.node,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  loadBefore: loadavg()[0] ?? 0,
  loadAfter: 0,
});

/** The commit of this checkout; `-dirty` where files differ from it. */
export const commitMeasured = (): string =>
  execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=7'], { cwd: import.meta.dirname })
    .toString()
    .trim();
