/**
 * Before and after a whole test run (`globalSetup` of vitest.config.ts): when the last laboratory is gone, nothing of any of
 * them is left on this machine, or the run has failed.
 */
import { setTimeout } from 'node:timers/promises';
import { beginRun, endRun, isUpHere, leftOf } from './traces.ts';

let run = '';
let wasUpHere = false;

export function setup(): void {
  run = beginRun();
  wasUpHere = isUpHere();
}

export async function teardown(): Promise<void> {
  // The kernel takes killed processes apart in its own time.
  for (let tries = 0; tries < 50 && leftOf(run).length > 0; tries++) await setTimeout(100);
  const left = leftOf(run);
  endRun(run);
  if (!wasUpHere && isUpHere()) left.push('table inet phonehome in this machine’s own rules');
  if (left.length > 0) throw new Error(`the laboratories left behind:\n${left.join('\n')}`);
}
