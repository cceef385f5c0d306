/** Writes devices back as a devices file that `parseDevices` reads to the same devices. Values stand in clear. */
import { yaml } from '../formats/yaml.ts';
import type { Device, PlantedPhoto } from '../model/device.ts';

/** @param photoPath what to write for a photo: the caller keeps its bytes. */
export function formatDevices(
  devices: readonly Device[],
  format: 'yaml' | 'json',
  photoPath: (photo: PlantedPhoto) => string = ({ name }) => name,
): string {
  const file = { devices: devices.map((device) => entryOf(device, photoPath)) };
  if (format === 'json') return `${JSON.stringify(file, null, 2)}\n`;
  // Every text in quotes: other YAML readers would turn a bare 001010123456789 into a number.
  return yaml().stringify(file, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}

function entryOf(device: Device, photoPath: (photo: PlantedPhoto) => string): object {
  const { ip, mac, login, default: isDefault } = device.match;
  const { photos, ...texts } = device.canaries;
  return pruned({
    id: device.id,
    model: device.model,
    match: pruned({ ip, mac, login, default: isDefault || null }),
    identifiers: pruned(device.identifiers),
    canaries: pruned({ ...texts, photos: photos.map(photoPath) }),
    salts: device.salts,
    ignore: device.ignore,
  });
}

/** Without what is empty: a short file is one that people read. */
function pruned(fields: object): Record<string, unknown> {
  const kept = Object.entries(fields).filter(([, value]) => {
    if (value === null || value === undefined) return false;
    return typeof value !== 'object' || Object.keys(value).length > 0;
  });
  return Object.fromEntries(kept);
}
