/**
 * The lab's test of itself: a made-up phone sends a made-up serial number the whole way, from the ring to the sinks, at the start
 * and every hour. A lab that does not find it is deaf, and its silence says nothing about any phone.
 * Promise: nothing of it is counted, stored or shown; only that it was missed is told.
 */
import { randomBytes } from 'node:crypto';
import type { Device } from '../model/device.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';
import type { Finding } from '../model/identifier.ts';

export const MARKER_EVERY_MS = 3_600_000;
const MARKER_ID = 'phonehome.marker';
const HOST = 'marker.phonehome.lab';

export interface Marker {
  /** What must be found. */
  serial: string;
  /** The phone it is registered for; null for every other id. */
  deviceOf(deviceId: string | null): Device | null;
  isMarker(flow: Flow): boolean;
  found(finding: Finding): void;
  /** Whether it was found since this was last asked. */
  wasFound(): boolean;
}

export function createMarker(serial = `LAB${randomBytes(9).toString('hex').toUpperCase()}`): Marker {
  const device: Device = {
    id: MARKER_ID,
    model: null,
    match: { ip: null, mac: null, default: false },
    identifiers: { serial: [serial] },
    canaries: { contacts: [], messages: [], photos: [] },
    salts: [],
  };
  let isFound = false;
  return {
    serial,
    deviceOf: (deviceId) => (deviceId === MARKER_ID ? device : null),
    isMarker: (flow) => flow.deviceId === MARKER_ID,
    found({ identifier, value }) {
      if (identifier.kind === 'serial' && identifier.known && value === serial) isFound = true;
    },
    wasFound() {
      const was = isFound;
      isFound = false;
      return was;
    },
  };
}

/** What the relay sends: a flow with one request, in the calls that the wire makes. */
export function sendMarker(
  to: { event(event: FlowEvent): void; bytes(flowId: string, direction: 'request', chunk: Buffer, time: number): void },
  { serial, id, time }: { serial: string; id: string; time: number },
): void {
  const body = JSON.stringify({ device: { serial }, at: time });
  const flow: Flow = {
    id,
    openedAt: time,
    engine: 'wire',
    client: { ip: 'marker', port: 0 },
    deviceId: MARKER_ID,
    arrival: 'http-absolute',
    treatment: 'intercept',
    treatmentReason: null,
    destination: { host: HOST, port: 80, ip: null },
    encrypted: false,
    intercepted: true,
    hello: null,
    simulated: true,
  };
  to.event({ type: 'flow-opened', flow, time });
  const request = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  to.bytes(id, 'request', Buffer.from(request), time);
  const bytesUp = Buffer.byteLength(request);
  to.event({ type: 'flow-closed', flowId: id, time, reason: 'ended', detail: null, bytesUp, bytesDown: 0 });
}
