/**
 * Puts a position into a JPEG: an Exif segment (CIPA DC-008) with maker, model and GPS, as a phone's camera writes it.
 * Promise: the picture's own bytes stay as they are; the segment stands right behind the start marker.
 */

interface Entry {
  tag: number;
  type: 'ascii' | 'long' | 'rational';
  values: Buffer;
  count: number;
}

const TYPE_CODE = { ascii: 2, long: 4, rational: 5 } as const;

const ascii = (tag: number, text: string): Entry => ({
  tag,
  type: 'ascii',
  values: Buffer.from(`${text}\0`, 'latin1'),
  count: text.length + 1,
});

const long = (tag: number, value: number): Entry => {
  const values = Buffer.alloc(4);
  values.writeUInt32LE(value);
  return { tag, type: 'long', values, count: 1 };
};

/** Degrees, minutes, seconds as three fractions. */
function degrees(tag: number, value: number): Entry {
  const seconds100 = Math.round(Math.abs(value) * 3600 * 100);
  const parts = [Math.floor(seconds100 / 360_000), 1, Math.floor(seconds100 / 6000) % 60, 1, seconds100 % 6000, 100];
  const values = Buffer.alloc(24);
  parts.forEach((part, index) => {
    values.writeUInt32LE(part, index * 4);
  });
  return { tag, type: 'rational', values, count: 3 };
}

/** One image file directory; `at` is its offset from the TIFF header. Values longer than 4 bytes follow it. */
function directory(entries: Entry[], at: number): Buffer {
  const table = Buffer.alloc(2 + entries.length * 12 + 4);
  const tail: Buffer[] = [];
  let tailAt = at + table.length;
  table.writeUInt16LE(entries.length, 0);
  entries.forEach((entry, index) => {
    const place = 2 + index * 12;
    table.writeUInt16LE(entry.tag, place);
    table.writeUInt16LE(TYPE_CODE[entry.type], place + 2);
    table.writeUInt32LE(entry.count, place + 4);
    if (entry.values.length <= 4) {
      entry.values.copy(table, place + 8);
    } else {
      table.writeUInt32LE(tailAt, place + 8);
      tail.push(entry.values);
      tailAt += entry.values.length;
    }
  });
  return Buffer.concat([table, ...tail]);
}

export function addPosition(
  jpeg: Buffer,
  given: { make: string; model: string; latitude: number; longitude: number },
): Buffer {
  const header = Buffer.from([0x49, 0x49, 0x2a, 0x00, 8, 0, 0, 0]);
  const main = (gpsAt: number): Buffer =>
    directory([ascii(0x010f, given.make), ascii(0x0110, given.model), long(0x8825, gpsAt)], header.length);
  const gpsAt = header.length + main(0).length;
  const gps = directory(
    [
      ascii(1, given.latitude < 0 ? 'S' : 'N'),
      degrees(2, given.latitude),
      ascii(3, given.longitude < 0 ? 'W' : 'E'),
      degrees(4, given.longitude),
    ],
    gpsAt,
  );
  const payload = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), header, main(gpsAt), gps]);
  const marker = Buffer.from([0xff, 0xe1, 0, 0]);
  marker.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), marker, payload, jpeg.subarray(2)]);
}
