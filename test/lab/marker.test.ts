/** A deaf lab never looks like a clean phone: the lab's own test value goes the whole way, and only its absence is told. */
import { randomBytes } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import { describe, expect, it } from 'vitest';
import { UNKNOWN_FACTS } from '../../src/alert/receiver.ts';
import { openComparison } from '../../src/lab/comparing.ts';
import { openAlerter, openDetection } from '../../src/lab/detection.ts';
import { createMarker, sendMarker } from '../../src/lab/marker.ts';
import { createMasking } from '../../src/lab/masking.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A whole detection; `isDeaf`: it searches for nothing that is registered. */
function lab(isDeaf = false) {
  const marker = createMarker();
  const witnessed: string[] = [];
  const recorded: unknown[] = [];
  const masking = createMasking(() => null);
  const store = { tokens: () => [], putTokens: () => ({ ok: true }) as const };
  const { road } = openDetection({
    alerter: openAlerter({ newId: monotonicFactory(), lastSeq: 0, homeCountry: null, masking }),
    masking,
    deviceFor: isDeaf ? () => null : marker.deviceOf,
    describeDevice: ({ client }) => ({ id: client.ip, model: null, ip: client.ip, mac: null }),
    caseAt: () => null,
    locate: () => UNKNOWN_FACTS,
    comparison: openComparison({ evidence: store, key: randomBytes(32), devices: () => [], masking, now: () => 0 }),
    decoders: [],
    witnesses: [{ consume: (event) => void witnessed.push(event.type) }],
    record: (record) => void recorded.push(record),
    marker,
    log: silent,
  });
  const send = (serial = marker.serial): void => sendMarker(road, { serial, id: 'marker-flow', time: 1 });
  return { marker, send, witnessed, recorded };
}

describe('the marker', () => {
  it('is found by a lab that hears, counted by nobody, stored nowhere', () => {
    const { marker, send, witnessed, recorded } = lab();
    expect(marker.wasFound()).toBe(false);
    send();
    expect(marker.wasFound()).toBe(true);
    expect(witnessed).toEqual([]);
    expect(recorded).toEqual([]);
  });

  it('must be found each time anew', () => {
    const { marker, send } = lab();
    send();
    expect([marker.wasFound(), marker.wasFound()]).toEqual([true, false]);
  });

  it('is missed by a lab that does not search, and another value does not stand for it', () => {
    const deaf = lab(true);
    deaf.send();
    expect(deaf.marker.wasFound()).toBe(false);
    const hearing = lab();
    hearing.send('LAB000000000000000000');
    expect(hearing.marker.wasFound()).toBe(false);
  });

  it('is another one for every lab', () => {
    expect(createMarker().serial).not.toBe(createMarker().serial);
  });
});
