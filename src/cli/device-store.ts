/**
 * The registered phones, wherever they are: in the lab that runs on the data directory, else in its devices file.
 * Promise: both ways give the same rows and one-line errors; values are masked unless revealing was asked for.
 */
import type { Device, DiscoveredPhone } from '../model/device.ts';
import { mask } from '../model/identifier.ts';
import { call, listIn, runningLabOf } from './lab-client.ts';
import { loadLab } from './main-module.ts';

export interface DeviceRow {
  id: string;
  model: string | null;
  match: Partial<Device['match']>;
  /** Kind → values as text. */
  identifiers: Record<string, string[]>;
}

export interface DeviceStore {
  list(reveal: boolean): Promise<DeviceRow[]>;
  /** One item of `devices:` as in the devices file; resolves to what the operator may not have meant. */
  put(entry: object, how: 'add' | 'replace'): Promise<string[]>;
  /** Phones met on the lab's network; none while no lab runs. */
  discovered(): Promise<DiscoveredPhone[]>;
  /** False when no such phone was registered. */
  remove(id: string): Promise<boolean>;
}

export async function openDeviceStore(dataDir: string): Promise<DeviceStore> {
  const lab = await runningLabOf(dataDir);
  if (lab) {
    return {
      list: async (reveal) =>
        listIn<Device>(await call(lab, 'GET', `/api/devices${reveal ? '?reveal=true' : ''}`), 'devices').map((device) =>
          rowOf(device, (value) => value),
        ),
      put: async (entry, how) => {
        const put =
          how === 'add'
            ? await call(lab, 'POST', '/api/devices', entry)
            : await call(
                lab,
                'PUT',
                `/api/devices/${encodeURIComponent(String((entry as { id?: unknown }).id))}`,
                entry,
              );
        return listIn<string>(put, 'notes');
      },
      discovered: async () => listIn<DiscoveredPhone>(await call(lab, 'GET', '/api/devices/discovered'), 'phones'),
      remove: async (id) => {
        const known = listIn<Device>(await call(lab, 'GET', '/api/devices'), 'devices').some(
          (device) => device.id === id,
        );
        if (known) await call(lab, 'DELETE', `/api/devices/${encodeURIComponent(id)}`);
        return known;
      },
    };
  }
  const stored = await (await loadLab()).openDevices(dataDir);
  return {
    list: async (reveal) => stored.list().map((device) => rowOf(device, reveal ? (value) => value : mask)),
    put: async (entry, how) => stored.put(entry, how).notes,
    discovered: async () => [],
    remove: async (id) => stored.remove(id),
  };
}

function rowOf({ id, model, match, identifiers }: Device, show: (value: string) => string): DeviceRow {
  const shown: Record<string, string[]> = {};
  for (const [kind, values] of Object.entries(identifiers)) {
    const list: unknown[] = Array.isArray(values) ? values : [values];
    // A position or a cell is personal as a whole: without revealing only that there is one.
    shown[kind] = list.map((value) =>
      typeof value === 'string' ? show(value) : show === mask ? '***' : JSON.stringify(value),
    );
  }
  return { id, model: model ?? null, match: match ?? {}, identifiers: shown };
}
