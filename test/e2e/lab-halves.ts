/** A lab in this process, in its two halves, with one registered phone and one server that it may reach. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHalves } from '../../src/lab/start.ts';
import type { Alert } from '../../src/model/alert.ts';
import { startOrigin } from '../clients/origin.ts';
import { ANY_PHONE } from './lab-process.ts';

export const IMEI = '490154203237518';
export const HOST = 'collector.example.com';

export interface LabHalves extends Awaited<ReturnType<typeof startHalves>> {
  /** All so far. */
  alerts: Alert[];
  end(): Promise<void>;
}

export async function startLabHalves(): Promise<LabHalves> {
  const data = mkdtempSync(join(tmpdir(), 'lab-halves-'));
  const origin = await startOrigin([HOST]);
  writeFileSync(join(data, 'given-devices.yaml'), ANY_PHONE);
  const map = [{ host: HOST, port: 80, dial: `127.0.0.1:${origin.httpPort}`, address: '42.62.48.10' }];
  writeFileSync(join(data, 'map.json'), JSON.stringify(map));
  const halves = await startHalves({
    data,
    host: '127.0.0.1',
    proxyPort: 0,
    uiPort: 0,
    transparentPort: null,
    engine: 'wire',
    devicesFile: join(data, 'given-devices.yaml'),
    upstreamCa: null,
    upstreamMap: join(data, 'map.json'),
    allowClients: [],
    allowDestinations: [],
    decoders: [],
    homeCountry: null,
    logFile: join(data, 'lab.log'),
    json: true,
  });
  const alerts: Alert[] = [];
  halves.lab.onAlert((alert) => void alerts.push(alert));
  return {
    ...halves,
    alerts,
    async end() {
      await halves.lab.stop();
      await origin.stop();
      rmSync(data, { recursive: true });
    },
  };
}
