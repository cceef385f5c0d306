/** Fields without names: those that a host's own schema explains, and entries of maps that bring their names along. */
import { describe, expect, it } from 'vitest';
import { fieldNamesAt, readEndpoints } from '../../src/inspect/endpoints.ts';
import { createInspector } from '../../src/inspect/inspector.ts';
import { hintsFor } from '../../src/kinds/key-names.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import { closed, findings, inspect, labFlow } from './lab-phone.ts';

const UUID = '38400000-8cf0-41bd-b23e-10b96e40000d';
const text = (number: number, value: string | Buffer): Buffer => {
  const tag = number < 16 ? [(number << 3) | 2] : [((number << 3) & 0x7f) | 0x82, number >> 4];
  return Buffer.concat([Buffer.from([...tag, value.length]), Buffer.from(value)]);
};
const bundle = (number: number): Buffer =>
  text(1, Buffer.concat([text(8, 'ios'), text(14, 'com.example.app'), text(number, UUID)]));

function sentTo(host: string, bytes: Buffer): string[] {
  const inspector = createInspector({ deviceFor: () => null });
  const base = { flowId: 'f', exchange: 1, time: 0 } as const;
  const events: FlowEvent[] = [
    labFlow('f', { destination: { host, port: 443, ip: null } }),
    { ...base, type: 'body-chunk', direction: 'request', bytes },
    { ...base, type: 'body-end', direction: 'request', trailers: [], complete: true },
    closed('f'),
  ];
  return findings(events.flatMap((event) => inspector.push(event))).map(
    ({ identifier, evidence }) => `${identifier.kind} ${identifier.confidence} ${evidence.path}`,
  );
}

describe('what a host’s schema says', () => {
  it('names the ids of a measurement, there and nowhere else', () => {
    expect(sentTo('app-measurement.com', bundle(19))).toEqual(['advertising_id likely field 1.19']);
    expect(sentTo('region1.app-measurement.com', bundle(27))).toEqual(['vendor_id likely field 1.27']);
    expect(sentTo('example.com', bundle(19))).toEqual([]);
    expect(sentTo('not-app-measurement.com', bundle(19))).toEqual([]);
  });

  it('tells what an ambiguous name means, there and nowhere else', () => {
    const body = Buffer.from(JSON.stringify({ data: { deviceid: UUID, os: 'x' } }));
    expect(sentTo('logs.ironsrc.mobi', body)).toEqual(['advertising_id likely $.data.deviceid']);
    expect(sentTo('logs.example.com', body)).toEqual(['advertising_id possible $.data.deviceid']);
  });

  it('has a source for each entry, and names that are known', () => {
    for (const { host, format, source, fields } of readEndpoints()) {
      expect(source.length, host).toBeGreaterThan(10);
      expect(fieldNamesAt(host, format).size).toBe(Object.keys(fields).length);
      for (const name of Object.values(fields)) expect(hintsFor(name), name).not.toEqual([]);
    }
  });
});

it('a map in a message brings the names of its values along', () => {
  const entry = (key: string, value: string): Buffer => text(3, Buffer.concat([text(1, key), text(2, value)]));
  const body = Buffer.concat([text(1, 'event'), entry('model', 'Lab'), entry('gaid', UUID)]);
  expect(findings(inspect({ body, device: null })).map(({ identifier }) => identifier.kind)).toEqual([
    'advertising_id',
  ]);
});

it('the number that Facebook gives an installation is XZ and a UUID', () => {
  for (const sent of [{ target: `/a?anon_id=XZ${UUID}` }, { body: `{"anon_id":"XZ${UUID}"}` }])
    expect(
      findings(inspect({ ...sent, device: null })).map(({ identifier, value }) => [identifier.kind, value]),
    ).toEqual([['vendor_id', UUID]]);
  expect(findings(inspect({ body: `{"x":"XZ${UUID}"}`, device: null }))).toEqual([]);
});
