/** EXIF as a camera writes it (CIPA DC-008), put into a JPEG: for photos that nobody took. */

interface Tag {
  id: number;
  type: 2 | 4 | 5;
  value: string | number | [number, number][];
}

export interface CameraMarks {
  make?: string;
  model?: string;
  takenAt?: string;
  lat?: number;
  lon?: number;
  thumbnail?: Buffer;
}

/** TIFF bytes, little-endian. */
export function makeExif({ make, model, takenAt, lat, lon, thumbnail }: CameraMarks): Buffer {
  const main: Tag[] = [];
  if (make) main.push({ id: 0x010f, type: 2, value: make });
  if (model) main.push({ id: 0x0110, type: 2, value: model });
  const photo: Tag[] = takenAt ? [{ id: 0x9003, type: 2, value: takenAt }] : [];
  const gps: Tag[] =
    lat === undefined || lon === undefined
      ? []
      : [
          { id: 1, type: 2, value: lat < 0 ? 'S' : 'N' },
          { id: 2, type: 5, value: sexagesimal(lat) },
          { id: 3, type: 2, value: lon < 0 ? 'W' : 'E' },
          { id: 4, type: 5, value: sexagesimal(lon) },
        ];
  // Directories one after the other, each with its long values behind it.
  const mainSize = size([...main, { id: 0x8769, type: 4, value: 0 }, { id: 0x8825, type: 4, value: 0 }]);
  const photoAt = 8 + mainSize;
  const gpsAt = photoAt + size(photo);
  const secondAt = gpsAt + size(gps);
  const thumbnailTags = (at: number, length: number): Tag[] => [
    { id: 0x0201, type: 4, value: at },
    { id: 0x0202, type: 4, value: length },
  ];
  const thumbnailAt = secondAt + size(thumbnailTags(0, 0));
  const header = Buffer.from('II*\0\x08\0\0\0', 'latin1');
  return Buffer.concat([
    header,
    directory(
      [...main, { id: 0x8769, type: 4, value: photoAt }, { id: 0x8825, type: 4, value: gpsAt }],
      8,
      thumbnail ? secondAt : 0,
    ),
    directory(photo, photoAt, 0),
    directory(gps, gpsAt, 0),
    ...(thumbnail ? [directory(thumbnailTags(thumbnailAt, thumbnail.length), secondAt, 0), thumbnail] : []),
  ]);
}

/** The JPEG with an APP1 segment behind its start marker. */
export function withExif(jpeg: Buffer, tiff: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(2 + 6 + tiff.length, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, Buffer.from('Exif\0\0', 'latin1'), tiff, jpeg.subarray(2)]);
}

function sexagesimal(degrees: number): [number, number][] {
  const whole = Math.abs(degrees);
  const minutes = (whole % 1) * 60;
  return [
    [Math.floor(whole), 1],
    [Math.floor(minutes), 1],
    [Math.round((minutes % 1) * 60 * 1e4), 1e4],
  ];
}

function size(tags: Tag[]): number {
  return 2 + tags.length * 12 + 4 + tags.reduce((sum, tag) => sum + (long(tag)?.length ?? 0), 0);
}

/** The value where it does not fit into the entry. */
function long({ type, value }: Tag): Buffer | null {
  if (type === 2 && typeof value === 'string' && value.length >= 4) return Buffer.from(`${value}\0`, 'latin1');
  if (!Array.isArray(value)) return null;
  const bytes = Buffer.alloc(value.length * 8);
  for (const [i, [over, under]] of value.entries()) {
    bytes.writeUInt32LE(over, i * 8);
    bytes.writeUInt32LE(under, i * 8 + 4);
  }
  return bytes;
}

function directory(tags: Tag[], at: number, next: number): Buffer {
  const entries = Buffer.alloc(2 + tags.length * 12 + 4);
  const values: Buffer[] = [];
  let behind = at + entries.length;
  entries.writeUInt16LE(tags.length, 0);
  for (const [i, tag] of tags.entries()) {
    const entry = entries.subarray(2 + i * 12, 14 + i * 12);
    const { id, type, value } = tag;
    entry.writeUInt16LE(id, 0);
    entry.writeUInt16LE(type, 2);
    entry.writeUInt32LE(typeof value === 'string' ? value.length + 1 : Array.isArray(value) ? value.length : 1, 4);
    const bytes = long(tag);
    if (bytes) {
      entry.writeUInt32LE(behind, 8);
      behind += bytes.length;
      values.push(bytes);
    } else if (typeof value === 'string') entry.write(`${value}\0`, 8, 'latin1');
    else if (typeof value === 'number') entry.writeUInt32LE(value, 8);
  }
  entries.writeUInt32LE(next, 2 + tags.length * 12);
  return Buffer.concat([entries, ...values]);
}
