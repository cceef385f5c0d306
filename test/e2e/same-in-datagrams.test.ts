/** Datagrams that a lab's network watch hands on give the same findings as a capture of them, field by field but for ids and times. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scanFile } from '../../src/lab/scan-file.ts';
import { createScanner } from '../../src/lab/scanner.ts';
import { createUdpFlows } from '../../src/lan/datagrams/flows.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import type { ScanFinding } from '../../src/model/scan.ts';
import { describeWith } from '../clients/tools.ts';
import { ANY_PHONE } from './lab-process.ts';
import { essence } from './same-findings.ts';

const PHONE = '10.77.0.2';
const SERVER = '42.62.48.10';
const SENT = [
  'imei=490154203237518',
  '\x40\x01\x12\x34\xffimsi=001010123456789',
  '<134>app: {"imei":"356938035643809"}',
  'lat=21.02785;lon=105.83420',
  'nothing of a phone',
].map((text) => Buffer.from(text, 'latin1'));
const portOf = (index: number): number => 5683 + index;

/** IPv4 and UDP, as they stand in a capture of link type 101. */
function packet(payload: Buffer, port: number): Buffer {
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(45_674, 0);
  udp.writeUInt16BE(port, 2);
  udp.writeUInt16BE(8 + payload.length, 4);
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(28 + payload.length, 2);
  ip[8] = 64;
  ip[9] = 17;
  for (const [at, address] of [PHONE, SERVER].entries()) ip.set(address.split('.').map(Number), 12 + 4 * at);
  return Buffer.concat([ip, udp, payload]);
}

/** Of libpcap's classic form. */
function capture(): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(101, 20);
  const packets = SENT.flatMap((payload, index) => {
    const bytes = packet(payload, portOf(index));
    const about = Buffer.alloc(16);
    about.writeUInt32LE(1_764_000_000 + index, 0);
    about.writeUInt32LE(bytes.length, 8);
    about.writeUInt32LE(bytes.length, 12);
    return [about, bytes];
  });
  return Buffer.concat([head, ...packets]);
}

let dir = '';
let devicesFile = '';
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'same-datagrams-'));
  devicesFile = path.join(dir, 'phones.yaml');
  await writeFile(devicesFile, ANY_PHONE);
});
afterAll(() => rm(dir, { recursive: true }));

async function live(): Promise<ScanFinding[]> {
  const found: ScanFinding[] = [];
  const options = { devicesFile, decoders: [], homeCountry: null, onPartial: () => undefined };
  const scanner = await createScanner({ ...options, onFinding: (one) => void found.push(one) });
  const events: FlowEvent[] = [];
  let flow = 0;
  const flows = createUdpFlows({
    emit: (event) => void events.push(event),
    newId: () => `u${flow++}`,
    isPhone: (ip) => ip === PHONE,
    identify: () => null,
    nameOf: () => null,
  });
  for (const [index, payload] of SENT.entries()) {
    const [from, to] = [
      { ip: PHONE, port: 45_674 },
      { ip: SERVER, port: portOf(index) },
    ];
    flows.datagram({ from, to, payload, whole: true, mac: null }, 1_764_000_000_000 + index, index);
  }
  flows.close(1_764_000_100_000);
  for (const event of events) await scanner.push(event);
  await scanner.stop();
  return found;
}

async function scanned(): Promise<ScanFinding[]> {
  const file = path.join(dir, 'datagrams.pcap');
  const bytes = capture();
  await writeFile(file, bytes);
  const found: ScanFinding[] = [];
  const listed = { path: file, bytes: bytes.length, isListed: false, isStream: false };
  for await (const one of scanFile(listed, 0, { devicesFile, decoders: [], homeCountry: null }))
    if (one.type === 'finding') found.push(one.finding);
  return found;
}

describeWith(['tshark'], 'datagrams', () => {
  it('give the same findings live and as a capture', async () => {
    const fromLive = (await live()).map(essence).sort();
    expect((await scanned()).map(essence).sort()).toEqual(fromLive);
    for (const kind of ['imei', 'imsi', 'location']) expect(fromLive.join('\n')).toContain(`"kind":"${kind}"`);
  });
});
