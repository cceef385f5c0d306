/** What was done to the phone and what it did, in the order of time. */
import { type CaseRecord, isFinding } from '../model/case-record.ts';
import { type Block, shown } from './document.ts';
import type { Words } from './words.ts';

const MAX_ROWS = 400;

export function timelineOf({ case: given, alerts, until }: CaseRecord, { say, name, decimal }: Words): Block[] {
  const rows = [
    { at: given.openedAt, text: say('timeline.begun') },
    ...given.marks.map(({ phase, at }) => ({
      at,
      text: say('timeline.phase', { phase: shown(name('phase', phase)) }),
    })),
    ...(given.events ?? []).map(({ event, at }) => ({
      at,
      text: say('timeline.event', { event: shown(name('phase', event)) }),
    })),
    ...alerts.filter(isFinding).map(({ identifier, destination, firstSeen, case: at }) => ({
      at: firstSeen,
      text: say('timeline.seen', {
        kind: identifier ? say(`kind.${identifier.kind}`) : '',
        host: shown(destination?.host ?? ''),
        after: at?.mark
          ? say('timeline.after', { seconds: decimal(at.mark.seconds), mark: shown(name('phase', at.mark.name)) })
          : '',
      }),
    })),
    ...(given.closedAt === null ? [] : [{ at: until, text: say('timeline.ended') }]),
  ];
  const inOrder = rows.toSorted((a, b) => a.at.localeCompare(b.at));
  const more = inOrder.length - MAX_ROWS;
  return [
    {
      type: 'table',
      head: [say('column.when'), say('column.event')],
      rows: inOrder.slice(0, MAX_ROWS).map(({ at, text }) => [at.slice(0, 19).replace('T', ' '), text]),
      widths: [1, 4],
    },
    ...(more > 0 ? [{ type: 'paragraph' as const, text: say('more', { count: more }) }] : []),
  ];
}
