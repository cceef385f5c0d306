/** The page for a screen on the wall: a phone is one sentence, readable at two metres; the latest alerts beside it; nothing to click. */
import { useEffect } from 'preact/hooks';
import { AlertDetails, alertClass } from './alert-line.tsx';
import { alerts } from './lab.ts';
import { shownPhones } from './phones.tsx';
import { verdictOf } from './verdict.ts';
import { t } from './words.ts';

const PHONES = 8;
const LINES = 6;

/** The screen stays on while this page is shown, where the browser allows it. */
function useWakefulness(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    const take = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
      if (isOver) void lock?.release();
    };
    void take();
    document.addEventListener('visibilitychange', take);
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', take);
      void lock?.release();
    };
  }, []);
}

export function Wall() {
  useWakefulness();
  const shown = shownPhones.value.filter(({ isSimulated }) => !isSimulated);
  return (
    <section class="wall" aria-labelledby="wall-title">
      <h1 id="wall-title" class="hidden">
        {t('live.wall')}
      </h1>
      <div class="cards">
        {shown.slice(0, PHONES).map((phone) => {
          const verdict = verdictOf(phone);
          return (
            <article key={phone.id} class={`card ${verdict.light}`}>
              <h2>{phone.name}</h2>
              <p class={`verdict ${verdict.light}`}>{verdict.sentence}</p>
            </article>
          );
        })}
      </div>
      {shown.length > PHONES && <p class="quiet">{t('wall.more', { count: shown.length - PHONES })}</p>}
      <ul class="alerts" aria-live="polite">
        {alerts.value.slice(0, LINES).map((alert) => (
          <li key={alert.id} class={alertClass(alert)}>
            <AlertDetails alert={alert} />
          </li>
        ))}
      </ul>
      <p>
        <a class="button" href="#/live">
          {t('wall.leave')}
        </a>
      </p>
    </section>
  );
}
