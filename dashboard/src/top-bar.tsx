/** What stands above every page, the lab's and the hub's: where one is, whether somebody listens, the language, signing out. */
import { LanguageChoice } from './language-choice.tsx';
import { t, type Word } from './words.ts';

/** A page that has a tab: its name is a word. */
type Tab = Extract<Word, `nav.${string}`> extends `nav.${infer Name}` ? Name : never;

interface TopBarProps {
  /** Where the title leads. */
  home: string;
  /** None before one has signed in. */
  tabs: readonly Tab[];
  current: string;
  /** Null: nothing is listened to yet. */
  state: { name: string; label: Word } | null;
  /** Whoever signed in, as the button says it; null: nobody, or nobody who can sign out. */
  signedInAs: string | null;
  onSignOut: () => void;
}

export function TopBar(props: TopBarProps) {
  const { home, tabs, current, state, signedInAs, onSignOut } = props;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        {t('nav.skip')}
      </button>
      <header class="top">
        <a class="brand" href={home}>
          {t('title')}
        </a>
        <nav>
          {tabs.map((tab) => (
            <a key={tab} href={`#/${tab}`} aria-current={current === tab ? 'page' : undefined}>
              {t(`nav.${tab}`)}
            </a>
          ))}
        </nav>
        {state && (
          <span class={`state ${state.name}`} role="status">
            {t(state.label)}
          </span>
        )}
        <LanguageChoice />
        {signedInAs !== null && (
          <button type="button" class="button" title={signedInAs} onClick={onSignOut}>
            {t('lab.sign-out')}
          </button>
        )}
      </header>
    </>
  );
}
