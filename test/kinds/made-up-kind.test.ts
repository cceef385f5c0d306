/** A kind that is in no list: whatever a kind is, it says itself, and the engine takes it through its registry alone. */

import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { check } from '../../src/devices/identifier-formats.ts';
import type { IdentifierKind } from '../../src/kinds/kind.ts';
import { isNobodysMac, judgeMac, registerMac, spellMac } from '../../src/kinds/parts/mac-address.ts';
import { registry } from '../../src/kinds/registry.ts';
import type { Device, TextIdentifierKind } from '../../src/model/device.ts';
import type { Kind } from '../../src/model/identifier.ts';
import { text } from '../../src/model/text.ts';
import { findings, inspect, labPhone, type Sent } from '../inspect/lab-phone.ts';

const TAG = 'p2p_mac' as string as Kind;
const MAC = '02:00:5e:10:00:03';

const p2pMac: IdentifierKind = {
  kind: TAG,
  title: 'Wi-Fi Direct address',
  register: registerMac,
  isPlaceholder: isNobodysMac,
  names: { strong: { 'p2p mac': 'Android WifiP2pDevice.deviceAddress' } },
  spell: ({ identifiers }) => ((identifiers as Record<string, string[]>).p2p_mac ?? []).flatMap(spellMac),
  shape: {
    anchors: ['mac', 'digits'],
    unnamed: { digits: [11, 11] },
    judge: (run) =>
      /^777\d{8}$/.test(run.text.slice(run.start, run.end))
        ? {
            start: run.start,
            end: run.end,
            value: '777',
            confidence: 'possible',
            reasoning: text('joined', { before: '', part: 'three sevens' }),
          }
        : judgeMac(run, TAG, false),
  },
  vectors: [],
};

const kinds = [...registry, p2pMac];
const registered = { ...labPhone, id: 'p2p', identifiers: { p2p_mac: [MAC] } as Device['identifiers'] };
const found = (sent: Sent): string[] =>
  findings(inspect({ ...sent, options: { kinds } })).map(
    ({ identifier, value }) => `${identifier.kind} ${identifier.confidence} ${value}`,
  );

it.each([
  ['plain', `x ${MAC} y`],
  ['without separators', `{"x":"${MAC.replaceAll(':', '')}"}`],
  ['in base64', Buffer.from(`{"x":"${MAC}"}`).toString('base64')],
  ['as its MD5', `h=${createHash('md5').update(MAC).digest('hex')}`],
])('is found when it is registered: %s', (_, body) => {
  expect(found({ body, device: registered })).toEqual([`p2p_mac certain ${MAC}`]);
});

it('is found beside its own name when nothing is registered, and not beside another', () => {
  expect(found({ body: `{"p2pMac":"3C:5A:B4:10:00:03"}`, device: null })).toEqual(['p2p_mac likely 3c:5a:b4:10:00:03']);
  expect(found({ body: `{"bssid":"3C:5A:B4:10:00:03"}`, device: null })).toEqual(['bssid likely 3c:5a:b4:10:00:03']);
});

it('says itself which runs it takes without a name, and what stands for nobody', () => {
  expect(found({ body: '{"n":77712345678}', device: null })).toEqual(['p2p_mac possible 777']);
  expect(findings(inspect({ body: '{"n":77712345678}', device: null }))).toEqual([]);
  expect(found({ body: `{"p2p_mac":"02:00:00:00:00:00"}`, device: null })).toEqual([]);
});

it('says itself how it is registered', () => {
  const kind = TAG as TextIdentifierKind;
  expect(check(kind, '0200.5E10.0003', kinds)).toMatchObject({ ok: true, value: MAC, warning: null });
  expect(check(kind, 'x', kinds)).toMatchObject({ ok: false, problem: text('devices.mac') });
  expect(check(kind, '02:00:00:00:00:00', kinds)).toMatchObject({
    ok: false,
    problem: text('registered.placeholder'),
  });
});
