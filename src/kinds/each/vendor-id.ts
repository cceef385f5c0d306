/**
 * Ids that a maker or an app store gives all apps of one vendor: OAID, VAID, AAID (Mobile Security Alliance) and
 * IDFV (Apple). An OAID is a UUID on some makers' phones and 16 to 64 hex digits on others'.
 */
import type { Device } from '../../model/device.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { anyText } from '../parts/registration.ts';
import { distinct } from '../parts/spelling.ts';
import { isInMsaTriple, isNobodysUuid, judgeUuid, spellUuid } from '../parts/uuid-id.ts';
import { found } from '../parts/verdict.ts';

export const vendorId: IdentifierKind = {
  kind: 'vendor_id',
  title: 'vendor id',
  register: anyText,
  example: '6d92078a-8246-4ba4-ae5b-76104861e7dc',
  isPlaceholder: isNobodysUuid,
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.vendor_id ?? []).flatMap((id) => spellUuid(id)));
  },
  shape: {
    anchors: ['uuid', 'hex'],
    judge,
  },
  vectors: [
    {
      name: 'OAID as a UUID',
      text: 'oaid=6d92078a-8246-4ba4-ae5b-76104861e7dc&x=1',
      expect: { value: '6d92078a-8246-4ba4-ae5b-76104861e7dc', confidence: 'likely' },
      source: 'Mobile Security Alliance',
    },
    {
      name: 'OAID in sixteen hex digits, as Xiaomi has it',
      text: '{"oaid":"a1b2c3d4e5f60718"}',
      expect: { value: 'a1b2c3d4e5f60718', confidence: 'likely' },
    },
    {
      name: 'IDFV beside the iOS name',
      text: '{"identifierForVendor":"6D92078A-8246-4BA4-AE5B-76104861E7DC"}',
      expect: { value: '6d92078a-8246-4ba4-ae5b-76104861e7dc', confidence: 'likely' },
    },
    {
      name: 'opted out',
      text: 'oaid=00000000-0000-0000-0000-000000000000',
      expect: null,
      source: 'Mobile Security Alliance',
    },
    { name: 'no name', text: 'v=6d92078a-8246-4ba4-ae5b-76104861e7dc', expect: null },
    { name: 'a vendor that is a word', text: 'vendor_id=samsung', expect: null },
  ],
};

const FORMS = /^(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{64})$/;

function judge(run: Run): Verdict | null {
  const name = hintOf(run, 'vendor_id')?.name;
  if (name === 'aaid' && !isInMsaTriple(run)) return null;
  const plain = judgeUuid(run, 'vendor_id', FORMS);
  if (plain || !name?.endsWith('anon id') || run.text.slice(run.start - 2, run.start) !== 'XZ') return plain;
  const value = run.text.slice(run.start, run.end).toLowerCase();
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) || isNobodysUuid(value)) return null;
  return found(run, value, 'possible', 'vendor-id.facebook');
}
