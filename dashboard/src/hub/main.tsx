/** The dashboard over all labs of an organisation: the frame, and signing in. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { state } from '../lab.ts';
import { route } from '../route.ts';
import { TopBar } from '../top-bar.tsx';
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
      <TopBar
        home="#/fleet"
        tabs={isSignedIn ? TABS : []}
        current={name}
        state={
          isSignedIn
            ? {
                name: state.value,
                label: state.value === 'live' ? 'hub.live' : state.value === 'away' ? 'hub.away' : 'hub.loading',
              }
            : null
        }
        signedInAs={isSignedIn ? t('hub.signed-in', { organisation: organisation.value ?? '' }) : null}
        onSignOut={() => void signOut()}
      />
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
