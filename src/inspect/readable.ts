/** Whether bytes can be read as text. */

/** Below this share of readable characters it is not text. */
const READABLE = 0.9;

/** Mostly printable ASCII, line breaks, or UTF-8 sequences. */
export function isReadable(bytes: Buffer): boolean {
  if (bytes.length === 0) return false;
  const most = bytes.length * (1 - READABLE);
  let bad = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if ((byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
    const follow = byte >= 0xc3 && byte < 0xe0 ? 1 : byte >= 0xe0 && byte < 0xf0 ? 2 : 0;
    if (follow > 0 && continues(bytes, i + 1, follow)) i += follow;
    else if (++bad > most) return false;
  }
  return true;
}

function continues(bytes: Buffer, from: number, count: number): boolean {
  for (let i = from; i < from + count; i++) if (i < bytes.length && (bytes[i]! & 0xc0) !== 0x80) return false;
  return true;
}
