/** A case in a data directory, with alerts, connections and kept content, and what is exported of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { openEvidence } from '../../src/lab/evidence.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import type { ExportOptions } from '../../src/model/lab.ts';
import { createContentKeeper } from '../../src/sinks/content/keeper.ts';
import { openContentStore } from '../../src/sinks/content/store.ts';
import { readOrCreateKey } from '../../src/sinks/evidence/key-file.ts';
import { openPhoneKeys } from '../../src/sinks/evidence/phone-keys.ts';
import { IMEI, labAlert, labFlow, labFlowRecord, labRecord } from '../sinks/lab-alert.ts';

export const PHONE = 'nokia-7-plus-01';
export const T = Date.UTC(2026, 10, 22, 10, 0, 0);
const at = (minute: number): string => new Date(T + minute * 60_000).toISOString();

export const DEVICES = `devices:
  - id: ${PHONE}
    model: Nokia 7 Plus
    match: { ip: 10.77.0.2 }
    identifiers:
      imei: "${IMEI}"
      email: lab@example.com
      android_id: 9774d56d682e549c
      phone_number: "+84912345678"
    canaries:
      messages: ["purple elephant seventeen"]
`;

export interface PackedCase {
  data: string;
  /** Beside it, for what is exported. */
  out(name: string): string;
  options(file: string, changes?: Partial<ExportOptions>): ExportOptions;
  end(): void;
}

/** @param said what the phone said besides, connection by connection */
export function packedCase(said: { id: string; events: FlowEvent[] }[] = [], title = 'First start'): PackedCase {
  const root = mkdtempSync(join(tmpdir(), 'phonehome-export-'));
  const data = join(root, 'data');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(data, 'devices.yaml'), DEVICES, { mode: 0o600 });
  const store = openEvidence(data);
  store.putCase({
    id: 'c1',
    title,
    deviceId: PHONE,
    label: null,
    openedAt: at(0),
    closedAt: at(60),
    marks: [{ phase: 'before-consent', at: at(1) }],
    events: [{ event: 'boot', at: at(2) }],
  });
  const flows = [
    { id: 'flow-1', events: exchangeOf('flow-1') },
    { id: 'flow-2', events: webSocketOf('flow-2') },
    ...said,
  ];
  store.putFlows(flows.map(({ id }, index) => labFlowRecord(id, T + 60_000 * (index + 2))));
  store.putFlows([labFlowRecord('other', T + 60_000, { deviceId: 'other-phone' })]);
  const inCase = { id: 'c1', phase: 'before-consent', phases: { 'before-consent': 3 } };
  // As the first connection said it.
  const { evidence } = labAlert(1);
  const gzipped = evidence && { ...evidence, decoding: ['gzip', 'json'] };
  for (const seq of [1, 2, 3]) store.putAlert(labRecord(seq, { case: inCase, evidence: gzipped }));
  store.putAlert(labRecord(4, { case: null }));
  store.checkpoint();
  store.close();
  const { content: file, phoneKeys, evidenceKey } = pathsIn(data);
  const content = openContentStore({
    file,
    phoneKeys: openPhoneKeys(phoneKeys, readOrCreateKey(evidenceKey)),
    maxBytes: 10_000_000,
  });
  const keeper = createContentKeeper({ keep: 'all', write: content.put, deviceOf: () => PHONE, now: () => T });
  for (const { id, events } of flows) {
    keeper.consume({ type: 'flow-opened', flow: labFlow(id), time: T });
    for (const event of events) keeper.consume(event);
  }
  keeper.close();
  content.close();
  return {
    data,
    out: (name) => join(root, name),
    options: (out, changes = {}) => ({
      dataDir: data,
      id: 'c1',
      file: out,
      redact: false,
      language: 'en',
      devicesFile: null,
      passphrase: null,
      timestamp: null,
      version: '0.0.0',
      ...changes,
    }),
    end: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Destroys what is kept of the phone, with its key. */
export function loseKey(data: string): void {
  rmSync(pathsIn(data).phoneKeys, { recursive: true, force: true });
}

export const post = (
  flowId: string,
  body: Buffer,
  headers: [string, string][],
  target = '/upload?q=1&m=a%20b',
): FlowEvent[] => [
  {
    type: 'request-head',
    flowId,
    exchange: 1,
    time: T + 120_000,
    protocol: 'h2',
    method: 'POST',
    target,
    scheme: 'https',
    authority: 'zzhc.vnet.cn',
    headers,
  },
  { type: 'body-chunk', flowId, exchange: 1, direction: 'request', time: T + 120_001, bytes: body },
  { type: 'body-end', flowId, exchange: 1, direction: 'request', time: T + 120_010, trailers: [], complete: true },
];

export function exchangeOf(flowId: string): FlowEvent[] {
  const answer = gzipSync(JSON.stringify({ ok: true, text: 'xin chào' }));
  return [
    ...post(flowId, gzipSync(JSON.stringify({ IMEI1: IMEI })), [
      ['content-type', 'application/json'],
      ['content-encoding', 'gzip'],
      ['cookie', 'a=1; b=2'],
    ]),
    {
      type: 'response-head',
      flowId,
      exchange: 1,
      time: T + 120_060,
      status: 200,
      headers: [
        ['content-type', 'application/json'],
        ['content-encoding', 'gzip'],
      ],
    },
    { type: 'body-chunk', flowId, exchange: 1, direction: 'response', time: T + 120_070, bytes: answer },
    { type: 'body-end', flowId, exchange: 1, direction: 'response', time: T + 120_080, trailers: [], complete: true },
  ];
}

function webSocketOf(flowId: string): FlowEvent[] {
  const message = (direction: 'request' | 'response', time: number, label: string, bytes: Buffer): FlowEvent => ({
    type: 'message',
    flowId,
    exchange: 1,
    direction,
    time,
    protocol: 'websocket',
    label,
    bytes,
    final: true,
  });
  return [
    {
      type: 'request-head',
      flowId,
      exchange: 1,
      time: T + 180_000,
      protocol: 'http/1.1',
      method: 'GET',
      target: '/socket',
      scheme: 'https',
      authority: 'zzhc.vnet.cn',
      headers: [['Upgrade', 'websocket']],
    },
    { type: 'body-end', flowId, exchange: 1, direction: 'request', time: T + 180_001, trailers: [], complete: true },
    { type: 'response-head', flowId, exchange: 1, time: T + 180_010, status: 101, headers: [['Upgrade', 'websocket']] },
    { type: 'upgraded', flowId, exchange: 1, time: T + 180_010, protocol: 'websocket' },
    message('request', T + 180_020, 'text', Buffer.from(`{"imei":"${IMEI}"}`)),
    message('response', T + 180_030, 'binary', Buffer.from([0, 1, 2, 255])),
  ];
}
