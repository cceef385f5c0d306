/** Advertising ids the user can reset: Google's (GAID), Apple's (IDFA), Amazon's. Opted out they are all zeros. */
import type { Device } from '../../model/device.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { distinct } from '../parts/spelling.ts';
import { isInMsaTriple, isNobodysUuid, judgeUuid, registerUuid, spellUuid } from '../parts/uuid-id.ts';
import { reason } from '../parts/verdict.ts';

export const advertisingId: IdentifierKind = {
  kind: 'advertising_id',
  title: 'advertising id',
  register: registerUuid,
  example: '38400000-8cf0-11bd-b23e-10b96e40000d',
  isPlaceholder: isNobodysUuid,
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.advertising_id ?? []).flatMap((id) => spellUuid(id)));
  },
  shape: {
    anchors: ['uuid', 'hex'],
    judge,
  },
  vectors: [
    {
      name: 'beside an SDK name',
      text: '{"gps_adid":"38400000-8cf0-11bd-b23e-10b96e40000d"}',
      expect: { value: '38400000-8cf0-11bd-b23e-10b96e40000d', confidence: 'likely' },
      source: 'Adjust SDK; the id is the example of the Google Play documentation',
    },
    {
      name: 'upper case, as iOS writes it',
      text: 'idfa=6D92078A-8246-4BA4-AE5B-76104861E7DC',
      expect: { value: '6d92078a-8246-4ba4-ae5b-76104861e7dc', confidence: 'likely' },
    },
    {
      name: 'without dashes',
      text: 'gaid=384000008cf011bdb23e10b96e40000d',
      expect: { value: '384000008cf011bdb23e10b96e40000d', confidence: 'likely' },
    },
    {
      name: 'beside a name that may hold any id',
      text: '"ifa":"38400000-8cf0-11bd-b23e-10b96e40000d"',
      expect: { value: '38400000-8cf0-11bd-b23e-10b96e40000d', confidence: 'possible' },
      source: 'OpenRTB 2.6: ifa may be a publisher-made id',
    },
    {
      name: 'opted out',
      text: 'idfa=00000000-0000-0000-0000-000000000000',
      expect: null,
      source: 'iOS 14.5 without consent, Android since 2021',
    },
    {
      name: 'aaid, as SDKs abbreviate it on Android',
      text: '{"os":"android","aaid":"38400000-8cf0-11bd-b23e-10b96e40000d"}',
      expect: { value: '38400000-8cf0-11bd-b23e-10b96e40000d', confidence: 'likely' },
      source: 'Branch SDK (advertising_ids.aaid)',
    },
    {
      name: 'aaid of the Chinese triple is an id of the app',
      text: '{"oaid":"7c9e6679-7425-40de-944b-e07fc1f90ae7","aaid":"5ab1e000-1ab0-4abc-8def-00000000a1d0"}',
      expect: null,
      source: 'Mobile Security Alliance',
    },
    {
      name: "adid of 32 hex digits is mostly Adjust's own number",
      text: '{"adid":"a9c3e5f7112233445566778899aabbcc"}',
      expect: { value: 'a9c3e5f7112233445566778899aabbcc', confidence: 'possible' },
      source: 'Adjust documentation: adid',
    },
    { name: 'request id', text: '{"request_id":"6D92078A-8246-4BA4-AE5B-76104861E7DC"}', expect: null },
    { name: 'no name', text: '/v1/6D92078A-8246-4BA4-AE5B-76104861E7DC/x', expect: null },
  ],
};

function judge(run: Run): Verdict | null {
  const name = hintOf(run, 'advertising_id')?.name;
  if (name === 'aaid' && isInMsaTriple(run)) return null;
  const verdict = judgeUuid(run, 'advertising_id', null);
  if (verdict === null || name !== 'adid' || verdict.value.includes('-')) return verdict;
  return {
    ...verdict,
    confidence: 'possible',
    reasoning: reason('advertising-id.adid'),
  };
}
