/** The section of a report on what the phone itself recorded: servers it met and the lab did not see. */
import type { CaseRecord } from '../model/case-record.ts';
import type { HeldRecord } from '../model/phone-record.ts';
import { type Block, shown } from './document.ts';
import { minute, type Words } from './words.ts';

const MAX_ROWS = 60;
const MAX_NAME = 60;

/** Nothing where no record was imported. */
export function phoneRecordsOf({ phoneRecords = [] }: CaseRecord, words: Words): Block[] {
  const { say } = words;
  if (phoneRecords.length === 0) return [];
  return [{ type: 'heading', text: say('record') }, ...phoneRecords.flatMap((record) => sectionOf(record, words))];
}

function sectionOf({ file, sha256, unseen, seen, outside, further }: HeldRecord, { say }: Words): Block[] {
  const more = unseen.length - MAX_ROWS;
  return [
    {
      type: 'paragraph',
      text: say('record.of', { file: shown(file, MAX_NAME), sha: sha256, seen, unseen: unseen.length, outside }),
    },
    ...(unseen.length === 0
      ? []
      : [
          {
            type: 'table' as const,
            head: [say('column.who'), say('column.app'), say('column.times'), say('column.when')],
            rows: unseen
              .slice(0, MAX_ROWS)
              .map(({ host, apps, count, last }) => [
                shown(host, MAX_NAME),
                shown(apps.join(', '), MAX_NAME) || '–',
                String(count),
                last === null ? '–' : minute(last),
              ]),
            widths: [4, 4, 1.5, 2.5],
          },
        ]),
    ...(more + further > 0
      ? [{ type: 'paragraph' as const, text: say('record.more', { count: Math.max(0, more) + further }) }]
      : []),
    { type: 'paragraph', text: say('record.why') },
  ];
}
