/**
 * What of a stored row leaves the shop. Promise: only what is named here does; a phone is a pseudonym, the same in every lab that
 * has the organisation's key, unless the hub may see names; never a value, and without that leave not even its mask.
 */
import { createHmac } from 'node:crypto';
import type { Alert } from '../../model/alert.ts';
import type { Gap } from '../../model/coverage.ts';
import type { DestinationFacts } from '../../model/destination.ts';
import type { FlowRecord } from '../../model/flow.ts';
import type { HubAlert, HubCoverage, HubFlow, HubForgotten, HubGap, HubKind } from '../../model/hub.ts';
import type { KeptCoverage } from '../evidence/store.ts';
import type { StoredRecord } from './reader.ts';

export interface Disclosure {
  /** The organisation's. */
  key: Buffer;
  /** The hub may see names of phones and masked values. */
  isClear: boolean;
  /** Null: nobody registered it. */
  modelOf(device: string): string | null;
  /** As the tester noted it of the test run a phone was in at that time, milliseconds since the epoch; null: nobody did. */
  firmwareOf(device: string, time: number): string | null;
  /** Of a value that nobody registered; without it, and for others, none leaves. */
  printOf?: (alert: Alert) => string | null;
}

export type Content = { kind: HubKind; content: unknown };

const PSEUDONYM_DIGITS = 24;

/** HMAC-SHA256 (RFC 2104), cut to 96 bits: no two of a million phones meet. */
export const pseudonymOf = (key: Buffer, device: string): string =>
  createHmac('sha256', key).update(`unit ${device}`).digest('hex').slice(0, PSEUDONYM_DIGITS);

/** Null: it says nothing elsewhere, its link goes alone. */
export function contentOf({ type, json }: StoredRecord, disclosure: Disclosure): Content | null {
  if (json === null) return null;
  const row: unknown = JSON.parse(json);
  if (type === 'alert') return { kind: 'alert', content: alertOf(row as Alert, disclosure) };
  if (type === 'flow') return { kind: 'flow', content: flowOf(row as FlowRecord, disclosure) };
  if (type === 'coverage') return { kind: 'coverage', content: coverageOf(row as KeptCoverage, disclosure) };
  if (type === 'gap') return { kind: 'gap', content: gapOf(row as Gap) };
  const { forgotten } = row as { forgotten: string };
  return { kind: 'forgotten', content: phoneOf(forgotten, disclosure) satisfies HubForgotten };
}

function phoneOf(device: string, { key, isClear }: Disclosure): { unit: string; name?: string } {
  return { unit: pseudonymOf(key, device), ...(isClear ? { name: device } : {}) };
}

function alertOf(alert: Alert, disclosure: Disclosure): HubAlert {
  const { identifier, evidence, destination, flow } = alert;
  const print = disclosure.printOf?.(alert) ?? null;
  return {
    ...phoneOf(alert.device.id, disclosure),
    ...serverOf(destination, destination),
    id: alert.id,
    seq: alert.seq,
    type: alert.type,
    severity: alert.severity,
    model: alert.device.model,
    firmware: disclosure.firmwareOf(alert.device.id, Date.parse(alert.firstSeen)),
    kind: identifier?.kind ?? null,
    confidence: identifier?.confidence ?? null,
    ...(disclosure.isClear && identifier ? { masked: identifier.masked } : {}),
    ...(print === null ? {} : { print }),
    direction: evidence?.direction ?? null,
    where: evidence?.where ?? null,
    path: evidence?.path ?? null,
    decoding: evidence?.decoding ?? [],
    hashed: evidence?.hash ?? null,
    encrypted: flow?.encrypted ?? null,
    phase: alert.case?.phase ?? null,
    app: alert.attribution?.name ?? null,
    count: alert.count,
    firstSeen: alert.firstSeen,
    lastSeen: alert.lastSeen,
    simulated: alert.simulated,
  };
}

function flowOf(flow: FlowRecord, disclosure: Disclosure): HubFlow {
  const device = flow.deviceId ?? flow.client.ip;
  return {
    ...phoneOf(device, disclosure),
    ...serverOf(flow.destination, flow.facts),
    id: flow.id,
    model: disclosure.modelOf(device),
    firmware: disclosure.firmwareOf(device, flow.openedAt),
    openedAt: flow.openedAt,
    closedAt: flow.closedAt,
    treatment: flow.treatment,
    encrypted: flow.encrypted,
    intercepted: flow.intercepted,
    protocol: flow.protocol,
    app: flow.app ?? null,
    requests: flow.requests,
    findings: flow.findings,
    bytesUp: flow.bytesUp,
    bytesDown: flow.bytesDown,
    simulated: flow.simulated,
  };
}

function serverOf(
  server: { host: string; ip: string | null; port: number } | null,
  facts: DestinationFacts | null,
): Pick<HubFlow, 'host' | 'ip' | 'port' | 'country' | 'network' | 'company' | 'companyCountry'> {
  return {
    host: server?.host ?? '',
    ip: server?.ip ?? null,
    port: server?.port ?? 0,
    country: facts?.location.country ?? null,
    network: facts?.network.org ?? null,
    company: facts?.owner.name ?? null,
    companyCountry: facts?.owner.country ?? null,
  };
}

function coverageOf({ withOpen }: KeptCoverage, disclosure: Disclosure): HubCoverage {
  return {
    ...phoneOf(withOpen.deviceId, disclosure),
    since: withOpen.since,
    simulated: withOpen.simulated,
    trust: withOpen.trust,
    readShare: withOpen.readShare,
    rows: withOpen.rows.map((row) => ({
      class: row.class,
      connections: row.connections,
      bytesUp: row.bytesUp,
      bytesDown: row.bytesDown,
    })),
  };
}

const gapOf = ({ kind, subject, from, to }: Gap): HubGap => ({ kind, subject, from, to });
