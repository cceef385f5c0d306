/** What of a running lab's memory others come by: no core dump, no debugger; docs/security.md, "another user of the machine". */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startLab } from './lab-process.ts';

it('leaves no core dump, however it was started, and opens no debugger when it is told to by signal', async () => {
  const lab = await startLab();
  try {
    expect(readFileSync(`/proc/${lab.pid}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m);
    // Default: a line on stderr, and a port on which everybody on this machine may run code in the lab.
    process.kill(lab.pid, 'SIGUSR1');
    expect(await lab.api('/api/health')).toMatchObject({ status: 'ok' });
    expect(await lab.api('/api/alerts')).toMatchObject({ alerts: [] });
  } finally {
    expect(await lab.stop()).toBe(0);
  }
  expect(lab.stderr()).not.toContain('Debugger listening');
});
