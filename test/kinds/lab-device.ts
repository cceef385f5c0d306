/** A phone with one value of every kind: the examples of the kinds, lab values that stand for nobody. */
import { registry } from '../../src/kinds/registry.ts';
import type { Device } from '../../src/model/device.ts';

export function labDevice(
  changes: Partial<Device['identifiers']> = {},
  canaries: Partial<Device['canaries']> = {},
): Device {
  return {
    id: 'lab',
    model: 'Nokia 7 Plus',
    match: { ip: '10.77.0.2', mac: null, default: true },
    identifiers: {
      ...Object.fromEntries(registry.flatMap(({ kind, example }) => (example ? [[kind, [example]]] : []))),
      location: [{ lat: 21.0278, lon: 105.8342, radius_m: 2000 }],
      cell: [{ mcc: 452, mnc: 4, lac: 1234, cid: 7509000 }],
      ...changes,
    },
    canaries: {
      contacts: [{ name: 'Canary Nguyễn', phone: '+84987654321' }],
      messages: ['purple elephant seventeen'],
      photos: [],
      ...canaries,
    },
    salts: [],
  };
}
