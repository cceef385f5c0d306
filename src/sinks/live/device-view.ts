/** A phone as the API shows it: values masked unless revealed; photos by name only, never by content. */
import type { z } from 'zod';
import type { Device } from '../../model/device.ts';
import { mask } from '../../model/identifier.ts';
import type { deviceView } from '../../model/schemas/phone.ts';

export type DeviceView = z.infer<typeof deviceView>;

/** @param ignoredConnections of a bystander's phone, since the lab started */
export function viewDevice(device: Device, reveal: boolean, ignoredConnections: number | null = null): DeviceView {
  const show = (text: string) => (reveal ? text : mask(text));
  const identifiers = Object.entries(device.identifiers).map(([kind, values]): [string, unknown[]] => [
    kind,
    // A position or a cell is personal as a whole: without revealing only that there is one.
    ((values ?? []) as readonly unknown[]).map((value) =>
      typeof value === 'string' ? show(value) : reveal ? value : '***',
    ),
  ]);
  return {
    id: device.id,
    model: device.model,
    match: device.match,
    identifiers: Object.fromEntries(identifiers),
    canaries: {
      contacts: device.canaries.contacts.map(({ name, phone }) => ({ name: show(name), phone: show(phone) })),
      messages: device.canaries.messages.map(show),
      photos: device.canaries.photos.map(({ name }) => name),
      searches: (device.canaries.searches ?? []).map(show),
      visited: (device.canaries.visited ?? []).map(show),
      clipboard: (device.canaries.clipboard ?? []).map(show),
    },
    salts: device.salts.length,
    ...(device.ignore ? { ignored: { connections: ignoredConnections ?? 0 } } : {}),
  };
}
