/** A flow, a finding and their surroundings, with lab values, for the tests of the alert room. */
import { randomBytes } from 'node:crypto';
import type { AlertContext } from '../../src/alert/context.ts';
import { createMasking } from '../../src/lab/masking.ts';
import type { DestinationFacts } from '../../src/model/destination.ts';
import type { Flow } from '../../src/model/flow.ts';
import { type Finding, type Kind, mask } from '../../src/model/identifier.ts';

export const TIME = Date.UTC(2026, 10, 22, 10, 0, 0);
export const IMEI = '490154203237518';

/** Nothing is registered: the detector knows shapes alone. */
export const NO_PHONE = createMasking(() => null);

export const CHINA_TELECOM: DestinationFacts = {
  location: { country: 'CN', confidence: 'agreed', votes: [], note: null },
  network: { asn: 23724, org: 'China Telecom', country: 'CN' },
  owner: { name: 'China Telecom', country: 'CN', kind: 'telecom', evidence: 'table', parent: null },
};

export const XIAOMI_SINGAPORE: DestinationFacts = {
  location: { country: 'SG', confidence: 'single', votes: [], note: null },
  network: { asn: null, org: null, country: null },
  owner: { name: 'Xiaomi', country: 'CN', kind: 'device-maker', evidence: 'table', parent: null },
};

export function labFlow(changes: Partial<Flow> = {}): Flow {
  return {
    id: 'flow-1',
    openedAt: TIME,
    engine: 'wire',
    client: { ip: '10.77.0.2', port: 40000 },
    deviceId: 'nokia-7-plus-01',
    arrival: 'http-absolute',
    treatment: 'intercept',
    treatmentReason: null,
    destination: { host: 'zzhc.vnet.cn', port: 80, ip: '42.62.48.10' },
    encrypted: false,
    intercepted: true,
    hello: null,
    simulated: false,
    ...changes,
  };
}

export function labContext(changes: Partial<AlertContext> = {}): AlertContext {
  return {
    flow: labFlow(),
    head: { protocol: 'http/1.1', method: 'POST', target: '/', scheme: 'http', authority: 'zzhc.vnet.cn' },
    facts: CHINA_TELECOM,
    device: { id: 'nokia-7-plus-01', model: 'Nokia 7 Plus', ip: '10.77.0.2', mac: null },
    case: null,
    time: TIME,
    ...changes,
  };
}

export function labFinding(
  changes: { kind?: Kind; value?: string; seen?: string } & Partial<Finding['identifier']> &
    Partial<Finding['evidence']> = {},
): Finding {
  const {
    kind = 'imei',
    value = IMEI,
    seen = value,
    confidence = 'certain',
    known = true,
    reasoning,
    ...evidence
  } = changes;
  return {
    identifier: {
      kind,
      masked: changes.masked ?? mask(value),
      known,
      confidence,
      reasoning: reasoning ?? 'registered IMEI of this phone',
    },
    evidence: {
      flow: 'flow-1',
      direction: 'request',
      where: 'body',
      path: '$.IMEI1',
      decoding: ['base64', 'json'],
      hash: null,
      offset: 12,
      ...evidence,
    },
    exchange: 0,
    value,
    seen,
    window: randomBytes(16),
  };
}

export function countingIds(): (time: number) => string {
  let next = 0;
  return () => `ALERT${String(++next).padStart(21, '0')}`;
}
