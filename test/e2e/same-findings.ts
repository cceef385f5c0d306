/** What a lab found and what `scan` found, as they are compared: every field but ids and times. */
import type { ScanFinding } from '../../src/model/scan.ts';
import type { Wire } from '../clients/wire-tap.ts';
import { pcapng } from '../scan/capture-file.ts';

export type Told = Pick<ScanFinding, 'identifier' | 'evidence' | 'flow' | 'destination' | 'severity' | 'attribution'>;

/** Every field but ids and times, in one order. */
export function essence({ identifier, evidence, flow, destination, severity, attribution }: Told): string {
  const { flow: _id, ...place } = evidence;
  const all = { identifier, place, flow, destination, severity, attribution: attribution ?? null };
  return JSON.stringify(all, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/**
 * What a capture beyond the proxy would hold: each connection without the request for its tunnel, its server at the address
 * where the lab filed it.
 */
export function captureOf({ connections, keys }: Pick<Wire, 'connections' | 'keys'>, server: string): Buffer {
  const conversations = connections.map((parts) => {
    const all = [true, false].map((up) =>
      Buffer.concat(parts.filter((part) => part.up === up).map(({ bytes }) => bytes)),
    );
    const heads = all.map((bytes) => bytes.indexOf('\r\n\r\n') + 4);
    const [, port] = /^CONNECT \S+:(\d+) /.exec(String(all[0])) ?? [];
    const left = { up: heads[0] ?? 0, down: heads[1] ?? 0 };
    const kept = parts.flatMap(({ up, bytes }) => {
      const side = up ? 'up' : 'down';
      const skipped = Math.min(left[side], bytes.length);
      left[side] -= skipped;
      return bytes.length > skipped ? [{ up, bytes: bytes.subarray(skipped) }] : [];
    });
    return { server: { ip: server, port: Number(port) }, parts: kept };
  });
  return pcapng(conversations, keys.join(''));
}
