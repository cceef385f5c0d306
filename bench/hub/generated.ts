/** What simulated phones tell: alerts and connections as a lab stores them, no two alike, the same ones for the same number. */
import { createHash } from 'node:crypto';
import type { Alert } from '../../src/model/alert.ts';
import type { DestinationFacts } from '../../src/model/destination.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { labAlert, labFlowRecord } from '../../test/sinks/lab-alert.ts';

export const MODELS = 12;
export const COMPANIES = 150;
const COUNTRIES = ['CN', 'VN', 'US', 'SG', 'JP', 'DE', 'KR', 'RU'];
const KINDS = [
  'imei',
  'imsi',
  'android_id',
  'advertising_id',
  'serial',
  'location',
  'wifi_mac',
  'phone_number',
] as const;
const PHASES = ['boot', 'before-consent', 'after-consent', 'unlock'];

/** Numbers that look thrown and are always the same. */
export const thrown = (...of: (string | number)[]): number =>
  createHash('sha256').update(of.join(' ')).digest().readUInt32LE(0);

export const modelOf = (phone: number): string => `Model ${1 + (phone % MODELS)}`;
export const firmwareOf = (phone: number): string => `${1 + (phone % 3)}.${phone % 2}`;

function factsOf(company: number): DestinationFacts {
  const country = COUNTRIES[company % COUNTRIES.length] as string;
  return {
    location: { country, confidence: 'agreed', votes: [], note: null },
    network: { asn: 4000 + company, org: `Network ${company}`, country },
    owner: { name: `Company ${company}`, country, kind: 'ads', evidence: 'table', parent: null },
  };
}

const serverOf = (company: number, number: number) => ({
  host: `h${number % 40}.company-${company}.example`,
  port: 443,
  ip: `198.51.${company % 256}.${number % 256}`,
});

/** @param number of the alert within its lab, from 1 */
export function alertOf(lab: string, phone: number, number: number, time: number): Alert {
  const throwOf = thrown(lab, phone, number);
  const company = throwOf % COMPANIES;
  const kind = KINDS[(throwOf >>> 8) % KINDS.length] as (typeof KINDS)[number];
  const at = new Date(time).toISOString();
  const alert = labAlert(number);
  return {
    ...alert,
    id: `${lab}-${number}-${throwOf.toString(36)}`,
    time: at,
    firstSeen: at,
    lastSeen: at,
    device: { id: `phone-${phone}`, model: modelOf(phone), ip: `10.77.0.${10 + phone}`, mac: null },
    case: { id: `case-${phone}`, phase: PHASES[throwOf % PHASES.length] as string },
    identifier: { ...(alert.identifier as NonNullable<Alert['identifier']>), kind },
    evidence: {
      ...(alert.evidence as NonNullable<Alert['evidence']>),
      flow: `flow-${number}`,
      path: `$.events[${throwOf % 30}].device.${kind}_${throwOf % 7}`,
    },
    destination: { ...serverOf(company, throwOf), ...factsOf(company) },
  };
}

export function flowOf(lab: string, phone: number, number: number, time: number): FlowRecord {
  const throwOf = thrown(lab, phone, number, 'flow');
  const company = throwOf % COMPANIES;
  return {
    ...labFlowRecord(`${lab}-f${number}-${throwOf.toString(36)}`, time),
    deviceId: `phone-${phone}`,
    client: { ip: `10.77.0.${10 + phone}`, port: 20_000 + (throwOf % 40_000) },
    destination: serverOf(company, throwOf),
    facts: factsOf(company),
    closedAt: time + 1 + (throwOf % 900),
    bytesUp: throwOf % 9000,
    bytesDown: throwOf % 90_000,
    requests: 1 + (throwOf % 5),
  };
}

export const opened = (flow: FlowRecord): FlowRecord => ({
  ...flow,
  closedAt: null,
  bytesUp: 0,
  bytesDown: 0,
  requests: 0,
});
