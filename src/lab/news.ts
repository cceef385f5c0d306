/** What the relay tells the lab beside its flows, in order with them. */
import type { LoginConflict } from '../devices/match-table.ts';
import type { Alert } from '../model/alert.ts';
import type { RelayedLeg } from '../model/connection.ts';
import { type Text, text } from '../model/text.ts';
import type { LearnedName } from './look-ups.ts';

export type News =
  /** Something in the relay is wrong; null: it works again. */
  | { type: 'trouble'; subject: string; line: Text | null; severity: Alert['severity'] }
  /** A phone got addresses for a name. */
  | ({ type: 'learned' } & LearnedName)
  /** A phone logged in under another phone's name. */
  | ({ type: 'login-conflict' } & LoginConflict)
  /** A phone holds as many connections as one may; further ones are closed. */
  | { type: 'crowded'; ip: string; most: number }
  /** A redirected connection is over. */
  | { type: 'relayed'; leg: RelayedLeg }
  /** A line of the TLS key log, for a recording. */
  | { type: 'key'; line: string }
  /** The lab made no progress for a while; traffic went on unread. */
  | { type: 'was-deaf'; flows: number; sinceMs: number };

export interface NewsTakers {
  detection: {
    notify(subject: string, message: Text, severity: Alert['severity']): void;
    troubled(subject: string, line: Text | null, severity: Alert['severity']): void;
    loggedInAs(conflict: LoginConflict): void;
    coverage: { wasDeaf(sinceMs: number): void };
  };
  network: {
    learn(client: string, name: string, addresses: readonly string[], ttl: number): void;
    relayed(leg: RelayedLeg): void;
    keys: { write(line: Buffer): void } | null;
  };
}

export function takeNote(value: unknown, { detection, network }: NewsTakers): void {
  const news = value as News;
  switch (news.type) {
    case 'trouble':
      detection.troubled(news.subject, news.line, news.severity);
      return;
    case 'learned':
      network.learn(news.client, news.name, news.addresses, news.ttl);
      return;
    case 'login-conflict':
      detection.loggedInAs(news);
      return;
    case 'crowded':
      detection.notify(`crowded ${news.ip}`, text('door.crowded', { ip: news.ip, most: news.most }), 'medium');
      return;
    case 'relayed':
      network.relayed(news.leg);
      return;
    case 'key':
      network.keys?.write(Buffer.from(news.line, 'latin1'));
      return;
    case 'was-deaf':
      detection.coverage.wasDeaf(news.sinceMs);
      detection.notify(`deaf ${Date.now()}`, text('lab.was-deaf', { flows: news.flows }), 'critical');
  }
}
