/**
 * Phones nobody is to hear of (any more): bystanders', which are passed through and counted, and forgotten ones.
 * Promise: nothing of a bystander's phone reaches a reader, a sink or a watcher; how many connections it made since the lab started
 * is all that is kept, in memory. What was remembered of a phone before is let go of in the same moment.
 */
import type { DeviceRegistry } from '../devices/registry.ts';
import type { Device } from '../model/device.ts';
import type { Flow } from '../model/flow.ts';
import type { Road } from './road.ts';

export interface Bystanders {
  /** The road without the connections of bystanders: their later events belong to a connection that is not open. */
  road: Road;
  /** Null: this phone is not ignored. */
  connectionsOf(deviceId: string): number | null;
  /** Every room remembers nothing of a phone any more; what it goes on sending is told of its address. */
  forget(deviceId: string): void;
  close(): void;
}

export function openBystanders(options: {
  devices: Pick<DeviceRegistry, 'list' | 'onChange'>;
  deviceOf: (id: string | null) => Device | null;
  road: Road;
  /** Rooms that remember phones. */
  rooms: readonly { forget(deviceId: string): void }[];
}): Bystanders {
  const { devices, deviceOf, road, rooms } = options;
  const counts = new Map<string, number>();
  let ignored = ignoredIn(devices.list());
  const letGo = (id: string): void => {
    for (const room of rooms) room.forget(id);
  };
  const close = devices.onChange((all) => {
    const before = ignored;
    ignored = ignoredIn(all);
    for (const id of ignored) {
      if (before.has(id)) continue;
      road.drop(id);
      letGo(id);
    }
  });
  const isIgnored = (id: string | null): id is string => deviceOf(id)?.ignore === true;

  function count({ deviceId, continues, protocol }: Flow): void {
    // A look-up is no connection, nor is the rest of one.
    if (deviceId !== null && !continues && protocol !== 'dns') counts.set(deviceId, (counts.get(deviceId) ?? 0) + 1);
  }

  return {
    road: {
      ...road,
      event(event, turn) {
        if (event.type !== 'flow-opened' || !isIgnored(event.flow.deviceId)) return road.event(event, turn);
        count(event.flow);
        return true;
      },
    },
    connectionsOf: (id) => (isIgnored(id) ? (counts.get(id) ?? 0) : null),
    forget(id) {
      counts.delete(id);
      road.forget(id);
      letGo(id);
    },
    close,
  };
}

const ignoredIn = (all: readonly Device[]): Set<string> =>
  new Set(all.flatMap(({ id, ignore }) => (ignore ? [id] : [])));
