/** Stores as a busy lab has after months: alerts and connections that differ from row to row, written as the lab writes them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { openEvidence } from '../../src/lab/evidence.ts';
import { KINDS } from '../../src/model/kinds.ts';
import { SEVERITIES } from '../../src/model/words.ts';
import { openContentStore } from '../../src/sinks/content/store.ts';
import { readOrCreateKey } from '../../src/sinks/evidence/key-file.ts';
import { openPhoneKeys } from '../../src/sinks/evidence/phone-keys.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { labAlert, labFlowRecord } from '../../test/sinks/lab-alert.ts';

const HOSTS = 4001;
const OWNERS = 701;
const PHONES = 50;
const COUNTRIES = ['CN', 'US', 'VN', 'DE', 'SG', 'JP', 'IE'];
const BATCH = 1000;
/** In one body of the last megabytes that a search comes to. */
export const NEEDLE = 'needle-0f3a9';

export interface Sizes {
  alerts: number;
  flows: number;
  /** Of bodies that are kept, MB. */
  bodies: number;
}

const hostOf = (n: number): string => `api${(n * 7919) % HOSTS}.vendor${((n * 7919) % HOSTS) % OWNERS}.example`;

/** @param start when the first of them was, ms since the epoch */
export function writeStores(data: string, sizes: Sizes, start: number): void {
  mkdirSync(path.join(data, 'certs'), { recursive: true, mode: 0o700 });
  const store = openEvidence(data);
  for (let seq = 1; seq <= sizes.alerts; seq++) {
    const host = hostOf(seq);
    const time = new Date(start + seq * 1000).toISOString();
    const kind = KINDS[seq % KINDS.length] ?? 'imei';
    const given = labAlert(seq);
    store.putAlert({
      alert: {
        ...given,
        severity: SEVERITIES[seq % SEVERITIES.length] ?? 'low',
        device: { ...given.device, id: `phone-${seq % PHONES}`, model: `Model ${seq % 9}` },
        identifier: given.identifier && { ...given.identifier, kind },
        destination: given.destination && { ...given.destination, host },
        flow: given.flow && { ...given.flow, url: `https://${host}/v${seq % 13}/report/${seq}` },
        message: `The ${kind} of Model ${seq % 9} went to Vendor ${seq % OWNERS} (number ${seq}).`,
        time,
        firstSeen: time,
        lastSeen: time,
      },
      secret: null,
    });
  }
  for (let first = 0; first < sizes.flows; first += BATCH)
    store.putFlows(
      Array.from({ length: Math.min(BATCH, sizes.flows - first) }, (_, index) => flowOf(first + index, start)),
    );
  writeBodies(data, sizes, start, (flows) => void store.putFlows(flows));
  store.close();
}

function flowOf(n: number, start: number): FlowRecord {
  const host = hostOf(n);
  const name = (n * 7919) % HOSTS;
  const owner = `Vendor ${name % OWNERS}`;
  const country = COUNTRIES[name % COUNTRIES.length] ?? null;
  return labFlowRecord(`01JFLOW${String(n).padStart(19, '0')}`, start + n * 100, {
    deviceId: `phone-${n % PHONES}`,
    client: { ip: `10.77.0.${n % PHONES}`, port: 1024 + (n % 60_000) },
    destination: { host, port: 443, ip: `203.0.113.${n % 251}` },
    facts: {
      location: { country, confidence: 'agreed', votes: [], note: null },
      network: { asn: 64_500 + (n % 300), org: `Network ${n % 300}`, country },
      owner: { name: owner, country, kind: null, evidence: null, parent: null } as never,
    },
    app: name % 3 === 0 ? `com.app${name % 97}` : null,
    findings: n % 41 === 0 ? 1 : 0,
    reason: n % 31 === 0 ? 'server-reset' : 'ended',
    bytesUp: n % 4000,
    bytesDown: n % 40_000,
  });
}

/** One connection a megabyte, of one phone, after all the others. */
function writeBodies(data: string, { bodies, flows }: Sizes, start: number, put: (flows: FlowRecord[]) => void): void {
  const paths = pathsIn(data);
  const device = 'phone-bodies';
  const phoneKeys = openPhoneKeys(paths.phoneKeys, readOrCreateKey(paths.evidenceKey));
  const store = openContentStore({ file: paths.content, phoneKeys, maxBytes: Number.MAX_SAFE_INTEGER });
  for (let n = 0; n < bodies; n++) {
    const flowId = `01JBODY${String(n).padStart(19, '0')}`;
    const time = start + flows * 100 + n * 1000;
    const text = n === 0 ? `${'x'.repeat(500_000)}${NEEDLE}` : '';
    const bytes = Buffer.from(`${text}${`{"n":${n},"filler":"${Math.random()}"}\n`.repeat(26_000)}`).subarray(
      0,
      1_000_000,
    );
    const head = {
      type: 'request-head',
      flowId,
      exchange: 1,
      time,
      protocol: 'http/1.1',
      method: 'POST',
      target: '/',
      scheme: 'https',
      authority: 'bodies.example',
      headers: [] as [string, string][],
    } as const;
    for (let at = 0, number = 0; at < bytes.length; at += 65_536, number++) {
      const chunk = bytes.subarray(at, at + 65_536);
      const event = { type: 'body-chunk', flowId, exchange: 1, direction: 'request', time, bytes: chunk } as const;
      const events = [
        ...(at === 0 ? [{ event: head, bytes: [], length: 0 }] : []),
        { event, bytes: [chunk], length: chunk.length },
      ];
      store.put([{ flowId, number, device, time, events }]);
    }
    put([
      labFlowRecord(flowId, time, {
        deviceId: device,
        destination: { host: 'bodies.example', port: 443, ip: null },
        content: { keep: 'all', bytes: bytes.length, notKept: 0, why: [] },
      }),
    ]);
  }
  store.close();
}

export function writeResult(name: string, result: object): void {
  const file = path.join(import.meta.dirname, '../results', `${name}.json`);
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}
