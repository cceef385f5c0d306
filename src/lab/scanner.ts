/**
 * The detector without a network: recorded flow events in, findings out, by the same road rooms and the same policy as live.
 * Recorded flows carry no phone, so the values of every registered phone are searched in all of them.
 */
import { join } from 'node:path';
import { monotonicFactory } from 'ulid';
import { createAlerter } from '../alert/alerter.ts';
import { createHeadTable } from '../alert/head-table.ts';
import { readDevicesFile } from '../devices/store.ts';
import { createInspector } from '../inspect/inspector.ts';
import { judgeImage } from '../inspect/photo/photo-judge.ts';
import { prepareKnown } from '../inspect/search/known.ts';
import { registry } from '../kinds/registry.ts';
import type { AlertDevice } from '../model/alert.ts';
import type { DestinationFacts } from '../model/destination.ts';
import type { Device } from '../model/device.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';
import type { Scanner, ScannerOptions } from '../model/lab.ts';
import { openAttribution } from './attribution.ts';
import { openDecoders } from './decoders.ts';
import { openPlaces, secretWordsOf } from './opening.ts';

/** A scan needs no data directory: the compiled tables of networks are kept beside the installed ones. */
const GEO_DIR = join(import.meta.dirname, '../../node_modules/.cache/phonehome/geoip');

const RECORDED: AlertDevice = { id: 'recorded', model: null, ip: '', mac: null };

export async function createScanner(options: ScannerOptions): Promise<Scanner> {
  const device = options.devicesFile ? merged(readDevicesFile(options.devicesFile).devices) : null;
  const decoders = await openDecoders(options.decoders, null);
  const dropped = device ? prepareKnown(device, registry).dropped : 0;
  if (dropped > 0) options.onPartial('', `too many registered values: ${dropped} of their digests are not looked for`);
  const geo = await openPlaces(GEO_DIR, []);
  const inspector = createInspector({ deviceFor: () => device, decoders, judgeImage });
  const alerter = createAlerter({
    newId: monotonicFactory(),
    policy: options.homeCountry ? { homeCountry: options.homeCountry } : {},
    secretWords: () => secretWordsOf(device),
  });
  const heads = createHeadTable();
  const attribution = openAttribution();
  const flows = new Map<string, { flow: Flow; facts: DestinationFacts }>();
  let findings = 0;

  return {
    push(event: FlowEvent) {
      if (event.type === 'flow-opened') {
        const { host, ip } = event.flow.destination;
        flows.set(event.flow.id, { flow: event.flow, facts: geo.locate(host, ip, null) });
      }
      heads.note(event);
      attribution.note(event);
      for (const result of inspector.push(event)) {
        if (result.type === 'partially-scanned') {
          options.onPartial(result.flowId, result.reason);
          continue;
        }
        const { finding } = result;
        const about = flows.get(finding.evidence.flow);
        if (!about) continue;
        const head = heads.of(about.flow.id, finding.exchange);
        const context = {
          ...about,
          head,
          device: RECORDED,
          // A run of its own: repeats fold into one alert within a run, and a scan tells every finding.
          case: { id: String(findings++), phase: null, label: null },
          time: event.time ?? 0,
          attribute: () => attribution.attribute(about.flow, finding.exchange),
        };
        const alert = alerter.finding(finding, context)?.alert;
        if (!alert?.identifier || !alert.evidence || !alert.flow) continue;
        options.onFinding({
          identifier: alert.identifier,
          evidence: { ...alert.evidence, flow: finding.evidence.flow },
          flow: alert.flow,
          destination: alert.destination,
          severity: alert.severity,
          attribution: alert.attribution ?? null,
          value: finding.value,
        });
      }
      if (event.type === 'flow-closed') {
        flows.delete(event.flowId);
        heads.forget(event.flowId);
      }
    },
    async stop() {
      geo.close();
    },
  };
}

/** One phone that holds the values of all. */
function merged(devices: readonly Device[]): Device | null {
  const [first] = devices;
  if (!first) return null;
  const identifiers: Record<string, unknown[]> = {};
  for (const device of devices)
    for (const [kind, values] of Object.entries(device.identifiers))
      identifiers[kind] = [...(identifiers[kind] ?? []), ...values];
  return {
    ...first,
    id: RECORDED.id,
    identifiers,
    canaries: {
      contacts: devices.flatMap(({ canaries }) => canaries.contacts),
      messages: devices.flatMap(({ canaries }) => canaries.messages),
      photos: devices.flatMap(({ canaries }) => canaries.photos),
      searches: devices.flatMap(({ canaries }) => canaries.searches ?? []),
      visited: devices.flatMap(({ canaries }) => canaries.visited ?? []),
      clipboard: devices.flatMap(({ canaries }) => canaries.clipboard ?? []),
    },
    salts: devices.flatMap(({ salts }) => salts),
  };
}
