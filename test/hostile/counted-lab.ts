/**
 * The lab's turns, readers and detector with a clock that only counted work moves: 100,000 units are a millisecond. A hostile
 * phone's bytes come first, a neighbour's request right behind them; what each call cost is written down.
 */

import { UNKNOWN_FACTS } from '../../src/alert/receiver.ts';
import { createInspector } from '../../src/inspect/inspector.ts';
import { judgeImage, preparePhotos } from '../../src/inspect/photo/photo-judge.ts';
import { createMasking } from '../../src/lab/masking.ts';
import { createRoad, type RoadStages } from '../../src/lab/road.ts';
import type { Direction } from '../../src/model/flow.ts';
import { createReader } from '../../src/readers/reader.ts';
import { RECORD } from '../../src/ring/memory.ts';
import type { RingRecord } from '../../src/ring/reader.ts';
import { createTurns } from '../../src/ring/turns.ts';
import { IMEI, labFlow, labPhone } from '../inspect/lab-phone.ts';
import { PLANTED } from './costly-pictures.ts';

const UNITS_PER_MS = 100_000;
const RECORD_BYTES = 64 << 10;
const phone = { ...labPhone, canaries: { ...labPhone.canaries, photos: PLANTED } };
preparePhotos(PLANTED);

export interface Counted {
  /** Units of the longest call. */
  longest: number;
  /** Units that were spent before the neighbour's identifier was found; null: it was not. */
  neighbourAt: number | null;
  /** Units in all, and calls. */
  total: number;
  calls: number;
  /** The hostile phone's calls after the neighbour's identifier was found. */
  callsAfter: number;
  /** Everything was worked off. */
  isDone: boolean;
  /** Stages that failed. */
  faults: number;
}

const HOSTILE = 1;
const NEIGHBOUR = 2;
const NAMES: Record<number, string> = { [HOSTILE]: 'hostile', [NEIGHBOUR]: 'neighbour' };

const neighbours = Buffer.from(
  `POST /report HTTP/1.1\r\nHost: vendor.example\r\nContent-Length: ${IMEI.length + 5}\r\n\r\nimei=${IMEI}`,
);

/** At most as much as a phone may have on its way. */
export function count(alpn: string | null, sent: [Direction, Buffer][]): Counted {
  const counted: Counted = {
    longest: 0,
    neighbourAt: null,
    total: 0,
    calls: 0,
    callsAfter: 0,
    isDone: false,
    faults: 0,
  };
  const inspector = createInspector({ deviceFor: () => phone, judgeImage });
  const nothing = (): null => null;
  const stages: RoadStages = {
    openReader: createReader,
    inspector,
    locate: () => UNKNOWN_FACTS,
    describeDevice: () => ({ id: 'phone', model: null, ip: '10.77.0.2', mac: null }),
    secretsOf: createMasking(() => null).secretsOf,
    caseAt: nothing,
    headOf: nothing,
    attribute: nothing,
    compare: () => [],
    remark: nothing,
    alertFinding({ value }, { flow }) {
      if (flow.id === 'neighbour' && value === IMEI) counted.neighbourAt ??= inspector.units;
      return null;
    },
    alertEvent: () => [],
    heard() {},
    witnesses: [],
    record() {},
    log: { debug() {}, info() {}, warn() {}, error: () => void counted.faults++ },
  };
  const road = createRoad(stages);
  for (const name of Object.values(NAMES)) road.event(labFlow(name));
  road.event({
    type: 'tls-established',
    flowId: 'hostile',
    time: 0,
    alpn,
    version: 'TLSv1.3',
    cipher: null,
    certificate: null,
  });

  function call(number: number, work: () => boolean): boolean {
    const before = inspector.units;
    const isDone = work();
    counted.calls++;
    if (number === HOSTILE && counted.neighbourAt !== null) counted.callsAfter++;
    counted.longest = Math.max(counted.longest, inspector.units - before);
    return isDone;
  }
  const turns = createTurns({
    process: ({ phone: number, flag, content, time }, turn) =>
      call(number, () => road.bytes(NAMES[number]!, flag === 0 ? 'request' : 'response', content, time, turn)),
    resume: (number, turn) => call(number, () => road.resume(NAMES[number]!, turn)),
    passed() {},
    credit() {},
    clock: () => inspector.units / UNITS_PER_MS,
  });
  const record = (number: number, direction: Direction, content: Buffer): RingRecord => ({
    kind: RECORD.bytes,
    flag: direction === 'request' ? 0 : 1,
    phone: number,
    flow: number,
    time: 0,
    content,
  });
  turns.round();
  for (const [direction, bytes] of sent)
    for (let at = 0; at < bytes.length; at += RECORD_BYTES)
      turns.offer(record(HOSTILE, direction, bytes.subarray(at, at + RECORD_BYTES)));
  turns.offer(record(NEIGHBOUR, 'request', neighbours));
  for (let rounds = 0; rounds < 100_000 && !counted.isDone; rounds++) {
    counted.isDone = turns.serve(8);
    turns.round();
  }
  counted.total = inspector.units;
  return counted;
}
