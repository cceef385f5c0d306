/** An alert that is known: held back from those who are told, until a day and for a reason; it stays in the store and in the lists. */
import { useState } from 'preact/hooks';
import type { Alert } from '../../src/model/alert.ts';
import { ask, lab, role } from './lab.ts';
import { t } from './words.ts';

const DAYS = 30;
const inDays = (days: number): string => new Date(Date.now() + days * 24 * 3600_000).toISOString().slice(0, 10);

export function MuteForm({ alert }: { alert: Alert }) {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState(inDays(DAYS));
  const [as, setAs] = useState<'muted' | 'accepted'>('muted');
  const [said, setSaid] = useState<{ isDone: boolean; line: string } | null>(null);
  if (role.value === 'viewer') return null;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { device, identifier, destination, type, simulated } = alert;
    const when = {
      device: device.id,
      type,
      ...(identifier ? { kind: identifier.kind } : {}),
      ...(destination ? { host: destination.host } : {}),
      ...(simulated ? { simulated } : {}),
    };
    try {
      const params = { path: { id: `alert-${alert.id}` } };
      await ask(lab.PUT('/api/notify/mutes/{id}', { params, body: { when, as, reason, until } }));
      setSaid({ isDone: true, line: t('mute.done') });
      setOpen(false);
    } catch (error) {
      setSaid({ isDone: false, line: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <div class="mute">
      {!isOpen && (
        <button type="button" class="button" onClick={() => setOpen(true)}>
          {t('mute.open')}
        </button>
      )}
      {isOpen && (
        <form class="filters" onSubmit={(event) => void save(event)}>
          <label>
            {t('mute.as')}
            <select value={as} onChange={(event) => setAs(event.currentTarget.value as typeof as)}>
              <option value="muted">{t('mute.muted')}</option>
              <option value="accepted">{t('mute.accepted')}</option>
            </select>
          </label>
          <label>
            {t('mute.reason')}
            <input
              required
              minLength={3}
              maxLength={500}
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
          <label>
            {t('mute.until')}
            <input
              type="date"
              required
              min={inDays(0)}
              value={until}
              onInput={(event) => setUntil(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="button main">
            {t('form.save')}
          </button>
        </form>
      )}
      {said && (
        <p class={said.isDone ? 'quiet' : 'refusal'} role={said.isDone ? 'status' : 'alert'}>
          {said.line}
        </p>
      )}
    </div>
  );
}
