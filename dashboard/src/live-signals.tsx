/**
 * What calls somebody who does not look: a tone and a desktop notification for each new alert from a chosen severity on, and the
 * page as a picture on the wall. Each is the choice of this browser. A browser that blocks one says so here.
 */
import { effect, signal } from '@preact/signals';
import type { Alert } from '../../src/model/alert.ts';
import { sentenceOf } from './alert-line.tsx';
import { onFresh } from './lab.ts';
import { rank } from './verdict.ts';
import { t } from './words.ts';

const kept = (name: string): boolean => localStorage.getItem(`phonehome.${name}`) === 'on';
const sound = signal(kept('sound'));
const notes = signal(kept('notifications'));
/** The browser plays nothing before somebody touched the page. */
const isSilenced = signal(false);
const isRefused = signal(false);

effect(() => localStorage.setItem('phonehome.sound', sound.value ? 'on' : 'off'));
effect(() => localStorage.setItem('phonehome.notifications', notes.value ? 'on' : 'off'));

/** From this severity on somebody is called. */
const LEAST = 'high';
/** A burst is one call. */
const APART_MS = 2000;
/** A browser that allows sound begins sooner. */
const BLOCKED_MS = 500;

let audio: AudioContext | null = null;
let calledAt = 0;
/** What is to be heard once the browser lets it. */
let waiting: (() => void) | null = null;

/** A browser that plays nothing yet is asked again at the next click or key. */
async function tone(isCritical: boolean): Promise<void> {
  audio ??= new AudioContext();
  waiting = play.bind(null, audio, isCritical);
  const late = setTimeout(() => {
    isSilenced.value = true;
  }, BLOCKED_MS);
  await audio.resume().catch(() => {});
  clearTimeout(late);
  if (audio.state !== 'running') return;
  isSilenced.value = false;
  waiting?.();
  waiting = null;
}

function play(context: AudioContext, isCritical: boolean): void {
  const [oscillator, gain] = [context.createOscillator(), context.createGain()];
  oscillator.frequency.value = isCritical ? 880 : 587;
  gain.gain.setValueAtTime(0.15, context.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.4);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start();
  oscillator.stop(context.currentTime + 0.4);
}

for (const touch of ['pointerdown', 'keydown'])
  addEventListener(touch, () => {
    if (isSilenced.value) void audio?.resume().catch(() => {});
  });

/** The sentence alone: masked, and nothing of it stays with the system longer than it shows. */
function notify(alert: Alert): void {
  if (globalThis.Notification?.permission !== 'granted') return;
  const shown = new Notification(t('title'), { body: sentenceOf(alert), tag: alert.id });
  shown.onclick = () => {
    focus();
    location.hash = '#/live';
  };
}

onFresh((come) => {
  const calling = come.filter(({ severity, count }) => rank(severity) >= rank(LEAST) && count === 1);
  const worst = calling.toSorted((one, other) => rank(other.severity) - rank(one.severity))[0];
  if (!worst || Date.now() - calledAt < APART_MS || !(sound.value || notes.value)) return;
  calledAt = Date.now();
  if (sound.value) void tone(worst.severity === 'critical');
  if (notes.value) notify(worst);
});

async function chooseNotes(isWanted: boolean): Promise<void> {
  const answer = isWanted ? await globalThis.Notification?.requestPermission() : 'default';
  isRefused.value = isWanted && answer !== 'granted';
  notes.value = isWanted && answer === 'granted';
}

function chooseSound(isWanted: boolean): void {
  sound.value = isWanted;
  if (isWanted) void tone(false);
}

export function Signals() {
  return (
    <div class="signals">
      <label class="check">
        <input type="checkbox" checked={sound.value} onChange={(event) => chooseSound(event.currentTarget.checked)} />
        {t('live.sound')}
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={notes.value}
          onChange={(event) => void chooseNotes(event.currentTarget.checked)}
        />
        {t('live.notifications')}
      </label>
      <a class="button" href="#/wall">
        {t('live.wall')}
      </a>
      <Silenced />
      {isRefused.value && (
        <p class="doubt" role="alert">
          {t(isSecureContext ? 'live.refused' : 'live.insecure')}
        </p>
      )}
    </div>
  );
}

/** Said wherever somebody relies on the sound. */
export function Silenced() {
  return sound.value && isSilenced.value ? <p class="doubt">{t('live.silenced')}</p> : null;
}
