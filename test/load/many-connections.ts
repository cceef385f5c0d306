/**
 * A data directory with a test run of so many connections, written by the lab's own store: `node test/load/many-connections.ts DIRECTORY
 * COUNT`. An hour of a phone per 3.6 million, a connection a millisecond, to as many servers as a phone meets in a year.
 */
import { mkdirSync } from 'node:fs';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { openSigning } from '../../src/lab/evidence.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { labAlert, labFlowRecord, labRecord } from '../sinks/lab-alert.ts';

const PHONE = 'nokia-7-plus-01';
const START = Date.UTC(2026, 10, 22, 10, 0, 0);
const SERVERS = 3000;
const ALERTS = 1000;
/** Rows in one transaction. */
const BATCH = 10_000;

/** @param told after each batch, how many there are */
export function recordConnections(data: string, count: number, told: (done: number) => void = () => {}): void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  openSqliteStore({ file: pathsIn(data).evidence, key: null }).close();
  const store = openSigning(data, null);
  try {
    const iso = (at: number): string => new Date(START + at).toISOString();
    const marks = [{ phase: 'before-consent', at: iso(60_000) }];
    const run = { id: 'long', title: 'A long one', deviceId: PHONE, label: null, marks };
    store.putCase({ ...run, openedAt: iso(0), closedAt: iso(count) });
    const inCase = { id: run.id, phase: 'before-consent', phases: { 'before-consent': 1 } };
    for (let seq = 1; seq <= Math.min(count, ALERTS); seq++) store.putAlert(labRecord(seq, { case: inCase }));
    for (let done = 0; done < count; ) {
      const rows = Array.from({ length: Math.min(BATCH, count - done) }, (_, n) => connection(done + n));
      const put = store.putFlows(rows);
      if (!put.ok) throw new Error(put.message);
      done += rows.length;
      told(done);
    }
    store.checkpoint();
  } finally {
    store.close();
  }
}

function connection(n: number): FlowRecord {
  const host = `server-${n % SERVERS}.vendor.example`;
  const { location, network, owner } = labAlert(1).destination as NonNullable<
    ReturnType<typeof labAlert>['destination']
  >;
  return labFlowRecord(`01KLOAD${String(n).padStart(19, '0')}`, START + n, {
    destination: { host, port: 443, ip: `203.0.113.${n % 250}` },
    facts: { location, network, owner } as FlowRecord['facts'],
    bytesUp: n % 5000,
    bytesDown: n % 70_000,
    tls: { alpn: 'h2', version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' },
  });
}

if (import.meta.main) {
  const [, , data, count] = process.argv;
  recordConnections(String(data), Number(count), (done) => {
    if (done % 500_000 === 0) console.log(done, process.uptime());
  });
}
