/**
 * The detector without a network: recorded flow events in, findings out, by the same road as live traffic.
 * Recorded flows carry no phone, so the values of every registered phone are searched in all of them.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { monotonicFactory } from 'ulid';
import { readDevicesFile } from '../devices/store.ts';
import { say } from '../formats/say.ts';
import { giveOpaqueFormats } from '../inspect/opaque-formats.ts';
import { prepareKnown } from '../inspect/search/known.ts';
import { giveNames } from '../kinds/key-names.ts';
import { registry } from '../kinds/registry.ts';
import type { AlertDevice, AlertRecord } from '../model/alert.ts';
import type { Device } from '../model/device.ts';
import type { FlowEvent } from '../model/flow.ts';
import type { Finding } from '../model/identifier.ts';
import type { ScanFinding, Scanner, ScannerOptions } from '../model/scan.ts';
import { text } from '../model/text.ts';
import { openComparison } from './comparing.ts';
import { pathsIn } from './data-directory.ts';
import { openDecoders } from './decoders.ts';
import { openAlerter, openDetection } from './detection.ts';
import { readKeptFeed } from './kept-feed.ts';
import { openLog } from './log.ts';
import { createMasking } from './masking.ts';
import { openPlaces } from './opening.ts';

const CACHE_DIR = process.env.PHONEHOME_CACHE ?? join(import.meta.dirname, '../../node_modules/.cache/phonehome');
/** A scan needs no data directory: tables of networks that had to be compiled are kept with what can be made again. */
export const GEO_DIR = join(CACHE_DIR, 'geoip');
/** Nothing is kept of it. */
const NO_STORE = { tokens: () => [], putTokens: () => ({ ok: true }) as const };

/** A scanner of recorded flow events; `push` them in their order, and `stop` it in the end. @throws LabError for a file that cannot be read */
export async function createScanner(options: ScannerOptions): Promise<Scanner> {
  const phones = options.devicesFile ? readDevicesFile(options.devicesFile).devices : [];
  const device = merged(phones);
  const decoders = await openDecoders(options.decoders, null);
  const dropped = device ? prepareKnown(device, registry).dropped : 0;
  const unsought = text('unseen.registered', { dropped });
  if (dropped > 0) options.onPartial('', say(unsought), unsought);
  const kept = options.data ? readKeptFeed(options.data) : null;
  if (kept) {
    giveNames(kept.tables.names);
    giveOpaqueFormats(kept.tables.formats, kept.source);
  }
  const geo = await openPlaces(GEO_DIR, [], options.data ? pathsIn(options.data).geo : null);
  const masking = createMasking(() => device);
  const { homeCountry } = options;
  const [only] = phones.length === 1 ? phones : [];
  let run = 0;
  const { road } = openDetection({
    alerter: openAlerter({ newId: monotonicFactory(), lastSeq: 0, homeCountry, masking }),
    masking,
    deviceFor: () => device,
    describeDevice: () => describe(only),
    // A run of its own: repeats fold into one alert within a run, and a scan tells every finding.
    caseAt: () => ({ id: String(run++), phase: null, label: null }),
    locate: geo.locate,
    comparison: openComparison({ evidence: NO_STORE, key: randomBytes(32), devices: () => [], masking, now: () => 0 }),
    decoders,
    witnesses: [
      {
        inspected(result) {
          if (result.type === 'partially-scanned') options.onPartial(result.flowId, result.reason, result.text);
        },
      },
    ],
    record({ alert }, finding) {
      const found = finding && findingOf(alert, finding);
      if (found) options.onFinding(found);
    },
    deviceOfFinding: ({ value }) =>
      phones.length > 1 ? describe(phones.find((phone) => registers(phone, value))) : null,
    log: openLog(null),
  });
  return {
    push: (event: FlowEvent) => void road.event(event),
    locate: (host, ip) => geo.locate(host, ip, null),
    async stop() {
      for (const decoder of decoders) decoder.close?.();
      geo.close();
    },
  };
}

function findingOf(alert: AlertRecord['alert'], { evidence, value }: Finding): ScanFinding | null {
  if (!alert.identifier || !alert.evidence || !alert.flow) return null;
  return {
    identifier: alert.identifier,
    evidence: { ...alert.evidence, flow: evidence.flow },
    flow: alert.flow,
    destination: alert.destination,
    severity: alert.severity,
    attribution: alert.attribution ?? null,
    value,
  };
}

const RECORDED = 'recorded';

/** Whose maker tells whether a receiver is a third party. */
const describe = (phone: Device | undefined): AlertDevice => ({
  id: RECORDED,
  model: phone?.model ?? null,
  ip: '',
  mac: null,
});

const registers = ({ identifiers }: Device, value: string): boolean =>
  Object.values(identifiers).some((values) => (values as readonly unknown[]).includes(value));

/** One phone that holds the values of all. */
export function merged(devices: readonly Device[]): Device | null {
  const [first] = devices;
  if (!first) return null;
  const identifiers: Record<string, unknown[]> = {};
  for (const device of devices)
    for (const [kind, values] of Object.entries(device.identifiers))
      identifiers[kind] = [...(identifiers[kind] ?? []), ...values];
  return {
    ...first,
    id: RECORDED,
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
