/** The dashboard over all labs of an organisation: the frame, and signing in. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { state } from '../lab.ts';
import { LanguageChoice } from '../language-choice.tsx';
import { route } from '../route.ts';
import { language, t } from '../words.ts';
import { begin, engines, organisation, signOut } from './connection.ts';
import { Findings } from './findings.tsx';
import { Fleet } from './fleet.tsx';
import { Lab } from './lab.tsx';
import { Ledger } from './ledger.tsx';
import { SignIn } from './sign-in.tsx';
import '../style.css';
import './hub.css';

const PAGES = { fleet: Fleet, findings: Findings, ledger: Ledger, lab: Lab } as const;
const TABS = ['fleet', 'findings', 'ledger'] as const;

function Frame() {
  const isSignedIn = organisation.value !== null && state.value !== 'signed-out';
  const name = route.value.page in PAGES ? (route.value.page as keyof typeof PAGES) : 'fleet';
  const Page = PAGES[name];
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        {t('nav.skip')}
      </button>
      <header class="top">
        <a class="brand" href="#/fleet">
          {t('title')}
        </a>
        {isSignedIn ? (
          <>
            <nav>
              {TABS.map((tab) => (
                <a key={tab} href={`#/${tab}`} aria-current={name === tab ? 'page' : undefined}>
                  {t(`nav.${tab}`)}
                </a>
              ))}
            </nav>
            <span class={`state ${state.value}`} role="status">
              {t(state.value === 'live' ? 'hub.live' : state.value === 'away' ? 'hub.away' : 'hub.loading')}
            </span>
          </>
        ) : (
          <nav />
        )}
        <LanguageChoice />
        {isSignedIn && (
          <button
            type="button"
            class="button"
            title={t('hub.signed-in', { organisation: organisation.value ?? '' })}
            onClick={() => void signOut()}
          >
            {t('lab.sign-out')}
          </button>
        )}
      </header>
      <main id="content" tabIndex={-1}>
        {isSignedIn ? (
          <>
            <div role="status">
              {!engines.value.broker && <p class="notice">{t('hub.broker-away')}</p>}
              {!engines.value.database && <p class="notice">{t('hub.database-away')}</p>}
            </div>
            <Page />
          </>
        ) : (
          state.value === 'signed-out' && <SignIn />
        )}
      </main>
    </>
  );
}

/** `/` searches. */
addEventListener('keydown', (event) => {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
  if (event.key !== '/') return;
  event.preventDefault();
  document.getElementById('search')?.focus();
});
effect(() => {
  document.documentElement.lang = language.value;
});
begin();
render(<Frame />, document.getElementById('app') as HTMLElement);
