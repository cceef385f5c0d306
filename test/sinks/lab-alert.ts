/** Alerts and flows with lab values for the tests of the sinks. */
import type { Alert, AlertRecord } from '../../src/model/alert.ts';
import type { Flow } from '../../src/model/flow.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';

export const IMEI = '490154203237518';

export function labAlert(seq: number, changes: Partial<Alert> = {}): Alert {
  const time = new Date(Date.UTC(2026, 10, 22, 10, 0, 0) + seq * 1000).toISOString();
  return {
    v: 1,
    seq,
    id: `01JALERT${String(seq).padStart(18, '0')}`,
    time,
    type: 'leak',
    severity: 'critical',
    device: { id: 'nokia-7-plus-01', model: 'Nokia 7 Plus', ip: '10.77.0.2', mac: null },
    case: null,
    identifier: {
      kind: 'imei',
      masked: '490154*******18',
      known: true,
      confidence: 'certain',
      reasoning: 'registered IMEI of this phone',
    },
    evidence: {
      flow: 'flow-1',
      direction: 'request',
      where: 'body',
      path: '$.IMEI1',
      decoding: ['base64', 'json'],
      hash: null,
      offset: 12,
    },
    flow: { protocol: 'http/1.1', method: 'POST', url: 'http://zzhc.vnet.cn/', encrypted: false, intercepted: true },
    destination: {
      host: 'zzhc.vnet.cn',
      port: 80,
      ip: '42.62.48.10',
      location: { country: 'CN', confidence: 'agreed', votes: [], note: null },
      network: { asn: 23724, org: 'China Telecom', country: 'CN' },
      owner: { name: 'China Telecom', country: 'CN', kind: 'telecom', evidence: 'table', parent: null },
    },
    count: 1,
    firstSeen: time,
    lastSeen: time,
    simulated: false,
    message: 'The IMEI of Nokia 7 Plus went to China Telecom (China), unencrypted: anyone on the path can read it.',
    label: null,
    ...changes,
  };
}

export function labRecord(seq: number, changes: Partial<Alert> = {}): AlertRecord {
  return {
    alert: labAlert(seq, changes),
    secret: { value: IMEI, seen: Buffer.from(IMEI).toString('base64'), window: Buffer.from(`..${IMEI}..`) },
  };
}

export function labFlow(id: string, changes: Partial<Flow> = {}): Flow {
  return {
    id,
    openedAt: 1_000,
    engine: 'wire',
    client: { ip: '10.77.0.2', port: 40000 },
    deviceId: 'nokia-7-plus-01',
    arrival: 'http-connect',
    treatment: 'intercept',
    treatmentReason: null,
    destination: { host: 'zzhc.vnet.cn', port: 443, ip: '42.62.48.10' },
    encrypted: true,
    intercepted: true,
    hello: { sni: 'zzhc.vnet.cn', alpn: ['h2'], ja4: null, ech: false, grease: true },
    simulated: false,
    ...changes,
  };
}

export function labFlowRecord(id: string, openedAt: number, changes: Partial<FlowRecord> = {}): FlowRecord {
  const { client, engine, arrival, treatment, destination, hello } = labFlow(id);
  return {
    id,
    openedAt,
    closedAt: openedAt + 100,
    deviceId: 'nokia-7-plus-01',
    client,
    engine,
    arrival,
    treatment,
    treatmentReason: null,
    destination,
    facts: null,
    encrypted: true,
    intercepted: true,
    simulated: false,
    hello,
    tls: null,
    certificate: null,
    protocol: 'h2',
    requests: 1,
    findings: 0,
    notSeen: [],
    reason: 'ended',
    detail: null,
    bytesUp: 10,
    bytesDown: 20,
    ...changes,
  };
}
