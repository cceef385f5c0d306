/**
 * Second step: the road with all its stages, from copied bytes to alert records. The same assembly serves the running lab and
 * the scanner, so that a recording and live traffic give the same answer.
 */
import { type Alerter, createAlerter } from '../alert/alerter.ts';
import { createHeadTable } from '../alert/head-table.ts';
import { createInspector } from '../inspect/inspector.ts';
import type { LoadedDecoder } from '../inspect/operator/loader.ts';
import { judgeImage } from '../inspect/photo/photo-judge.ts';
import type { AlertDevice, AlertRecord } from '../model/alert.ts';
import type { Log } from '../model/connection.ts';
import type { Device } from '../model/device.ts';
import type { Flow } from '../model/flow.ts';
import type { Finding } from '../model/identifier.ts';
import { createReader } from '../readers/reader.ts';
import { openAttribution } from './attribution.ts';
import type { LabComparison } from './comparing.ts';
import { hiddenLookUps } from './lan-watch.ts';
import type { Masking } from './masking.ts';
import { createRoad, type Road, type RoadStages, type Witness } from './road.ts';

export interface DetectionOptions {
  alerter: Alerter;
  masking: Masking;
  /** The registration that a phone's flows are searched for. */
  deviceFor: (deviceId: string | null) => Device | null;
  describeDevice: (flow: Flow) => AlertDevice;
  caseAt: RoadStages['caseAt'];
  locate: RoadStages['locate'];
  comparison: LabComparison;
  decoders: readonly LoadedDecoder[];
  /** Those that watch the events go by, besides the road's own tables. */
  witnesses: readonly Witness[];
  record: (record: AlertRecord, finding: Finding | null) => void;
  /** Which phone a finding is about, where the flow does not tell; null: it does. */
  deviceOfFinding?: (finding: Finding) => AlertDevice | null;
  marker?: RoadStages['marker'];
  selfTest?: RoadStages['selfTest'];
  /** Milliseconds of processor time of this thread, should a count of work ever be wrong. None unless given. */
  clock?: () => number;
  log: Log;
}

export interface Detection {
  road: Road;
  /** A phone is gone for good. */
  forget(deviceId: string): void;
  /** Which app or SDK probably sent an exchange, or opened the flow. */
  attribute: RoadStages['attribute'];
}

/** @param homeCountry ISO 3166-1 alpha-2; null: any country counts as abroad */
export function openAlerter(options: {
  newId: (time: number) => string;
  lastSeq: number;
  homeCountry: string | null;
  masking: Masking;
  /** The phone of an open flow has been seen to trust the lab's certificate. */
  trusts?: (flow: Flow) => boolean;
}): Alerter {
  const { newId, lastSeq, homeCountry, masking, trusts } = options;
  return createAlerter({
    newId,
    lastSeq,
    policy: homeCountry ? { homeCountry } : {},
    secretsOf: masking.secretsOf,
    hiddenLookUps,
    ...(trusts ? { trusts } : {}),
  });
}

export function openDetection(options: DetectionOptions): Detection {
  const { alerter, comparison, masking, deviceOfFinding, marker, selfTest, clock } = options;
  const heads = createHeadTable();
  const attribution = openAttribution();
  const inspector = createInspector({
    deviceFor: options.deviceFor,
    decoders: options.decoders,
    judgeImage,
    onToken: comparison.token,
    ...(clock ? { clock } : {}),
  });
  const road = createRoad({
    openReader: createReader,
    inspector,
    compare: comparison.take,
    remark: comparison.remark,
    locate: options.locate,
    describeDevice: options.describeDevice,
    secretsOf: masking.secretsOf,
    caseAt: options.caseAt,
    headOf: heads.of,
    attribute: attribution.attribute,
    alertFinding: (finding, context) =>
      alerter.finding(finding, { ...context, device: deviceOfFinding?.(finding) ?? context.device }),
    alertEvent: alerter.flowEvent,
    heard: alerter.heard,
    witnesses: [{ consume: heads.note }, { consume: attribution.note }, ...options.witnesses],
    record: options.record,
    ...(marker ? { marker } : {}),
    ...(selfTest ? { selfTest } : {}),
    log: options.log,
  });
  return { road, forget: inspector.forget, attribute: attribution.attribute };
}
