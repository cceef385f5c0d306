/**
 * Builds the search tables of registered phones beside the traffic, in steps between which everything else has its turn.
 * Promise: a new flow is searched with tables that are ready. While those of a changed phone are being built, its new flows are
 * searched for what was registered before; from the moment they are ready, for what is registered now. A phone that was never
 * searched for before is not kept waiting: if its first flow comes before its tables, they are built there and then.
 */
import { setImmediate } from 'node:timers/promises';
import type { DeviceRegistry } from '../devices/registry.ts';
import { isPrepared, type Known, prepareInSteps, prepareKnown } from '../inspect/search/known.ts';
import { registry } from '../kinds/registry.ts';
import type { Log } from '../model/connection.ts';
import type { Device } from '../model/device.ts';
import { faultOf } from '../model/fault.ts';

export interface SearchTables {
  /** The registration that new flows of this phone are searched for; null when nobody registered it. */
  deviceFor(deviceId: string | null): Device | null;
  /** Builds what is not there yet; settles when the tables of these devices are ready, or newer ones are. */
  build(devices: readonly Device[]): Promise<void>;
  /** Leaves unfinished tables. */
  stop(): void;
}

export interface SearchTablesOptions {
  /** As registered now. */
  deviceOf(deviceId: string | null): Device | null;
  /** Lets everything else have its turn. */
  turn?: () => Promise<void>;
  onBuilt?: (known: Known) => void;
}

/** Ready for the phones that are registered; follows every change from then on. */
export async function openSearchTables(
  devices: Pick<DeviceRegistry, 'list' | 'onChange'>,
  deviceOf: SearchTablesOptions['deviceOf'],
  log: Pick<Log, 'error' | 'warn'>,
): Promise<SearchTables> {
  const onBuilt = ({ dropped }: Known): void => {
    if (dropped > 0)
      log.warn({ dropped }, 'too many values are registered for one phone: some digests are not looked for');
  };
  const tables = createSearchTables({ deviceOf, onBuilt });
  await tables.build(devices.list());
  const unsubscribe = devices.onChange((all) => {
    tables.build(all).catch((error) => log.error(faultOf(error), 'search tables could not be built'));
  });
  return {
    ...tables,
    stop() {
      unsubscribe();
      tables.stop();
    },
  };
}

export function createSearchTables({ deviceOf, turn = setImmediate, onBuilt }: SearchTablesOptions): SearchTables {
  /** Whose tables were ready when they were last asked for. */
  const serving = new Map<string, Device>();
  /** Being built or about to be. */
  const wanted = new Map<string, Device>();
  let working: Promise<void> | null = null;
  let isStopped = false;

  async function work(): Promise<void> {
    for (const [id, device] of wanted) {
      try {
        await buildOne(device);
      } finally {
        // While it was being built a newer registration may have come, which stands in the map now.
        if (wanted.get(id) === device) wanted.delete(id);
      }
    }
  }

  async function buildOne(device: Device): Promise<void> {
    const steps = prepareInSteps(device, registry);
    for (let step = steps.next(); !step.done; step = steps.next()) {
      await turn();
      const isStillNeeded = wanted.get(device.id) === device && !isPrepared(device, registry);
      if (isStopped || !isStillNeeded) return;
    }
    onBuilt?.(prepareKnown(device, registry));
  }

  return {
    deviceFor(deviceId) {
      const device = deviceOf(deviceId);
      if (!device) return null;
      const before = serving.get(device.id);
      if (before && wanted.has(device.id) && !isPrepared(device, registry)) return before;
      serving.set(device.id, device);
      return device;
    },
    async build(devices) {
      const ids = new Set(devices.map(({ id }) => id));
      for (const id of serving.keys()) if (!ids.has(id)) serving.delete(id);
      for (const device of devices) {
        if (isPrepared(device, registry)) wanted.delete(device.id);
        else wanted.set(device.id, device);
      }
      while (wanted.size > 0 && !isStopped) {
        working ??= work().finally(() => {
          working = null;
        });
        await working;
      }
    },
    stop() {
      isStopped = true;
    },
  };
}
