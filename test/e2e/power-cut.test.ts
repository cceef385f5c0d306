/** What was shown was stored: the lab is killed in the middle of the demo, and started again on the same data. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { startLab } from './lab-process.ts';

it('keeps every alert it has shown, through kill -9', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'power-cut-'));
  try {
    const demo = await startLab({ command: 'demo', dataDir });
    await demo.until('eight alerts', (alerts) => alerts.length >= 8, 60_000);
    await demo.kill();
    const shown = demo.alerts();
    const again = await startLab({ dataDir });
    const { alerts } = (await again.api('/api/alerts?since=0&limit=1000')) as { alerts: Alert[] };
    const stored = new Map(alerts.map((alert) => [alert.id, alert]));
    for (const alert of shown) {
      const kept = stored.get(alert.id);
      expect(kept, alert.message).toBeDefined();
      expect(kept?.count).toBeGreaterThanOrEqual(alert.count);
      expect(kept?.identifier).toEqual(alert.identifier);
      expect(kept?.simulated).toBe(true);
    }
    expect(shown.length).toBeGreaterThanOrEqual(8);
    expect(await again.stop()).toBe(0);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
