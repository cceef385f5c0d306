/** The lab's phone and one request of it, for the tests of the detector. Lab values only. */
import { createInspector, type Inspector, type InspectorOptions } from '../../src/inspect/inspector.ts';
import type { Device } from '../../src/model/device.ts';
import type { Flow, FlowEvent } from '../../src/model/flow.ts';
import type { Finding, InspectEvent } from '../../src/model/identifier.ts';

export const IMEI = '490154203237518';
export const IMSI = '001010123456789';
export const ICCID = '89001000000000000002';
export const MAC = '02:00:5e:10:00:01';

export const labPhone: Device = {
  id: 'lab-phone',
  model: 'Lab Phone',
  match: { ip: null, mac: null, default: true },
  identifiers: {
    imei: [IMEI],
    imsi: [IMSI],
    iccid: [ICCID],
    serial: ['LABSERIAL0001'],
    wifi_mac: [MAC],
    phone_number: ['+84912345678'],
    android_id: ['9774d56d682e549c'],
    advertising_id: ['38400000-8cf0-11bd-b23e-10b96e40000d'],
    email: ['lab@example.com'],
    location: [{ lat: 21.0278, lon: 105.8342, radius_m: 2000 }],
    cell: [{ mcc: 452, mnc: 4, lac: 1234, cid: 7509000 }],
    ssid: ['LabWiFi'],
    bssid: ['02:11:22:33:44:55'],
  },
  canaries: {
    contacts: [{ name: 'Canary Nguyen', phone: '+84987654321' }],
    messages: ['purple elephant seventeen'],
    photos: [],
  },
  salts: [],
};

export interface Sent {
  target?: string;
  headers?: [string, string][];
  body?: Buffer | string;
  /** Cuts the body before these offsets; a number cuts it into pieces of that size. */
  cuts?: number[] | number;
  device?: Device | null;
  options?: Partial<InspectorOptions>;
}

export function labFlow(id: string, changes: Partial<Flow> = {}): FlowEvent {
  const flow: Flow = {
    id,
    openedAt: 0,
    engine: 'wire',
    client: { ip: '10.77.0.2', port: 40000 },
    deviceId: 'lab-phone',
    arrival: 'http-connect',
    treatment: 'intercept',
    treatmentReason: null,
    destination: { host: 'vendor.example', port: 80, ip: '192.0.2.1' },
    encrypted: false,
    intercepted: true,
    hello: null,
    simulated: true,
    ...changes,
  };
  return { type: 'flow-opened', flow, time: 0 };
}

export const closed = (flowId: string): FlowEvent => ({
  type: 'flow-closed',
  flowId,
  time: 0,
  reason: 'ended',
  detail: null,
  bytesUp: 0,
  bytesDown: 0,
});

/** One for all requests with default options: expanding a phone takes a while. */
let shared: Inspector | null = null;
let sharedDevice: Device | null = labPhone;

function inspectorFor(device: Device | null, options: Partial<InspectorOptions>): Inspector {
  if (Object.keys(options).length > 0) return createInspector({ deviceFor: () => device, ...options });
  sharedDevice = device;
  shared ??= createInspector({ deviceFor: () => sharedDevice });
  return shared;
}

/** Everything the inspector says about one request. */
export function inspect({
  target = '/',
  headers = [],
  body = '',
  cuts = [],
  device = labPhone,
  options = {},
}: Sent): InspectEvent[] {
  const inspector = inspectorFor(device, options);
  const events: FlowEvent[] = [
    labFlow('f'),
    {
      type: 'request-head',
      flowId: 'f',
      exchange: 1,
      time: 0,
      protocol: 'http/1.1',
      method: 'POST',
      target,
      scheme: 'http',
      authority: 'vendor.example',
      headers: [['Host', 'vendor.example'], ...headers],
    },
    ...pieces(Buffer.from(body), cuts).map(
      (bytes): FlowEvent => ({ type: 'body-chunk', flowId: 'f', exchange: 1, direction: 'request', time: 0, bytes }),
    ),
    { type: 'body-end', flowId: 'f', exchange: 1, direction: 'request', time: 0, trailers: [], complete: true },
    closed('f'),
  ];
  return events.flatMap((event) => inspector.push(event));
}

/** Everything the inspector says about one connection that no reader understands. */
export function inspectRaw(bytes: Buffer, cuts: number[] | number): InspectEvent[] {
  const inspector = inspectorFor(labPhone, {});
  const events: FlowEvent[] = [
    labFlow('f'),
    ...pieces(bytes, cuts).map(
      (piece): FlowEvent => ({ type: 'raw-bytes', flowId: 'f', direction: 'request', time: 0, bytes: piece }),
    ),
    closed('f'),
  ];
  return events.flatMap((event) => inspector.push(event));
}

export function pieces(bytes: Buffer, cuts: number[] | number): Buffer[] {
  const at =
    typeof cuts === 'number'
      ? Array.from({ length: Math.ceil(bytes.length / cuts) }, (_, index) => index * cuts)
      : [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1))])].sort((a, b) => a - b);
  return at
    .map((from, index) => bytes.subarray(from, at[index + 1] ?? bytes.length))
    .filter((piece) => piece.length > 0);
}

export function findings(events: InspectEvent[]): Finding[] {
  return events.flatMap((event) => (event.type === 'finding' ? [event.finding] : []));
}

/** What must not depend on cutting: everything but the copied window. */
export function essence(events: InspectEvent[]): string[] {
  return events
    .map((event) => {
      if (event.type !== 'finding') return event.reason;
      const { identifier, evidence, value, seen } = event.finding;
      return JSON.stringify({ identifier, evidence, value, seen });
    })
    .sort();
}

/** Short form: `imei body $.a [base64,json]`. */
export function summary(events: InspectEvent[]): string[] {
  return findings(events).map(
    ({ identifier, evidence }) =>
      `${identifier.kind} ${evidence.where} ${evidence.path} [${evidence.decoding.join(',')}]${evidence.hash ? ` ${evidence.hash}` : ''}`,
  );
}
