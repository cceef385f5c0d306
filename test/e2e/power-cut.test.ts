/** What was shown was stored: the lab is killed in the middle of the demo, and started again on the same data. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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

it('starts on a damaged store, says so, and answers with what can be read', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'power-cut-'));
  try {
    const demo = await startLab({ command: 'demo', dataDir });
    await demo.until('eight alerts', (alerts) => alerts.length >= 8, 60_000);
    await demo.stop();
    const file = path.join(dataDir, 'evidence.db');
    const bytes = await readFile(file);
    for (let page = 8; page < bytes.length / 4096; page += 3) bytes.fill(0xaa, page * 4096, (page + 1) * 4096);
    await writeFile(file, bytes);

    const again = await startLab({ dataDir });
    const { alerts } = (await again.api('/api/alerts?since=0&limit=1000')) as { alerts: Alert[] };
    const told = alerts.find(({ text }) => text?.key === 'lab.store-damaged');
    expect(told).toMatchObject({ type: 'system', severity: 'critical' });
    const keptAs = (await readdir(dataDir)).find((name) => /^evidence\.db\.damaged-[^.]*Z$/.test(name)) ?? '';
    expect((await readFile(path.join(dataDir, keptAs))).equals(bytes)).toBe(true);
    expect(told?.message).toContain(keptAs);
    expect(await again.stop()).toBe(0);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
