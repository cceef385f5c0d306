/** The page for a screen on the wall: a phone is one sentence, readable at two metres; the latest alerts beside it; nothing to click. */
import { useEffect, useState } from 'preact/hooks';
import { AlertDetails, alertClass } from './alert-line.tsx';
import { alerts } from './lab.ts';
import { Silenced } from './live-signals.tsx';
import { shownPhones } from './phones.tsx';
import { verdictOf } from './verdict.ts';
import { t } from './words.ts';

const PHONES = 8;
const LINES = 6;

/** The screen stays on while this page is shown, where the browser allows it. False: it does not. */
function useWakefulness(): boolean {
  const [isAwake, setAwake] = useState(true);
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    const take = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
      if (isOver) void lock?.release();
      else setAwake(lock !== null);
    };
    void take();
    document.addEventListener('visibilitychange', take);
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', take);
      void lock?.release();
    };
  }, []);
  return isAwake;
}

export function Wall() {
  const isAwake = useWakefulness();
  const shown = shownPhones.value.filter(({ isSimulated }) => !isSimulated);
  // A replay shows where no phone is: a wall of a shop shows its phones.
  const lines = shown.length === 0 ? alerts.value : alerts.value.filter(({ simulated }) => !simulated);
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
        {lines.slice(0, LINES).map((alert) => (
          <li key={alert.id} class={alertClass(alert)}>
            <AlertDetails alert={alert} />
          </li>
        ))}
      </ul>
      <Silenced />
      {!isAwake && <p class="doubt">{t('wall.sleeps')}</p>}
      <p>
        <a class="button" href="#/live">
          {t('wall.leave')}
        </a>
      </p>
    </section>
  );
}
