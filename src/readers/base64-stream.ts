/**
 * Decodes base64 that arrives in pieces and may be several padded texts in a row, as grpc-web-text sends it.
 * Line breaks are skipped; at most three characters are kept.
 */
const NOT_BASE64 = /[^A-Za-z0-9+/=\r\n]/;

export class Base64Stream {
  #kept = '';

  /** Null when all was base64; else what was not decoded, from the first bad group on: the caller decides about it. */
  push(bytes: Buffer, emit: (decoded: Buffer) => void): Buffer | null {
    const written = bytes.toString('latin1');
    const bad = written.search(NOT_BASE64);
    const text = this.#kept + (bad < 0 ? written : written.slice(0, bad)).replaceAll('\r', '').replaceAll('\n', '');
    const usable = text.length & ~3;
    for (let at = 0; at < usable; ) {
      // A padded group ends one text; node's decoder would stop there.
      const padding = text.indexOf('=', at);
      const end = padding < 0 || padding >= usable ? usable : (padding | 3) + 1;
      emit(Buffer.from(text.slice(at, end), 'base64'));
      at = end;
    }
    this.#kept = text.slice(usable);
    if (bad < 0) return null;
    return Buffer.concat([this.take(), bytes.subarray(bad)]);
  }

  take(): Buffer {
    const kept = this.#kept;
    this.#kept = '';
    return Buffer.from(kept, 'latin1');
  }
}
