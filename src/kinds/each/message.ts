/**
 * What people write to each other: planted texts, and, with nothing planted, records that have a number, a text and
 * a time as messages do.
 */
import type { Device } from '../../model/device.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { bareValue } from '../parts/key-value.ts';
import { isNoValue } from '../parts/placeholders.ts';
import { isInMessage } from '../parts/records.ts';
import { distinct } from '../parts/spelling.ts';
import { spellText } from '../parts/text-spellings.ts';
import { found } from '../parts/verdict.ts';

/** A shorter text stands anywhere by accident; plant longer ones. */
const SHORTEST = 8;
/** Previews and notifications are cut about here. */
const PREVIEW = 40;

export const message: IdentifierKind = {
  kind: 'message',
  title: 'message text',
  spell(device: Device): Spelling[] {
    return distinct(device.canaries.messages.flatMap(spellOne));
  },
  shape: { anchors: ['key'], named: 'message', judge },
  vectors: [
    {
      name: 'text message as Android stores it',
      text: '{"address":"+84912000001","date":1763805600000,"type":1,"body":"see you at eight"}',
      expect: { value: 'see you at eight', confidence: 'likely' },
      source: 'Android Telephony.Sms columns',
    },
    {
      name: 'attributes of a backup file',
      text: '<sms address="+84912000001" date="1763805600000" type="1" body="see you at eight" />',
      expect: { value: 'see you at eight', confidence: 'likely' },
      source: 'SMS Backup & Restore format',
    },
    {
      name: 'preset greetings, fetched by category',
      text: '{"category":"new year","body":"Happy new year to you and yours"}',
      expect: null,
      source: 'VNS 2014: the account the vendor gave of the traffic',
    },
    {
      name: 'status line of a reply',
      text: '{"code":0,"message":"operation successful","time":1763805600}',
      expect: null,
    },
  ],
};

function spellOne(text: string): Spelling[] {
  const trimmed = text.trim();
  if (trimmed.length < SHORTEST) return [];
  const spelled = spellText(trimmed, trimmed, 'whole text');
  if (trimmed.length > PREVIEW + SHORTEST)
    spelled.push(...spellText(trimmed.slice(0, PREVIEW), trimmed, `first ${PREVIEW} characters`));
  const lines = trimmed.split(/\r?\n/).filter((line) => line.trim().length >= 12);
  if (lines.length > 1) for (const line of lines) spelled.push(...spellText(line, trimmed, 'one line'));
  // Hashes are of the whole text as typed.
  spelled.push({ text: trimmed, value: trimmed, label: 'whole text', bounded: false, anyCase: true, hashed: true });
  return spelled;
}

function judge(run: Run): Verdict | null {
  if (!hintOf(run, 'message')) return null;
  const value = bareValue(run);
  if (value.text.length < 2 || isNoValue(value.text) || !/\p{L}{2}|[\x80-\xff]{2}/u.test(value.text)) return null;
  if (!isInMessage(run)) return null;
  return found(value, value.text, 'likely', 'message.record');
}
