/**
 * What a scan found, for somebody who knows no word of the trade.
 * Promise: nothing is called found that is not sure, and what was not read is never left out.
 */

import { saidHost } from '../formats/said-host.ts';
import { say } from '../formats/say.ts';
import type { Kind } from '../model/kinds.ts';
import type { ScanFinding } from '../model/scan.ts';
import { type Text, text } from '../model/text.ts';

export interface ScanVerdict {
  finding(finding: Omit<ScanFinding, 'value'>): void;
  /**
   * @param withContent entries of which something is recorded
   * @param unread what was not read, in whatever count
   * @param contacts servers of which only the call is recorded
   * @param isStopped the scan ended before its files did
   */
  texts(about: { withContent: number; unread: number; contacts: number; isStopped: boolean }): Text[];
}

/** Named in the sentence; the others are counted. */
const NAMED = 3;
/** Receivers that are told apart. */
const MAX_RECEIVERS = 1000;

export function createScanVerdict(): ScanVerdict {
  const sure = new Set<Kind>();
  const possible = new Set<Kind>();
  const receivers = new Map<string, Text>();
  let isClear = false;

  return {
    finding({ identifier, destination, flow }) {
      if (identifier.confidence === 'possible') {
        possible.add(identifier.kind);
        return;
      }
      sure.add(identifier.kind);
      isClear ||= !flow.encrypted;
      if (!destination) return;
      const name = saidHost(destination, destination.owner.name ?? destination.host);
      const { country } = destination.location;
      const said = country ? text('receiver.in', { name, server: country }) : text('scan.receiver', { name });
      if (receivers.size < MAX_RECEIVERS) receivers.set(`${name} ${country}`, said);
    },
    texts({ withContent, unread, contacts, isStopped }) {
      const found: Text[] = isStopped ? [text('scan.stopped')] : [];
      const isNothingRead = withContent === 0 && contacts === 0 && unread > 0;
      if (sure.size > 0) {
        const names = [...receivers.values()].slice(0, NAMED);
        const more = receivers.size - names.length;
        found.push(text('scan.left', { kinds: kindsIn(sure) }));
        found.push(
          text('scan.receivers', { count: receivers.size, names, more: more > 0 ? text('scan.more', { more }) : '' }),
        );
        if (isClear) found.push(text('scan.clear'));
      } else if (possible.size > 0) found.push(text('scan.maybe', { kinds: kindsIn(possible) }));
      else if (isNothingRead && !isStopped) return [text('scan.nothing-read')];
      else if (withContent > 0 || (contacts === 0 && !isNothingRead)) found.push(text('scan.nothing'));
      if (contacts > 0) found.push(text('scan.contacts', { count: contacts }));
      found.push(unread > 0 ? text('scan.unread') : text('scan.all-read'));
      return found;
    },
  };
}

const kindsIn = (kinds: ReadonlySet<Kind>): Text[] => [...kinds].map((kind) => text(`kind.${kind}`));

export const sentenceOf = (texts: readonly Text[]): string => texts.map((each) => say(each)).join(' ');
