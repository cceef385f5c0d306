import { ALERT_TYPES, KINDS } from '../../../src/model/words.ts';
import { nounOf, t, type Word } from '../words.ts';

/** A kind of identifier, the type of an alert without one, or a connection, as the ledger names it. */
export function whatOf(kind: string): string {
  if (kind === 'connection') return t('ledger.connection');
  return (ALERT_TYPES as readonly string[]).includes(kind) && !(KINDS as readonly string[]).includes(kind)
    ? t(`type.${kind}` as Word)
    : nounOf(kind);
}
