/** Values whose name stands beside them as a value: in documents, forms and markup, in any order; and words that only look so. */
import { describe, expect, it } from 'vitest';
import { findings, inspect, type Sent } from '../inspect/lab-phone.ts';

const ID = '9d3f1c7a5b2e8046';
const UUID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const found = (sent: Sent): string[] =>
  findings(inspect({ ...sent, device: null })).map(
    ({ identifier, value }) => `${identifier.kind} ${identifier.confidence} ${value}`,
  );

describe('a name beside its value', () => {
  it.each<[string, Sent]>([
    ['name, then value', { body: JSON.stringify([{ name: 'android_id', value: ID }]) }],
    ['value, then key', { body: JSON.stringify([{ value: ID, weight: 1, key: 'androidId' }]) }],
    ['short words', { body: JSON.stringify({ p: [{ k: 'android_id', v: ID }] }) }],
    ['in a form', { body: `name=android_id&value=${ID}` }],
    ['in a query', { target: `/c?key=android_id&val=${ID}` }],
    ['in markup', { body: `<p><param name="android_id" value="${ID}"/></p>` }],
    ['in a property list', { body: `<dict><key>android_id</key><string>${ID}</string></dict>` }],
    ['in Android preferences', { body: `<map><string name="android_id">${ID}</string></map>` }],
    ['the type of an id', { body: JSON.stringify({ device_id: ID, device_id_type: 'android_id' }) }],
  ])('%s', (_, sent) => {
    expect(found(sent)).toContain(`android_id likely ${ID}`);
  });

  it('says more than the name of the field', () => {
    expect(found({ body: JSON.stringify({ id: UUID, id_type: 'idfv' }) })).toEqual([`vendor_id likely ${UUID}`]);
    expect(found({ body: JSON.stringify({ hardware_id: UUID, hardware_id_type: 'gaid' }) })).toEqual([
      `advertising_id likely ${UUID}`,
    ]);
  });

  it('is not found in another record, nor is any word one', () => {
    for (const record of [
      [{ name: 'android_id' }, { value: ID }],
      [{ name: 'trace', value: ID }],
      [{ title: 'android_id', value: ID }],
      [{ name: 'android_id', children: [{ value: ID }] }],
    ])
      expect(found({ body: JSON.stringify(record) })).toEqual([]);
  });
});

describe('one value that is named twice in a request', () => {
  it('is what the surer name says, in both places and in either order', () => {
    for (const members of [
      [`"device_id":"${UUID}"`, `"idfv":"${UUID}"`],
      [`"idfv":"${UUID}"`, `"device_id":"${UUID}"`],
    ])
      expect(found({ body: `{${members.join()}}` }).sort()).toEqual(Array(2).fill(`vendor_id likely ${UUID}`));
    expect(found({ target: `/c?uid=${UUID}`, body: `gaid=${UUID}` })).toEqual(
      Array(2).fill(`advertising_id likely ${UUID}`),
    );
  });

  it('is told all the same when nothing says more, at the latest when the request is over', () => {
    expect(found({ body: `{"device_id":"${UUID}"}` })).toEqual([expect.stringMatching(/^\w+ possible /)]);
  });
});
