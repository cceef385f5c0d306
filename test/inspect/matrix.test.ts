/** The published matrix, as a test: every registered value in every form and place it is claimed for; no false alarms. */
import { expect, it } from 'vitest';
import { precisionOf, recallForms } from '../../bench/detect-forms.ts';
import { cleanRequests } from '../../bench/detect-negatives.ts';
import { benchPhone, type Case, findingsOf, recallKnown, recallShape } from '../../bench/detect-recall.ts';
import { createInspector } from '../../src/inspect/inspector.ts';

const describeMiss = ({ kind, encoding, place }: Case): string => `${kind}, ${encoding}, ${place}`;

it('finds every registered value in every form and place', () => {
  const cases = recallKnown();
  expect(cases.length).toBeGreaterThan(15_000);
  expect(cases.filter((each) => !each.found).map(describeMiss)).toEqual([]);
});

it('finds unregistered device identifiers beside their names in at least 95 of 100 forms and places', () => {
  const device = [
    'imei',
    'imsi',
    'iccid',
    'serial',
    'wifi_mac',
    'bluetooth_mac',
    'android_id',
    'advertising_id',
    'vendor_id',
  ];
  const cases = recallShape().filter((each) => device.includes(each.kind));
  const missed = cases.filter((each) => !each.found);
  expect(missed.length / cases.length, missed.map(describeMiss).join('\n')).toBeLessThan(0.05);
});

it('finds the recorded forms of SDKs and APIs: at least 95 of 100 of every kind, and hardly anything else in them', () => {
  const cases = recallForms();
  for (const kind of new Set(cases.map((each) => each.kind))) {
    const own = cases.filter((each) => each.kind === kind);
    const missed = own.filter((each) => !each.found).map(({ form, place }) => `${form}, ${place}`);
    expect(missed.length / own.length, `${kind}: ${missed.join('\n')}`).toBeLessThanOrEqual(0.05);
  }
  expect(precisionOf(cases), cases.flatMap(({ wrong }) => wrong).join('\n')).toBeGreaterThanOrEqual(0.98);
});

it.each([
  ['registered', benchPhone],
  ['not registered', null],
])('finds nothing sure in 2,000 clean requests of a phone that is %s', (_name, device) => {
  const inspector = createInspector({ deviceFor: () => device });
  const sure: string[] = [];
  for (const { label, events } of cleanRequests(2000)) {
    for (const { identifier, seen } of findingsOf(inspector, events)) {
      if (identifier.confidence !== 'possible') sure.push(`${label}: ${identifier.kind} ${seen}`);
    }
  }
  expect(sure).toEqual([]);
});
