/** Alerts with lab values only, for tests of what shows them. */
import type { Alert, Severity } from '../../src/model/alert.ts';

export interface AlertWish {
  seq: number;
  /** Default: a new alert per seq. */
  id?: string;
  severity?: Severity;
  device?: string;
  kind?: 'imei' | 'imsi' | 'iccid' | 'wifi_mac';
  count?: number;
  host?: string;
  owner?: string;
  phase?: string | null;
  decoding?: string[];
}

const MASKED = {
  imei: '490154*******18',
  imsi: '001010*******89',
  iccid: '890010***********02',
  wifi_mac: '02:00:*********01',
};

export function labAlert(wish: AlertWish): Alert {
  const { seq, severity = 'critical', device = 'nokia-7-plus-01', kind = 'imei', count = 1 } = wish;
  const time = new Date(Date.UTC(2026, 10, 22, 10, 0, 0) + seq * 1000).toISOString();
  return {
    v: 1,
    seq,
    id: wish.id ?? `01J${String(seq).padStart(23, '0')}`,
    time,
    type: 'leak',
    severity,
    device: { id: device, model: 'Nokia 7 Plus', ip: '10.77.0.2', mac: '02:00:5e:10:00:01' },
    case: wish.phase === undefined ? null : { id: 'case-1', phase: wish.phase },
    identifier: {
      kind,
      masked: MASKED[kind],
      known: true,
      confidence: 'certain',
      reasoning: `registered ${kind.toUpperCase()} of this phone`,
    },
    evidence: {
      flow: 'f1',
      direction: 'request',
      where: 'body',
      path: '$.IMEI1',
      decoding: wish.decoding ?? ['base64', 'json:$.IMEI1'],
      hash: null,
      offset: 123,
    },
    flow: { protocol: 'http/1.1', method: 'POST', url: 'http://zzhc.vnet.cn/', encrypted: false, intercepted: true },
    destination: {
      host: wish.host ?? 'zzhc.vnet.cn',
      ip: '42.62.48.10',
      port: 80,
      location: {
        country: 'CN',
        confidence: 'agreed',
        votes: [{ source: 'dbip-country 2026-06-01', country: 'CN' }],
        note: null,
      },
      network: { asn: 23724, org: 'IDC, China Telecommunications Corporation', country: 'CN' },
      owner: { name: wish.owner ?? 'China Telecom', country: 'CN', kind: 'telecom', evidence: 'table', parent: null },
    },
    count,
    firstSeen: time,
    lastSeen: time,
    simulated: true,
    message: `${kind.toUpperCase()} sent to China Telecom in clear`,
    label: null,
  };
}
