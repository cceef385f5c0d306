import { expect, it } from 'vitest';
import { createClueTable } from '../../src/attribution/clue-table.ts';
import { parseSignatures } from '../../src/attribution/signatures.ts';
import type { Flow, FlowEvent } from '../../src/model/flow.ts';

const signatures = parseSignatures(`
headers: [{header: x-app, value: '(.*)', name: $1, kind: app, source: s}]
agents: []
hosts: []
ja4: []
`);
const flow = (id: string): Flow => ({
  id,
  openedAt: 0,
  engine: 'wire',
  client: { ip: '10.0.0.2', port: 1 },
  deviceId: null,
  arrival: 'http-connect',
  treatment: 'intercept',
  treatmentReason: null,
  destination: { host: '198.51.100.7', port: 443, ip: '198.51.100.7' },
  encrypted: true,
  intercepted: true,
  hello: { sni: 'sni.test', alpn: [], ja4: 'j', ech: false, grease: false },
  simulated: false,
});
const head = (flowId: string, exchange: number, headers: [string, string][]): FlowEvent => ({
  type: 'request-head',
  flowId,
  exchange,
  time: 0,
  protocol: 'h2',
  method: 'GET',
  target: '/',
  scheme: 'https',
  authority: 'host.test:8443',
  headers,
});
const end = (flowId: string): FlowEvent => ({
  type: 'flow-closed',
  flowId,
  time: 0,
  reason: 'ended',
  detail: null,
  bytesUp: 0,
  bytesDown: 0,
});

it('keeps what the table asks for and nothing else, first of a name, cut', () => {
  const clues = createClueTable(signatures);
  clues.note(
    head('f', 1, [
      ['Cookie', 'secret'],
      ['X-App', 'a'.repeat(600)],
      ['x-app', 'b'],
      ['User-Agent', 'okhttp/4'],
    ]),
  );
  const found = clues.of(flow('f'), 1);
  expect([...found.headers]).toEqual([
    ['x-app', 'a'.repeat(512)],
    ['user-agent', 'okhttp/4'],
  ]);
  expect(found).toMatchObject({ host: 'host.test', ja4: 'j' });
});

it('knows a flow nobody could read by its server name and fingerprint', () => {
  expect(createClueTable(signatures).of(flow('f'), null)).toMatchObject({ host: 'sni.test', ja4: 'j' });
});

it('outlives a flow a little, and no more; of one flow it keeps the newest exchanges', () => {
  const clues = createClueTable(signatures);
  for (let n = 1; n <= 40; n++) clues.note(head('f', n, [['X-App', `a${n}`]]));
  expect(clues.of(flow('f'), 8).headers.size).toBe(0);
  expect(clues.of(flow('f'), 9).headers.size).toBe(1);
  clues.note(end('f'));
  expect(clues.of(flow('f'), 40).headers.size).toBe(1);
  for (let n = 0; n < 16; n++) {
    clues.note(head(`g${n}`, 1, []));
    clues.note(end(`g${n}`));
  }
  expect(clues.of(flow('f'), 40).headers.size).toBe(0);
});
