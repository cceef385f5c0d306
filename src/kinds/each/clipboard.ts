/**
 * What the user copied: passwords and addresses as a rule. What the operator copied is searched for wherever it goes; anything
 * else is known by the names that systems and apps give it.
 */
import type { Device } from '../../model/device.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { freeValue } from '../parts/key-value.ts';
import { isNoValue } from '../parts/placeholders.ts';
import { distinct } from '../parts/spelling.ts';
import { spellPlanted } from '../parts/text-spellings.ts';
import { found } from '../parts/verdict.ts';

/** Shorter is a flag or a count. */
const SHORTEST = 4;

export const clipboard: IdentifierKind = {
  kind: 'clipboard',
  title: 'clipboard',
  spell({ canaries: { clipboard: copied = [] } }: Device): Spelling[] {
    return distinct(copied.flatMap((text) => spellPlanted(text, 'copied text')));
  },
  shape: { anchors: ['key'], named: 'clipboard', judge },
  vectors: [
    {
      name: 'text beside the Android name',
      text: '{"clipboard_text":"meet me at the bridge"}',
      expect: { value: 'meet me at the bridge', confidence: 'likely' },
      source: 'Android ClipboardManager',
    },
    {
      name: 'text beside the iOS name',
      text: 'pasteboard=Tr0ub4dor-3x',
      expect: { value: 'Tr0ub4dor-3x', confidence: 'likely' },
    },
    { name: 'a permission', text: '{"clipboard":"granted"}', expect: null },
    { name: 'a flag', text: '{"clipboard":true}', expect: null },
    { name: 'empty', text: '{"clipboard":""}', expect: null },
    { name: 'a version of a library', text: 'clipboard=2.0.11', expect: null },
  ],
};

function judge(run: Run): Verdict | null {
  const hint = hintOf(run, 'clipboard');
  if (hint?.group !== 'strong') return null;
  const value = freeValue(run);
  if (value.text.length < SHORTEST || isNoValue(value.text) || /^[\d.,:-]*$/.test(value.text)) return null;
  if (
    /^(?:granted|denied|prompt|allowed|enabled|disabled|supported|copy|paste|text\/[a-z]+|on|off|read|write|[{[].*)$/i.test(
      value.text,
    )
  )
    return null;
  return found(value, value.text, 'likely', 'clipboard.named');
}
