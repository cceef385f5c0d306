/** First step: what the lab's thread knows before the first connection, from its data directory. */
import { monotonicFactory } from 'ulid';
import { findAuthority } from '../ca/authority.ts';
import { createCases } from '../cases/cases.ts';
import { openVendors } from '../enrich/vendors.ts';
import { labError } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import type { AlertDevice } from '../model/alert.ts';
import type { Device } from '../model/device.ts';
import type { Flow } from '../model/flow.ts';
import type { LabOptions } from '../model/lab.ts';
import { type Text, text } from '../model/text.ts';
import type { Closers } from './closers.ts';
import { pathsIn } from './data-directory.ts';
import { openDecoders } from './decoders.ts';
import { openKeptEvidence, openKeys } from './evidence.ts';
import { openLog } from './log.ts';
import { openPlaces, openRegistry } from './opening.ts';
import { openPinBook } from './pin-book.ts';

export type Knowledge = Awaited<ReturnType<typeof openKnowledge>>;

/**
 * @param isRestart another thread of this lab did this before and ended
 * @throws LabError: one line that says what to do
 */
export async function openKnowledge(options: LabOptions, closers: Closers, isRestart: boolean) {
  const now = Date.now;
  const warnings: string[] = [];
  const paths = pathsIn(options.data);
  const log = openLog(options.logFile);
  closers.add(() => log.flush());
  const newId = monotonicFactory();
  const authority = findAuthority(paths.certs, { now, passphrase: options.caPassphrase ?? null });
  if (!authority) throw labError(text('fault.no-authority', { data: options.data }));
  const keys = openKeys(options.data, options.caPassphrase ?? null);
  let salvaged: Text | null = null;
  const evidence = openKeptEvidence(options.data, keys, {
    onSalvaged: ({ keptAs, alerts, flows }) => {
      salvaged = text('lab.store-damaged', { file: keptAs, alerts, flows });
      warnings.push(say(salvaged));
    },
    // This thread ends, and the next one saves what can be read.
    onDamaged: () =>
      void setImmediate(() => {
        throw labError(text('fault.damaged-store', { file: paths.evidence }));
      }),
    onNoReserve: (line) => void warnings.push(line),
  });
  closers.add(() => evidence.close());
  evidence.closeLeftOpen(now());
  const devices = openRegistry(options, warnings);
  // Phones of a replay: known while it plays, never saved.
  const guests = new Map<string, Device>();
  const deviceOf = (id: string | null): Device | null => (id === null ? null : (guests.get(id) ?? devices.get(id)));
  const describeDevice = ({ deviceId, client }: Flow): AlertDevice => ({
    id: deviceId ?? client.ip,
    model: deviceOf(deviceId)?.model ?? null,
    ip: client.ip,
    // What comes beside the relay was not asked for its hardware.
    mac: client.mac ?? devices.macOf(client.ip),
  });
  const geo = await openPlaces(paths.geo, warnings);
  closers.add(() => geo.close());
  const vendors = openVendors(paths.geo);
  closers.add(() => vendors.close());
  const pinBook = openPinBook(paths.pins, warnings);
  closers.add(() => pinBook.close());
  const decoders = await openDecoders(options.decoders, options.data);
  closers.add(() => {
    for (const decoder of decoders) decoder.close?.();
  });
  return {
    options,
    isRestart,
    now,
    newId,
    paths,
    log,
    warnings,
    authority,
    evidence,
    /** What to tell of a store that was found damaged. */
    salvaged: salvaged as Text | null,
    keys,
    cases: createCases(evidence, newId),
    devices,
    guests,
    deviceOf,
    describeDevice,
    geo,
    vendors,
    pinBook,
    decoders,
  };
}
