/** The frame: where one is, whether the lab listens, the language; keys for those who use no mouse. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { AddPhone } from './add-phone.tsx';
import { Bodies } from './bodies.tsx';
import { Compare } from './case-files.tsx';
import { CasePage, Cases } from './cases.tsx';
import { Companies } from './companies.tsx';
import { Flow } from './flow.tsx';
import { Flows } from './flows.tsx';
import { begin, clockAhead, isOlder, role, signOut, state } from './lab.ts';
import { Live } from './live.tsx';
import { Phone } from './phone.tsx';
import { Phones } from './phones.tsx';
import { Recordings } from './recordings.tsx';
import { route } from './route.ts';
import { Settings } from './settings.tsx';
import { TopBar } from './top-bar.tsx';
import { Wall } from './wall.tsx';
import { language, number, t } from './words.ts';
import './style.css';

const PAGES = {
  phones: Phones,
  live: Live,
  phone: Phone,
  wall: Wall,
  flows: Flows,
  flow: Flow,
  companies: Companies,
  recordings: Recordings,
  settings: Settings,
  add: AddPhone,
  bodies: Bodies,
  cases: Cases,
  case: CasePage,
  compare: Compare,
} as const;
const TABS = ['phones', 'live', 'flows', 'companies', 'cases', 'recordings', 'settings'] as const;

function Frame() {
  const name = route.value.page in PAGES ? (route.value.page as keyof typeof PAGES) : 'phones';
  const Page = PAGES[name];
  return (
    <>
      <TopBar
        home="#/phones"
        tabs={TABS}
        current={name}
        state={{
          name: state.value,
          label: state.value === 'live' ? 'lab.live' : state.value === 'away' ? 'lab.away' : 'lab.loading',
        }}
        signedInAs={role.value ? t('lab.signed-in', { role: t(`role.${role.value}`) }) : null}
        onSignOut={() => void signOut()}
      />
      <main id="content" tabIndex={-1}>
        <Notices />
        <Page />
      </main>
    </>
  );
}

/** What makes the page show less, or something else, than it should. */
function Notices() {
  const minutes = Math.round(clockAhead.value / 60_000);
  return (
    <div role="status">
      {isOlder.value && (
        <p class="notice">
          {t('lab.older')}{' '}
          <button type="button" class="button" onClick={() => location.reload()}>
            {t('lab.reload')}
          </button>
        </p>
      )}
      {minutes !== 0 && (
        <p class="notice">
          {t(minutes > 0 ? 'lab.clock-ahead' : 'lab.clock-behind', { minutes: number(Math.abs(minutes)) })}
        </p>
      )}
    </div>
  );
}

/** `/` searches, `j` and `k` move over the alerts. */
addEventListener('keydown', (event) => {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
  if (event.key === '/') {
    event.preventDefault();
    if (route.value.page !== 'live') location.hash = '#/live';
    setTimeout(() => document.getElementById('search')?.focus());
  } else if (event.key === 'j' || event.key === 'k') {
    const all = [...document.querySelectorAll<HTMLElement>('.alert > details > summary')];
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[Math.min(all.length - 1, Math.max(0, at + (event.key === 'j' ? 1 : -1)))]?.focus();
  }
});

effect(() => {
  document.documentElement.lang = language.value;
  document.documentElement.classList.toggle('wall-screen', route.value.page === 'wall');
});
/** Where the person was: signing in leads to `/`. */
const RETURN = 'phonehome.return';
effect(() => {
  if (state.value !== 'signed-out') return;
  sessionStorage.setItem(RETURN, location.hash);
  location.assign('/');
});
const left = sessionStorage.getItem(RETURN);
sessionStorage.removeItem(RETURN);
if (left && location.hash === '') location.replace(left);
begin();
render(<Frame />, document.getElementById('app') as HTMLElement);
